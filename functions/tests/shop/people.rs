//! The people of a test, and what they do.

use api::session::{expiry, fingerprint};
use api::token::Signer;
use domain::account::{Credential, Session, User};
use domain::text::Password;
use serde_json::{Value, json};
use table::{NewUser, Table};
use tokio::sync::OnceCell;

use crate::shop::goods::item;
use crate::shop::world::{Answer, SECRET, Shop};

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

/// Its hash, computed once for all tests.
static HASH: OnceCell<String> = OnceCell::const_new();

/// A password as typed.
pub fn password(text: &str) -> Password {
    text.to_owned().try_into().unwrap()
}

/// A caller, signed in or not.
#[derive(Clone)]
pub struct Person {
    shop: Shop,
    /// Their user id; empty for a guest.
    pub id: String,
    /// Their e-mail address.
    pub email: String,
    /// Their session; empty for a guest.
    pub session: String,
    /// Whether they administer the shop.
    is_admin: bool,
    /// The headers that they send: an access token or a cart token.
    headers: Vec<(String, String)>,
}

impl Person {
    /// Sends a request as this person.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.call_with(method, path, &[], body).await
    }

    /// The same with more headers.
    pub async fn call_with(
        &self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers: Vec<_> = own.chain(more.iter().copied()).collect();
        self.shop.call(method, &format!("/api/v1{path}"), &headers, body.as_ref()).await
    }

    /// A request with this tag in `If-Match`.
    pub async fn if_match(&self, method: &str, path: &str, tag: &str, body: Value) -> Answer {
        self.call_with(method, path, &[("if-match", tag)], Some(body)).await
    }

    /// The same, for tests in which the handler may crash.
    pub async fn try_call(
        &self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Answer, testkit::Crashed> {
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers: Vec<_> = own.chain(more.iter().copied()).collect();
        self.shop.try_call(method, &format!("/api/v1{path}"), &headers, body.as_ref()).await
    }

    /// Sends a request to a path from the root.
    pub async fn call_root(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let headers: Vec<_> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.shop.call(method, path, &headers, body.as_ref()).await
    }

    /// Sends a body as it is.
    pub async fn raw(&self, method: &str, path: &str, content_type: &str, body: &str) -> Answer {
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers: Vec<_> = own.chain([("content-type", content_type)]).collect();
        self.shop
            .send(method, &format!("/api/v1{path}"), &headers, Some(body))
            .await
            .expect("the handler crashed")
    }

    /// Sends a body byte by byte, with these headers.
    pub async fn bytes(&self, method: &str, path: &str, more: &[(&str, &str)], body: &[u8]) -> Answer {
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers: Vec<_> = own.chain(more.iter().copied()).collect();
        self.shop.send_bytes(method, &format!("/api/v1{path}"), &headers, body).await
    }

    /// The same person at another IP address.
    pub fn at(&self, source: &str) -> Self {
        Self { shop: self.shop.at(source), ..self.clone() }
    }

    /// The same person, in another deployment of the shop.
    pub fn of(&self, shop: &Shop) -> Self {
        Self { shop: shop.clone(), ..self.clone() }
    }

    /// The same person, served by other instances of all functions.
    pub fn elsewhere(&self) -> Self {
        Self { shop: self.shop.elsewhere(), ..self.clone() }
    }

    /// A header that this person sends.
    pub fn header(&self, name: &str) -> &str {
        &self.headers.iter().find(|(known, _)| known == name).unwrap().1
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    /// `POST`.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(body)).await
    }

    /// Opens a store, and returns its id.
    pub async fn open_store(&self, name: &str) -> String {
        id(self.post("/stores", json!({ "name": name })).await.created())
    }

    /// Adds a product or a variant to the cart.
    pub async fn add_to_cart(&self, product: &str, quantity: i64) -> Answer {
        self.post("/cart/items", item(product, quantity)).await
    }

    /// Sets the quantity of a product in the cart.
    pub async fn set_in_cart(&self, product: &str, quantity: i64) -> Answer {
        self.call("PATCH", &format!("/cart/items/{product}"), Some(json!({ "quantity": quantity }))).await
    }

    /// Removes a product from the cart.
    pub async fn remove_from_cart(&self, product: &str) -> Answer {
        self.call("DELETE", &format!("/cart/items/{product}"), None).await
    }

    /// Empties the cart.
    pub async fn clear_cart(&self) -> Answer {
        self.call("DELETE", "/cart", None).await
    }

    /// Checks the cart out.
    pub async fn place_order(&self) -> Answer {
        self.post("/orders", purchase()).await
    }

    /// The same, for tests in which the handler may crash.
    pub async fn try_place_order(&self) -> Result<Answer, testkit::Crashed> {
        let headers: Vec<_> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.shop.try_call("POST", "/api/v1/orders", &headers, Some(&purchase())).await
    }

    /// Adds an address in this town.
    pub async fn keep_address(&self, city: &str) -> Answer {
        self.post("/users/me/addresses", address(city)).await
    }

    /// Cancels an order.
    pub async fn cancel(&self, order: &str) -> Answer {
        self.call("POST", &format!("/orders/{order}/cancel"), None).await
    }

    /// Confirms that everything of an order has arrived.
    pub async fn complete(&self, order: &str) -> Answer {
        self.call("POST", &format!("/orders/{order}/complete"), None).await
    }

    /// Moves a part of an order.
    pub async fn moves(&self, order: &str, step: Value) -> Answer {
        self.call("PUT", &format!("/orders/{order}/status"), Some(step)).await
    }

    /// Reads an order.
    pub async fn order(&self, id: &str) -> Answer {
        self.get(&format!("/orders/{id}")).await
    }
}

/// The session in an access token.
fn session_of(bearer: &str) -> String {
    let claims = bearer.split('.').nth(1).unwrap();
    let claims = api::token::from_base64(claims).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["sid"].as_str().unwrap().to_owned()
}

/// The id in a body.
pub fn id(body: &Value) -> String {
    body["id"].as_str().unwrap().to_owned()
}

/// The body of a login.
pub fn login(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

/// The body of a checkout that succeeds.
pub fn purchase() -> Value {
    json!({ "shipping_address": address("Springfield"), "payment_method": "pm_sandbox_ok" })
}

/// An address in this town.
pub fn address(city: &str) -> Value {
    json!({
        "name": "Ann Buyer", "phone": "+1 555 0100", "street1": "1 Lamp Street", "city": city,
        "state": "IL", "postal_code": "62701", "country": "US",
    })
}

impl Shop {
    /// A caller who is not signed in and has no cart yet.
    pub fn guest(&self) -> Person {
        let (id, email, session) = Default::default();
        Person { shop: self.clone(), id, email, session, is_admin: false, headers: Vec::new() }
    }

    /// Registers a user; their welcome mail is still to be sent.
    pub async fn shopper(&self, name: &str) -> Person {
        let email = format!("{name}@example.com");
        let account = json!({ "name": format!("{name} Shopper"), "email": email, "password": PASSWORD });
        let answer = self.guest().post("/auth/register", account).await;
        self.signed_in(email, answer.created())
    }

    /// The person whom the answer to a login or a registration names.
    pub fn signed_in(&self, email: String, account: &Value) -> Person {
        let bearer = format!("Bearer {}", account["access_token"].as_str().unwrap());
        let id = account["user"]["id"].as_str().unwrap().to_owned();
        let session = session_of(&bearer);
        Person { id, email, session, headers: vec![("authorization".to_owned(), bearer)], ..self.guest() }
    }

    /// Signs a user in.
    pub async fn log_in(&self, email: &str) -> Person {
        let login = self.guest().post("/auth/login", json!({ "email": email, "password": PASSWORD })).await;
        self.signed_in(email.to_owned(), login.ok())
    }

    /// A user who is written directly to the table, which saves a test the password's hash. Their token is
    /// like every other.
    pub async fn member(&self, name: &str, is_admin: bool) -> Person {
        self.member_at(&format!("{name}@example.com"), name, is_admin).await
    }

    /// The same, with an address that may be older than the rules for new ones.
    pub async fn member_at(&self, email: &str, name: &str, is_admin: bool) -> Person {
        let table = self.table();
        let now = table.now();
        let signer = Signer::new(SECRET, now).unwrap();
        table.publish_key(signer.public_key()).await.unwrap();
        let email = email.to_owned();
        let name = format!("{name} Shopper").parse().unwrap();
        let id = table.new_id().unwrap();
        let stored = serde_json::from_value(json!(email)).unwrap();
        let user = User { is_admin, ..User::new(id, name, stored, now) };
        let hash = HASH.get_or_init(async || api::password::hash(password(PASSWORD)).await.unwrap()).await;
        let credential = Credential::new(&user, hash.clone());
        let session = table.new_id().unwrap();
        let token = signer.access_token("AWS::StackName", user.id, session, is_admin, now).unwrap();
        let id = user.id.to_string();
        let account = NewUser { user, credential };
        table.register(&account).await.unwrap();
        let begun = Session {
            generation: 0,
            token: fingerprint(&signer.refresh_token(account.user.id, session, 0, now)),
            previous: None,
            created_at: now,
            refreshed_at: now,
            expires_at: expiry(now),
            device: "a test".to_owned(),
        };
        table.begin_session(&account.credential, session, &begun).await.unwrap();
        Person {
            shop: self.clone(),
            id,
            email,
            session: session.to_string(),
            is_admin,
            headers: vec![("authorization".to_owned(), format!("Bearer {token}"))],
        }
    }

    /// The same person with a new token, after time has passed.
    pub fn again(&self, person: &Person) -> Person {
        let signer = Signer::new(SECRET, self.clock.now()).unwrap();
        let session = self.table().new_id().unwrap();
        let id = person.id.parse().unwrap();
        let token =
            signer.access_token("AWS::StackName", id, session, person.is_admin, self.clock.now()).unwrap();
        Person { headers: vec![("authorization".to_owned(), format!("Bearer {token}"))], ..person.clone() }
    }

    /// A member who was made before.
    pub async fn find(&self, name: &str) -> Person {
        let email = format!("{name}@example.com");
        let credential = self.table().credential_now(&email.parse().unwrap()).await.unwrap().unwrap();
        let id = credential.user_id.to_string();
        self.again(&Person { id, email, ..self.guest() })
    }

    /// A guest with a product in the cart.
    pub async fn guest_with_cart(&self, product: &str) -> Person {
        let token = self.guest().add_to_cart(product, 1).await.headers["x-cart-token"].clone();
        self.guest_with_token(&token)
    }

    /// A guest with this cart token.
    pub fn guest_with_token(&self, token: &str) -> Person {
        Person { headers: vec![("x-cart-token".to_owned(), token.to_owned())], ..self.guest() }
    }

    /// The table, without counting and faults, for what no endpoint does.
    pub fn table(&self) -> Table {
        let client = aws_sdk_dynamodb::Client::new(&self.aws.quiet_config());
        Table::new(client, "Table", self.clock.clock())
    }

    /// The table as a function of this name reaches it, for changes between two of its calls.
    pub fn table_of(&self, function: &str) -> Table {
        let client = aws_sdk_dynamodb::Client::new(&self.aws.config_for(function));
        Table::new(client, "Table", self.clock.clock())
    }

    /// A shop in which one seller sells these products: a name, a price in cents, and a stock. Returns the
    /// seller and the products' ids in the same order.
    pub async fn with_products(products: &[(&str, i64, i64)]) -> (Self, Vec<String>) {
        let shop = Self::open();
        let ids = shop.sell("seller", products).await;
        shop.drain_queues().await;
        (shop, ids)
    }

    /// Opens a store for a new seller, with products.
    pub async fn sell(&self, name: &str, products: &[(&str, i64, i64)]) -> Vec<String> {
        let seller = self.member(name, false).await;
        seller.open_store(&format!("The {name}'s store")).await;
        let category = self.admin_category(&format!("Things of {name}")).await;
        let mut ids = Vec::new();
        for (name, price, stock) in products {
            let product = json!({
                "name": format!("A {name}"), "sku": name, "price": { "amount": price, "currency": "USD" },
                "category_id": category, "stock": stock,
            });
            ids.push(seller.post("/products", product).await.created()["id"].as_str().unwrap().to_owned());
        }
        ids
    }

    /// Opens a manual store with one product.
    pub async fn sell_by_hand(&self, name: &str, product: &str, stock: i64) -> String {
        let seller = self.member(name, false).await;
        let store = json!({ "name": format!("By the hand of {name}"), "fulfilment": "manual" });
        seller.post("/stores", store).await.created();
        let category = self.guest().get("/categories").await.ok()[0]["id"].clone();
        let product = json!({
            "name": format!("A {product}"), "sku": product, "price": { "amount": 20_00, "currency": "USD" },
            "category_id": category, "stock": stock,
        });
        id(seller.post("/products", product).await.created())
    }

    async fn admin_category(&self, name: &str) -> String {
        let admin = self.member(&format!("admin of {name}").replace(' ', "-"), true).await;
        admin.post("/categories", json!({ "name": name })).await.created()["id"].as_str().unwrap().to_owned()
    }
}

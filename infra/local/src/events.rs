//! Sample events that succeed: `events/*.json`, with tokens and ids of the running stack.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Error, Running, paths, wait};

/// The password of all accounts in the samples.
const PASSWORD: &str = "correct horse battery";

/// The placeholder for a token or an id in the samples.
const NO_TOKEN: &str = "put-an-access-token-here";
const NO_ID: &str = "00000000000000000000000000";
const NO_VERSION: &str = "00000000-0000-4000-8000-000000000000";

/// A PNG of one grey pixel.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\0\0\0\n\
                         IDATx\xdach\0\0\0\x82\0\x81\xdaE\x08;\0\0\0\0IEND\xaeB`\x82";

/// The credentials of an administrator of the stack.
pub struct Admin {
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
}

/// Writes a copy of every sample event into `folder`. Everything that the copies name is made for them over
/// the API, so existing data is not touched, and each copy succeeds at least once. `tag` makes the names
/// unique, so it must be new each time.
pub fn write(stack: &Running, admin: &Admin, tag: &str, folder: &Path) -> Result<(), Error> {
    let live = Live::make(stack, admin, tag)?;
    std::fs::create_dir_all(folder).map_err(Error::io(format!("make {}", folder.display())))?;
    for (name, sample) in samples()? {
        let mut event = live.event(&name, &sample)?;
        if name == "rotate-signing-secret" {
            event = event.replace(NO_VERSION, &pend(stack, &name, tag)?);
        }
        let path = folder.join(format!("{name}.json"));
        std::fs::write(&path, event).map_err(Error::io(format!("write {}", path.display())))?;
    }
    Ok(())
}

/// Begins a rotation of the function's secret, as Secrets Manager does before it calls the function; the
/// emulator never does. The emulator has no versions without a value, so the step `createSecret` finds its
/// work done.
fn pend(stack: &Running, function: &str, tag: &str) -> Result<String, Error> {
    let version = format!("00000000-0000-4000-8000-{tag:0>12}");
    let secret = &stack.deployed.functions[function].environment["SIGNING_SECRET_ARN"];
    let pending = json!({
        "SecretId": secret, "ClientRequestToken": version, "VersionStages": ["AWSPENDING"],
        "SecretString": "a sample that no token is ever signed with",
    });
    let _: Value = stack.aws().call("secretsmanager", "secretsmanager.PutSecretValue", &pending)?;
    Ok(version)
}

/// All committed samples, by function name.
pub fn samples() -> Result<BTreeMap<String, String>, Error> {
    let folder = paths::root().join("events");
    let mut samples = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).map_err(Error::io("list the sample events"))? {
        let path = entry.map_err(Error::io("list the sample events"))?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        samples.insert(name, read(&path)?);
    }
    Ok(samples)
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(Error::io(format!("read {}", path.display())))
}

/// The accounts and ids that the copies name.
struct Live {
    tag: String,
    admin: String,
    seller: Account,
    /// A seller whose store ships by hand, so that its orders stay as they are until a copy moves them.
    crafter: Account,
    buyer: Account,
    newcomer: Account,
    /// An account that is deleted, after a change of its password.
    leaver: Account,
    changer: Account,
    /// The tokens of the links in mails to the newcomer, by page.
    links: BTreeMap<&'static str, String>,
    /// Ids by prefix.
    ids: BTreeMap<&'static str, String>,
    /// The orders that have the status that the copies of these functions need.
    orders: BTreeMap<&'static str, String>,
    /// The crafter's product, which was delivered to the buyer.
    handmade: String,
    /// Resources that the copies of these functions delete, used by no other copy.
    own: BTreeMap<&'static str, (&'static str, String)>,
}

impl Live {
    fn make(stack: &Running, admin: &Admin, tag: &str) -> Result<Self, Error> {
        let api = Api { url: &stack.url };
        let admin = json!({ "email": admin.email, "password": admin.password });
        let admin = text(&api.post("/auth/login", "", &admin)?, "access_token")?;
        let seller = api.register(&address("seller", tag))?;
        let crafter = api.register(&address("crafter", tag))?;
        let buyer = api.register(&address("buyer", tag))?;
        let newcomer = api.register(&address("newcomer", tag))?;
        let leaver = api.register(&address("leaver", tag))?;
        let changer = api.register(&address("changer", tag))?;
        let target = api.register(&address("target", tag))?;
        api.post("/auth/password/forgot", "", &json!({ "email": address("newcomer", tag) }))?;

        let name = format!("Samples {tag}");
        let category = text(&api.post("/categories", &admin, &json!({ "name": name }))?, "id")?;
        let store = text(&api.post("/stores", &seller.access, &json!({ "name": name }))?, "id")?;
        let by_hand = json!({ "name": format!("{name} by hand"), "fulfilment": "manual" });
        api.post("/stores", &crafter.access, &by_hand)?;
        let lamp = json!({
            "name": "Sample lamp", "sku": "SAMPLE-1", "price": { "amount": 1500, "currency": "USD" },
            "category_id": category, "stock": 1000,
        });
        let product = text(&api.post("/products", &seller.access, &lamp)?, "id")?;
        let handmade = text(&api.post("/products", &crafter.access, &lamp)?, "id")?;

        let own = api.own_resources(&admin, &seller, &category, tag)?;
        // For the copies that read and delete an image.
        let image = api.publish(&format!("/products/{product}/images"), &seller.access)?;

        let address =
            text(&api.post("/users/me/addresses", &buyer.access, &sample_body("create-address")?)?, "id")?;

        let orders = api.orders_by_hand(&buyer, &crafter, &handmade)?;
        let order = api.buy(&buyer, &product)?;
        // For the copies that read a cart or check one out.
        let line = json!({ "product_id": product, "quantity": 1 });
        api.post("/cart/items", &buyer.access, &line)?;
        // For the copies that remove something from a cart.
        api.post("/cart/items", &newcomer.access, &line)?;

        let ids = [
            ("cat_", category),
            ("sto_", store),
            ("prd_", product),
            ("img_", image),
            ("ord_", order),
            ("adr_", address),
            ("ses_", buyer.session().to_owned()),
            ("usr_", target.user().to_owned()),
        ];
        let mut links = BTreeMap::new();
        for page in ["verify-email", "reset-password"] {
            links.insert(page, link(stack, &self::address("newcomer", tag), page)?);
        }
        let (tag, ids) = (tag.to_owned(), ids.into());
        Ok(Self {
            tag,
            admin,
            seller,
            crafter,
            buyer,
            newcomer,
            leaver,
            changer,
            links,
            ids,
            orders,
            handmade,
            own,
        })
    }

    /// The copy of one sample.
    fn event(&self, name: &str, sample: &str) -> Result<String, Error> {
        let token = match name {
            "create-category" | "update-category" | "delete-category" | "list-users" | "create-user"
            | "get-user" | "update-user" | "delete-user" | "list-all-orders" | "redrive-order"
            | "redrive-user" | "list-queues" | "redrive-queue" | "rebuild-index" | "get-rebuild" => {
                &self.admin
            }
            "create-product"
            | "update-store"
            | "update-product"
            | "get-stock"
            | "move-stock"
            | "delete-product"
            | "create-variants"
            | "update-variant"
            | "delete-variant"
            | "list-seller-products"
            | "list-seller-orders"
            | "create-image"
            | "list-images"
            | "delete-image"
            | "create-logo"
            | "get-logo"
            | "delete-logo"
            | "get-seller-product" => &self.seller.access,
            "move-order" => &self.crafter.access,
            "create-store" | "remove-from-cart" | "clear-cart" => &self.newcomer.access,
            "delete-me" => &self.leaver.access,
            "change-password" => &self.changer.access,
            _ => &self.buyer.access,
        };
        let mut event = sample.replace(NO_TOKEN, token);
        if let Some(order) = self.orders.get(name) {
            event = event.replace(&format!("ord_{NO_ID}"), order);
        }
        if name == "create-review" {
            event = event.replace(&format!("prd_{NO_ID}"), &self.handmade);
        }
        if let Some((prefix, own)) = self.own.get(name) {
            event = event.replace(&format!("{prefix}{NO_ID}"), own);
            event = event.replace(&format!("var_{NO_ID}"), &own.replace("prd_", "var_"));
        }
        for (prefix, id) in &self.ids {
            event = event.replace(&format!("{prefix}{NO_ID}"), id);
        }
        event = event.replace(&format!("var_{NO_ID}"), &self.ids["prd_"].replace("prd_", "var_"));
        let Some((field, value)) = self.unique(name) else { return Ok(event) };
        let broken = || Error::ask(format!("the sample of {name}"));
        let mut event: Value = serde_json::from_str(&event).map_err(broken())?;
        let mut body: Value =
            serde_json::from_str(event["body"].as_str().unwrap_or_default()).map_err(broken())?;
        body[field] = value.into();
        event["body"] = body.to_string().into();
        serde_json::to_string_pretty(&event).map_err(broken())
    }

    /// The field of a body that must be unique, or must be a value of this stack.
    fn unique(&self, name: &str) -> Option<(&'static str, String)> {
        let Self { tag, .. } = self;
        match name {
            "register" => Some(("email", address("sample", tag))),
            "login" | "forgot-password" => Some(("email", address("buyer", tag))),
            "create-store" => Some(("name", format!("Lamps and more {tag}"))),
            "create-category" => Some(("name", format!("Lighting {tag}"))),
            "update-category" => Some(("name", format!("Lamps and lights {tag}"))),
            "create-product" => Some(("sku", format!("LAMP-{tag}"))),
            "create-user" => Some(("email", address("helper", tag))),
            "refresh" => Some(("refresh_token", self.buyer.refresh.clone())),
            "logout" => Some(("refresh_token", self.leaver.refresh.clone())),
            "verify-email" | "reset-password" => Some(("token", self.links.get(name)?.clone())),
            _ => None,
        }
    }
}

/// The body of a committed sample.
fn sample_body(name: &str) -> Result<Value, Error> {
    let broken = || Error::ask(format!("the sample of {name}"));
    let sample = read(&paths::root().join(format!("events/{name}.json")))?;
    let sample: Value = serde_json::from_str(&sample).map_err(broken())?;
    serde_json::from_str(sample["body"].as_str().unwrap_or_default()).map_err(broken())
}

fn address(who: &str, tag: &str) -> String {
    format!("{who}-{tag}@example.com")
}

/// The tokens of an account.
struct Account {
    access: String,
    refresh: String,
}

impl Account {
    /// A refresh token is `user.session.generation.secret`.
    fn user(&self) -> &str {
        self.refresh.split('.').next().unwrap_or_default()
    }

    fn session(&self) -> &str {
        self.refresh.split('.').nth(1).unwrap_or_default()
    }
}

/// How long to wait for a worker.
const WORKER_LIMIT: Duration = Duration::from_secs(30);

/// The token in the link to a page, once the mail to this address has arrived.
fn link(stack: &Running, to: &str, page: &str) -> Result<String, Error> {
    let start = format!("/{page}?token=");
    let found = wait::until(WORKER_LIMIT, || {
        let mails = stack.aws().mails().ok()?;
        let texts = mails.iter().filter(|mail| mail["To"].to_string().contains(to));
        let mut texts = texts.filter_map(|mail| mail["BodyText"].as_str());
        let token = texts.find_map(|text| text.split_once(&start))?.1.split_whitespace().next();
        token.map(str::to_owned)
    });
    found.ok_or_else(|| Error::Ask { what: format!("the link to {page}"), why: "no such mail".to_owned() })
}

/// The stack's API.
struct Api<'a> {
    url: &'a str,
}

impl Api<'_> {
    /// Posts, and returns the answer's data.
    fn post(&self, path: &str, token: &str, body: &Value) -> Result<Value, Error> {
        self.call("POST", path, token, body)
    }

    /// The resources that the copies of these functions change or delete, and no other copy uses.
    fn own_resources(
        &self,
        admin: &str,
        seller: &Account,
        category: &str,
        tag: &str,
    ) -> Result<BTreeMap<&'static str, (&'static str, String)>, Error> {
        let spare = json!({ "name": format!("Spare {tag}") });
        let spare_category = text(&self.post("/categories", admin, &spare)?, "id")?;
        let spare = json!({
            "name": "Spare lamp", "sku": "SAMPLE-2", "price": { "amount": 1500, "currency": "USD" },
            "category_id": category, "stock": 1,
        });
        let spare = text(&self.post("/products", &seller.access, &spare)?, "id")?;
        let coloured = self.sell_in_colours(seller, category)?;
        Ok([
            ("delete-category", ("cat_", spare_category)),
            ("delete-product", ("prd_", spare)),
            ("create-variants", ("prd_", coloured.clone())),
            ("update-variant", ("prd_", coloured.clone())),
            ("delete-variant", ("prd_", coloured)),
        ]
        .into())
    }

    /// A product in two colours out of three.
    fn sell_in_colours(&self, seller: &Account, category: &str) -> Result<String, Error> {
        let price = json!({ "amount": 1500, "currency": "USD" });
        let variant = |colour: &str| {
            json!({
                "values": { "Colour": colour }, "sku": format!("SAMPLE-{colour}"), "price": price, "stock": 9,
            })
        };
        let colours = ["Red", "Green", "Blue"].map(|name| json!({ "name": name }));
        let lamp = json!({
            "name": "Sample lamp in colours", "category_id": category,
            "options": [{ "name": "Colour", "values": colours }],
            "variants": [variant("Red"), variant("Green")],
        });
        text(&self.post("/products", &seller.access, &lamp)?, "id")
    }

    /// Buys one unit of a product.
    fn buy(&self, buyer: &Account, product: &str) -> Result<String, Error> {
        self.post("/cart/items", &buyer.access, &json!({ "product_id": product, "quantity": 1 }))?;
        text(&self.post("/orders", &buyer.access, &sample_body("place-order")?)?, "id")
    }

    /// Orders of a handmade product, each with the status that the copy of a function needs.
    fn orders_by_hand(
        &self,
        buyer: &Account,
        crafter: &Account,
        handmade: &str,
    ) -> Result<BTreeMap<&'static str, String>, Error> {
        let arrived: &[&str] = &["processing", "shipping", "shipped", "delivered"];
        let mut orders = BTreeMap::new();
        for (function, steps) in [
            ("cancel-order", &[] as &[&str]),
            ("move-order", &[]),
            ("complete-order", arrived),
            ("create-review", arrived),
        ] {
            let order = self.buy(buyer, handmade)?;
            let path = format!("/orders/{order}");
            self.wait_until(&path, &buyer.access, |order| order["status"] == "paid")?;
            for status in steps {
                let path = format!("/orders/{order}/status");
                self.call("PUT", &path, &crafter.access, &json!({ "status": status }))?;
            }
            orders.insert(function, order);
        }
        Ok(orders)
    }

    /// Waits until a worker has brought the resource at a path to the wanted state.
    fn wait_until(&self, path: &str, token: &str, is_there: impl Fn(&Value) -> bool) -> Result<(), Error> {
        let url = format!("{}/api/v1{path}", self.url);
        let done = wait::until(WORKER_LIMIT, || {
            let request = crate::aws::agent().get(&url).header("authorization", format!("Bearer {token}"));
            let said = request.call().ok()?.body_mut().read_to_string().ok()?;
            let said: Value = serde_json::from_str(&said).ok()?;
            is_there(&said["data"]).then_some(())
        });
        done.ok_or_else(|| Error::Ask { what: path.to_owned(), why: "no worker did its part".to_owned() })
    }

    /// Uploads a picture, and returns its id once it is published.
    fn publish(&self, images: &str, token: &str) -> Result<String, Error> {
        let offer = json!({ "content_type": "image/png", "size": PICTURE.len() });
        let offer = self.post(images, token, &offer)?;
        let (status, said) = crate::upload(&offer["upload"], "image/png", PICTURE)?;
        if status != 204 {
            return Err(Error::Ask { what: "an upload".to_owned(), why: said });
        }
        self.wait_until(images, token, |images| images[0]["state"] == "published")?;
        text(&offer, "image_id")
    }

    /// Sends a body, and returns the answer's data.
    fn call(&self, method: &str, path: &str, token: &str, body: &Value) -> Result<Value, Error> {
        let what = || format!("{method} {path}");
        let url = format!("{}/api/v1{path}", self.url);
        let agent = crate::aws::agent();
        let request = if method == "PUT" { agent.put(url) } else { agent.post(url) };
        let mut request = request.content_type("application/json");
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut answer = request.send(body.to_string()).map_err(Error::ask(what()))?;
        let said = answer.body_mut().read_to_string().map_err(Error::ask(what()))?;
        if !answer.status().is_success() {
            return Err(Error::Ask { what: what(), why: said });
        }
        if said.is_empty() {
            return Ok(Value::Null);
        }
        let mut said: Value = serde_json::from_str(&said).map_err(Error::ask(what()))?;
        Ok(said["data"].take())
    }

    /// Opens an account and returns its tokens.
    fn register(&self, email: &str) -> Result<Account, Error> {
        let account = json!({ "name": "Sample", "email": email, "password": PASSWORD });
        let answer = self.post("/auth/register", "", &account)?;
        Ok(Account { access: text(&answer, "access_token")?, refresh: text(&answer, "refresh_token")? })
    }
}

/// A text of an answer.
fn text(answer: &Value, field: &str) -> Result<String, Error> {
    let text = answer[field].as_str().map(str::to_owned);
    text.ok_or_else(|| Error::Ask { what: field.to_owned(), why: answer.to_string() })
}

//! A walk through the shop that makes each operation at least once, for the examples of the document.

mod buying;
mod selling;

use std::time::Duration;

use domain::Timestamp;
use serde_json::{Value, json};

use super::examples::{Exchange, Recorder};
use super::trouble;
use crate::shop::people::{PASSWORD, Person, id, login};
use crate::shop::world::Shop;
use crate::tree;

/// Nothing has these ids.
const NO_PRODUCT: &str = "prd_00000000000000000000000000";
const NO_ORDER: &str = "ord_00000000000000000000000000";

/// The body of an operation's sample event.
pub fn sample(operation: &str) -> Value {
    let event: Value = serde_json::from_str(&tree::read(&format!("events/{operation}.json"))).unwrap();
    serde_json::from_str(event["body"].as_str().unwrap()).unwrap()
}

fn usd(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

/// Everything that was seen.
pub async fn walk() -> Vec<Exchange> {
    let mut walk = Walk::begin().await;
    walk.at(0).platform().await;
    walk.at(15).opens_a_store().await;
    walk.at(30).sells_a_lamp().await;
    walk.at(45).sells_in_colours().await;
    walk.at(60).shows_pictures().await;
    walk.at(75).opens_an_account().await;
    walk.at(90).signs_in().await;
    walk.at(105).keeps_an_address().await;
    walk.at(120).fills_a_cart().await;
    walk.at(135).buys().await;
    walk.at(150).looks_around().await;
    walk.at(165).ends_orders().await;
    walk.at(180).operates().await;
    walk.at(195).changes_the_account().await;
    walk.at(210).tidies_up().await;
    walk.seen.shop.drain_queues().await;
    trouble::anywhere(&mut walk.seen, &walk.sam).await;
    trouble::with_stripe(&mut walk.seen).await;
    trouble::too_many(&mut walk.seen).await;
    walk.seen.steady()
}

/// Who is in the shop, and what is there so far.
struct Walk {
    seen: Recorder,
    began: Timestamp,
    guest: Person,
    admin: Person,
    sam: Person,
    ann: Person,
    category: String,
    store: String,
    lamp: String,
    order: String,
}

impl Walk {
    async fn begin() -> Self {
        let shop = Shop::open();
        let guest = shop.guest();
        let admin = shop.member_at("grace@example.com", "Grace", true).await;
        shop.clock.advance(Duration::from_secs(1));
        let sam = shop.member_at("sam@example.com", "Sam", false).await;
        for (person, name) in [(&admin, "Grace Keeper"), (&sam, "Sam Seller")] {
            person.call("PATCH", "/users/me", Some(json!({ "name": name }))).await.ok();
        }
        let (category, store, lamp, order) = Default::default();
        let (began, seen) = (shop.clock.now(), Recorder::new(shop));
        Self { seen, began, ann: guest.clone(), guest, admin, sam, category, store, lamp, order }
    }

    /// Waits until so many minutes after the beginning, so that a new step changes no time of another stage.
    fn at(&mut self, minutes: u64) -> &mut Self {
        let shop = &self.seen.shop;
        let at = self.began + Duration::from_mins(minutes);
        assert!(at >= shop.clock.now(), "the stage before takes longer than {minutes} minutes");
        shop.clock.set(at);
        self.fresh();
        self
    }

    async fn drained(&mut self) {
        self.seen.shop.drain_queues().await;
        self.fresh();
    }

    /// New access tokens, after time has passed.
    fn fresh(&mut self) {
        let shop = &self.seen.shop;
        (self.admin, self.sam) = (shop.again(&self.admin), shop.again(&self.sam));
        if !self.ann.id.is_empty() {
            self.ann = shop.again(&self.ann);
        }
    }

    async fn platform(&mut self) {
        let Self { seen, guest, .. } = self;
        for route in ["GET /health", "GET /openapi.json", "GET /.well-known/jwks.json"] {
            seen.see(guest, route, None).await;
        }
    }

    async fn opens_an_account(&mut self) {
        let Self { seen, guest, .. } = self;
        let account = sample("register");
        let wrong = json!({ "name": "Ann Buyer", "email": "ann at example.com", "password": "short" });
        seen.refused("VALIDATION_ERROR", guest, "POST /auth/register", Some(wrong)).await;
        let opened = seen.see(guest, "POST /auth/register", Some(account.clone())).await;
        seen.refused("EMAIL_TAKEN", guest, "POST /auth/register", Some(account)).await;
        let email = "ann@example.com";
        self.ann = seen.shop.signed_in(email.to_owned(), &opened);
        seen.shop.drain_queues().await;
        let token = seen.shop.aws.mails_to(email)[0].link("verify-email");
        let wrong = Some(json!({ "token": "usr_0" }));
        seen.refused("VALIDATION_ERROR", guest, "POST /auth/email/verify", wrong).await;
        seen.see(guest, "POST /auth/email/verify", Some(json!({ "token": token }))).await;
        self.fresh();
    }

    async fn signs_in(&mut self) {
        let Self { seen, guest, ann, .. } = self;
        let email = ann.email.as_str();
        let wrong = Some(login(email, "not the password"));
        seen.refused("UNAUTHENTICATED", guest, "POST /auth/login", wrong).await;
        let mut browser = login(email, PASSWORD);
        browser["token_delivery"] = json!("cookie");
        let client = Some(login(email, PASSWORD));
        let signed_in = seen.see_as("A native client", guest, "POST /auth/login", client).await;
        seen.see_as("A browser", guest, "POST /auth/login", Some(browser)).await;
        let present = seen.shop.signed_in(email.to_owned(), &signed_in);
        let sessions = seen.see(&present, "GET /auth/sessions", None).await;
        seen.see(&present, &format!("DELETE /auth/sessions/{}", id(&sessions[0])), None).await;
        let body = json!({ "refresh_token": signed_in["refresh_token"] });
        let next = seen.see(guest, "POST /auth/refresh", Some(body)).await;
        let unknown =
            Some(json!({ "refresh_token": format!("{}x", next["refresh_token"].as_str().unwrap()) }));
        seen.refused("UNAUTHENTICATED", guest, "POST /auth/refresh", unknown).await;
        let body = json!({ "refresh_token": next["refresh_token"] });
        seen.see(guest, "POST /auth/logout", Some(body)).await;
    }

    async fn keeps_an_address(&mut self) {
        let Self { seen, ann, .. } = self;
        let home = sample("create-address");
        let mut nowhere = home.clone();
        nowhere.as_object_mut().unwrap().remove("city");
        nowhere["country"] = json!("usa");
        seen.refused("VALIDATION_ERROR", ann, "POST /users/me/addresses", Some(nowhere)).await;
        let kept = id(&seen.see(ann, "POST /users/me/addresses", Some(home)).await);
        let address = format!("/users/me/addresses/{kept}");
        seen.see(ann, &format!("PUT {address}"), Some(sample("update-address"))).await;
        let default = Some(sample("set-default-address"));
        seen.see(ann, &format!("PUT {address}/default"), default).await;
        seen.see(ann, "GET /users/me/addresses", None).await;
        seen.see(ann, &format!("GET {address}"), None).await;
        seen.see(ann, "GET /users/me", None).await;
    }

    async fn operates(&mut self) {
        let lost = json!({ "v": 1, "order": NO_ORDER });
        self.seen.shop.aws.queue("payments").send(&lost.to_string());
        self.drained().await;
        let Self { seen, admin, .. } = self;
        seen.see(admin, "GET /admin/queues", None).await;
        seen.see(admin, "POST /admin/queues/payments/redrive", None).await;
        seen.refused("NOT_FOUND", admin, "POST /admin/queues/letters/redrive", None).await;
        self.drained().await;
        let Self { seen, admin, ann, .. } = self;
        seen.shop.forget_dead_letters();
        seen.see(admin, &format!("POST /admin/orders/{}/redrive", self.order), None).await;
        seen.see(admin, &format!("POST /admin/users/{}/redrive", ann.id), None).await;
        seen.see(admin, "POST /admin/search/rebuild", None).await;
        seen.see(admin, "GET /admin/search/rebuild", None).await;
        self.drained().await;

        let Self { seen, admin, .. } = self;
        let helper = sample("create-user");
        let made = seen.see(admin, "POST /admin/users", Some(helper.clone())).await;
        seen.refused("EMAIL_TAKEN", admin, "POST /admin/users", Some(helper)).await;
        let user = format!("/admin/users/{}", id(&made));
        seen.see(admin, &format!("GET {user}"), None).await;
        seen.see(admin, &format!("PATCH {user}"), Some(sample("update-user"))).await;
        seen.see(admin, &format!("DELETE {user}"), None).await;
        let own = format!("PATCH /admin/users/{}", admin.id);
        seen.refused("LAST_ADMIN", admin, &own, Some(json!({ "is_admin": false }))).await;
        let own = format!("DELETE /admin/users/{}", admin.id);
        seen.refused("LAST_ADMIN", admin, &own, None).await;
        self.drained().await;
    }

    async fn changes_the_account(&mut self) {
        let Self { seen, guest, ann, .. } = self;
        seen.see_as("The name", ann, "PATCH /users/me", Some(sample("update-me"))).await;
        let moved = json!({ "email": "ann@example.org", "current_password": PASSWORD });
        seen.see_as("The e-mail address", ann, "PATCH /users/me", Some(moved)).await;
        let other = json!({ "email": "sam@example.com", "current_password": PASSWORD });
        seen.refused("EMAIL_TAKEN", ann, "PATCH /users/me", Some(other)).await;
        seen.see(ann, "POST /auth/email/resend", None).await;
        let forgot = Some(sample("forgot-password"));
        seen.see(guest, "POST /auth/password/forgot", forgot).await;
        self.drained().await;
        let Self { seen, guest, .. } = self;
        let token = seen.shop.aws.mails_to("ann@example.com").last().unwrap().link("reset-password");
        let mut reset = sample("reset-password");
        let route = "POST /auth/password/reset";
        seen.refused("VALIDATION_ERROR", guest, route, Some(reset.clone())).await;
        reset["token"] = json!(token);
        seen.see(guest, route, Some(reset)).await;
        self.fresh();
        let Self { seen, ann, .. } = self;
        let route = "PUT /users/me/password";
        let passwords = sample("change-password");
        seen.refused("VALIDATION_ERROR", ann, route, Some(passwords.clone())).await;
        let passwords = json!({
            "current_password": passwords["new_password"], "new_password": passwords["current_password"],
        });
        seen.see(ann, route, Some(passwords)).await;
        seen.see(ann, "DELETE /auth/sessions", None).await;
        self.drained().await;
    }

    async fn tidies_up(&mut self) {
        let Self { seen, admin, sam, ann, .. } = self;
        let kept = id(&ann.get("/users/me/addresses").await.ok()[0]);
        seen.see(ann, &format!("DELETE /users/me/addresses/{kept}"), None).await;
        seen.see(ann, "DELETE /users/me", Some(json!({ "password": PASSWORD }))).await;
        let own = Some(json!({ "password": PASSWORD }));
        seen.refused("LAST_ADMIN", admin, "DELETE /users/me", own).await;
        let wrong = Some(json!({ "password": "not the password" }));
        seen.refused("VALIDATION_ERROR", sam, "DELETE /users/me", wrong).await;
        let category = format!("DELETE /categories/{}", self.category);
        seen.refused("CATEGORY_IN_USE", admin, &category, None).await;
        seen.see(sam, &format!("DELETE /stores/{}/logo", self.store), None).await;
        seen.see(sam, &format!("DELETE /products/{}", self.lamp), None).await;
        let empty = id(admin.post("/categories", json!({ "name": "Candles" })).await.created());
        seen.see(admin, &format!("DELETE /categories/{empty}"), None).await;
        self.drained().await;
    }
}

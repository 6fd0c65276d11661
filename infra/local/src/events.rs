//! Sample events that succeed: `events/*.json`, with tokens and ids that the running stack knows.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::{Error, Running, paths};

/// The password of everybody here, as the samples have it.
const PASSWORD: &str = "correct horse battery";

/// What stands in the samples where a token or an id belongs.
const NO_TOKEN: &str = "put-an-access-token-here";
const NO_ID: &str = "00000000000000000000000000";
const NO_VERSION: &str = "00000000-0000-4000-8000-000000000000";

/// How an administrator of the stack signs in.
pub struct Admin {
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
}

/// Writes a copy of every sample event into `folder`. Everything that the copies name is made for them over the API:
/// nobody's own data is touched, and each copy succeeds at least once. `tag` must be new each time; it makes the names
/// unique.
pub fn write(stack: &Running, admin: &Admin, tag: &str, folder: &Path) -> Result<(), Error> {
    let live = Live::make(&stack.url, admin, tag)?;
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

/// Begins a rotation of the secret that a function rotates, as Secrets Manager does before it calls the function; the
/// emulator never does. It knows no version without a value, so `createSecret` finds its work done.
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

/// Every committed sample, by the name of its function.
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

/// What the copies name.
struct Live {
    tag: String,
    admin: String,
    seller: String,
    buyer: String,
    newcomer: String,
    /// Ids by their prefix.
    ids: BTreeMap<&'static str, String>,
}

impl Live {
    fn make(url: &str, admin: &Admin, tag: &str) -> Result<Self, Error> {
        let api = Api { url };
        let admin = json!({ "email": admin.email, "password": admin.password });
        let admin = text(&api.post("/auth/login", "", &admin)?, "access_token")?;
        let seller = api.register(&address("seller", tag))?;
        let buyer = api.register(&address("buyer", tag))?;
        let newcomer = api.register(&address("newcomer", tag))?;

        let name = format!("Samples {tag}");
        let category = text(&api.post("/categories", &admin, &json!({ "name": name }))?, "id")?;
        let store = text(&api.post("/stores", &seller, &json!({ "name": name }))?, "id")?;
        let product = json!({
            "name": "Sample lamp", "sku": "SAMPLE-1", "price": { "amount": 1500, "currency": "USD" },
            "category_id": category, "stock": 1000,
        });
        let product = text(&api.post("/products", &seller, &product)?, "id")?;

        let line = json!({ "product_id": product, "quantity": 1 });
        api.post("/cart/items", &buyer, &line)?;
        let purchase: Value = serde_json::from_str(&read(&paths::root().join("events/place-order.json"))?)
            .map_err(Error::ask("the sample of place-order"))?;
        let purchase: Value = serde_json::from_str(purchase["body"].as_str().unwrap_or_default())
            .map_err(Error::ask("the sample of place-order"))?;
        let order = text(&api.post("/orders", &buyer, &purchase)?, "id")?;
        // For the copies that look at a cart or check one out.
        api.post("/cart/items", &buyer, &line)?;

        let ids = [("cat_", category), ("sto_", store), ("prd_", product), ("ord_", order)].into();
        Ok(Self { tag: tag.to_owned(), admin, seller, buyer, newcomer, ids })
    }

    /// The copy of one sample.
    fn event(&self, name: &str, sample: &str) -> Result<String, Error> {
        let token = match name {
            "create-category" => &self.admin,
            "create-product" => &self.seller,
            "create-store" => &self.newcomer,
            _ => &self.buyer,
        };
        let mut event = sample.replace(NO_TOKEN, token);
        for (prefix, id) in &self.ids {
            event = event.replace(&format!("{prefix}{NO_ID}"), id);
        }
        let Some((field, value)) = self.unique(name) else { return Ok(event) };
        let broken = || Error::ask(format!("the sample of {name}"));
        let mut event: Value = serde_json::from_str(&event).map_err(broken())?;
        let mut body: Value =
            serde_json::from_str(event["body"].as_str().unwrap_or_default()).map_err(broken())?;
        body[field] = value.into();
        event["body"] = body.to_string().into();
        serde_json::to_string_pretty(&event).map_err(broken())
    }

    /// The field of a body that nothing else may have, or that has to be somebody's.
    fn unique(&self, name: &str) -> Option<(&'static str, String)> {
        let Self { tag, .. } = self;
        match name {
            "register" => Some(("email", address("sample", tag))),
            "login" => Some(("email", address("buyer", tag))),
            "create-store" => Some(("name", format!("Lamps and more {tag}"))),
            "create-category" => Some(("name", format!("Lighting {tag}"))),
            "create-product" => Some(("sku", format!("LAMP-{tag}"))),
            _ => None,
        }
    }
}

fn address(who: &str, tag: &str) -> String {
    format!("{who}-{tag}@example.com")
}

/// The stack's API.
struct Api<'a> {
    url: &'a str,
}

impl Api<'_> {
    /// Posts, and gives back the answer's data.
    fn post(&self, path: &str, token: &str, body: &Value) -> Result<Value, Error> {
        let what = || format!("POST {path}");
        let mut request =
            crate::aws::agent().post(format!("{}/api/v1{path}", self.url)).content_type("application/json");
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut answer = request.send(body.to_string()).map_err(Error::ask(what()))?;
        let said = answer.body_mut().read_to_string().map_err(Error::ask(what()))?;
        if !answer.status().is_success() {
            return Err(Error::Ask { what: what(), why: said });
        }
        let mut said: Value = serde_json::from_str(&said).map_err(Error::ask(what()))?;
        Ok(said["data"].take())
    }

    /// Opens an account and gives back its token.
    fn register(&self, email: &str) -> Result<String, Error> {
        let account = json!({ "name": "Sample", "email": email, "password": PASSWORD });
        text(&self.post("/auth/register", "", &account)?, "access_token")
    }
}

/// A text of an answer.
fn text(answer: &Value, field: &str) -> Result<String, Error> {
    let text = answer[field].as_str().map(str::to_owned);
    text.ok_or_else(|| Error::Ask { what: field.to_owned(), why: answer.to_string() })
}

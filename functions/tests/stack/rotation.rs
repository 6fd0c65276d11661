//! The rotation of the signing secret, under the roles of the template.

use serde_json::{Value, json};

use super::people::shared;

#[test]
fn the_secret_is_rotated_while_the_shop_is_open() {
    let shop = shared();
    let (stack, before) = (shop.stack.running(), shop.register("before"));
    let function = &stack.deployed.functions["rotate-signing-secret"];
    let secret = &function.environment["SIGNING_SECRET_ARN"];
    let version = "00000000-0000-4000-8000-00000000cafe";
    // The emulator has no versions without a value, so this one has a value from the beginning.
    let pending = json!({
        "SecretId": secret, "ClientRequestToken": version, "VersionStages": ["AWSPENDING"],
        "SecretString": "the second signing secret of this stack",
    });
    let _: Value = stack.aws().call("secretsmanager", "secretsmanager.PutSecretValue", &pending).unwrap();
    for step in ["createSecret", "setSecret", "testSecret", "finishSecret", "finishSecret"] {
        let event = json!({ "Step": step, "SecretId": secret, "ClientRequestToken": version });
        assert_eq!(stack.aws().invoke(&function.name, &event.to_string()).unwrap(), Value::Null, "{step}");
    }

    let current = json!({ "SecretId": secret });
    let current: Value =
        stack.aws().call("secretsmanager", "secretsmanager.GetSecretValue", &current).unwrap();
    assert_eq!(current["VersionId"], version);
    before.get("/cart").is(200);
    shop.register("after").get("/cart").is(200);
    let set = shop.stack.agent().get(format!("{}/.well-known/jwks.json", shop.stack.url())).call();
    let set: Value = serde_json::from_str(&set.unwrap().body_mut().read_to_string().unwrap()).unwrap();
    assert_eq!(set["keys"].as_array().unwrap().len(), 2);
}

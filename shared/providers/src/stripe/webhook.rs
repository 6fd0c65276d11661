//! Stripe's events: whether Stripe has signed them, and which order they are about. An event only makes a
//! worker look at the payment; its content changes nothing.

use domain::Timestamp;
use domain::ids::OrderId;
use ring::hmac::{self, HMAC_SHA256, Key};
use serde::Deserialize;

use super::keys::Keys;

/// The most seconds between an event's time and ours.
const TOLERANCE: i64 = 5 * 60;
/// The most signatures of an event. While a secret is rolled, Stripe signs with both the old and the new one.
const MOST_SIGNATURES: usize = 8;

/// Reads the events of one account.
pub struct Webhook {
    keys: Vec<Key>,
    shop: String,
}

/// Stripe has not signed the event, or not recently.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not one of Stripe's, or is too old")]
pub struct NotSigned;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The order to look at.
    pub order: OrderId,
    /// The bank has returned a refund, days after Stripe had made it.
    pub refund_failed: bool,
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    r#type: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    order: String,
    shop: String,
}

impl Webhook {
    /// Accepts events signed with these keys, about orders of the shop of this name.
    pub fn new(keys: &Keys, shop: String) -> Self {
        let keys = keys.of_webhook().map(|secret| Key::new(HMAC_SHA256, secret.as_bytes()));
        Self { keys: keys.collect(), shop }
    }

    /// The order that an event is about; `None` if it is about something else, or another shop's order.
    /// `signature` is the header `Stripe-Signature`, and `body` the event byte for byte.
    pub fn hear(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<Option<Heard>, NotSigned> {
        self.check(signature, body, now)?;
        let Ok(Event { r#type, data }) = serde_json::from_slice(body) else { return Ok(None) };
        let Metadata { order, shop } = data.object.metadata;
        let heard = |order| Heard { order, refund_failed: r#type == "refund.failed" };
        Ok(order.parse().ok().filter(|_| shop == self.shop).map(heard))
    }

    /// Checks `t=1492774577,v1=5257a8…,v1=…`: one of the signatures, by one of the secrets, over time and
    /// body.
    fn check(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<(), NotSigned> {
        let fields = || signature.split(',').filter_map(|field| field.trim().split_once('='));
        let time = fields().find_map(|(name, value)| (name == "t").then_some(value)).ok_or(NotSigned)?;
        let at: i64 = time.parse().map_err(|_| NotSigned)?;
        if now.seconds().saturating_sub(at).saturating_abs() > TOLERANCE {
            return Err(NotSigned);
        }
        let signed = [time.as_bytes(), b".", body].concat();
        let mut tags = fields().filter(|(name, _)| *name == "v1").take(MOST_SIGNATURES);
        let is_signed = tags.any(|(_, tag)| {
            let tag = from_hex(tag).unwrap_or_default();
            self.keys.iter().any(|key| hmac::verify(key, &signed, &tag).is_ok())
        });
        is_signed.then_some(()).ok_or(NotSigned)
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_262_400;
    const ORDER: &str = "ord_00000000000000000000000001";

    fn webhook() -> Webhook {
        let secret = r#"{"secret_key": "sk_1", "webhook_secret": "whsec_new",
            "previous_webhook_secret": "whsec_old"}"#;
        Webhook::new(&Keys::read(secret).unwrap(), "lamplight".to_owned())
    }

    fn sign(secret: &str, at: i64, body: &str) -> String {
        let tag = hmac::sign(&Key::new(HMAC_SHA256, secret.as_bytes()), format!("{at}.{body}").as_bytes());
        tag.as_ref().iter().fold(String::new(), |tag, byte| format!("{tag}{byte:02x}"))
    }

    fn event(order: &str, shop: &str) -> String {
        format!(
            r#"{{"type": "any", "data": {{"object": {{"metadata": {{
                "order": "{order}", "shop": "{shop}"}}}}}}}}"#
        )
    }

    #[track_caller]
    fn check(header: &str, body: &str, expected: Result<Option<&str>, NotSigned>) {
        let found = webhook().hear(header, body.as_bytes(), Timestamp::from_millis(NOW * 1000));
        let expected = expected.map(|order| order.map(|order| order.parse().unwrap()));
        assert_eq!(found.map(|heard| heard.map(|heard| heard.order)), expected, "{header}");
    }

    #[test]
    fn an_event_is_accepted_when_any_recent_signature_is_right() {
        let body = &event(ORDER, "lamplight");
        let tag = |secret: &str, at: i64| sign(secret, at, body);
        let (new, old, other) = (tag("whsec_new", NOW), tag("whsec_old", NOW), tag("whsec_other", NOW));
        for good in [
            format!("t={NOW},v1={new}"),
            format!("t={NOW},v1={old}"),
            format!("t={NOW},v1={other},v0={other},v1={new}"),
            format!("t={NOW}, v1={}", new.to_uppercase()),
        ] {
            check(&good, body, Ok(Some(ORDER)));
        }
        for at in [NOW - TOLERANCE, NOW + TOLERANCE] {
            check(&format!("t={at},v1={}", tag("whsec_new", at)), body, Ok(Some(ORDER)));
        }
        for at in [NOW - TOLERANCE - 1, NOW + TOLERANCE + 1, 0, i64::MIN, i64::MAX] {
            check(&format!("t={at},v1={}", tag("whsec_new", at)), body, Err(NotSigned));
        }
        for bad in [
            String::new(),
            "t".to_owned(),
            format!("v1={new}"),
            format!("t={NOW}"),
            format!("t={NOW},v1="),
            format!("t={NOW},v1={}", &new[1..]),
            format!("t={NOW},v1={}", new.replace(|c: char| c.is_ascii_digit(), "é")),
            format!("t={NOW},v0={new}"),
            format!("t={NOW},v1={other}"),
            format!("t=0{NOW},v1={new}"),
            format!("t={},v1={new}", NOW + 1),
            format!("t={NOW}{}", ",v1=00".repeat(MOST_SIGNATURES) + &format!(",v1={new}")),
        ] {
            check(&bad, body, Err(NotSigned));
        }
        check(&format!("t={NOW},v1={new}"), &body.replace("any", "all"), Err(NotSigned));
    }

    #[test]
    fn only_a_failed_refund_is_reported_as_such() {
        for (kind, expected) in
            [("refund.failed", true), ("refund.updated", false), ("payment_intent.succeeded", false)]
        {
            let body = event(ORDER, "lamplight").replace("any", kind);
            let signature = format!("t={NOW},v1={}", sign("whsec_new", NOW, &body));
            let heard = webhook().hear(&signature, body.as_bytes(), Timestamp::from_millis(NOW * 1000));
            assert_eq!(heard.unwrap().unwrap().refund_failed, expected, "{kind}");
        }
    }

    #[test]
    fn an_event_about_no_order_of_ours_names_no_order() {
        for body in [
            &event(ORDER, "another"),
            &event("ord_1", "lamplight"),
            "{}",
            "[]",
            "",
            "\u{0}",
            r#"{"data": {}}"#,
        ] {
            check(&format!("t={NOW},v1={}", sign("whsec_new", NOW, body)), body, Ok(None));
        }
    }
}

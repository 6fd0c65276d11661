//! Forms with which a browser uploads to S3 directly. Each is signed for one key, one content type and one
//! size (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html>).

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use domain::catalogue::image::ContentType;
use ring::hmac;
use serde_json::json;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Signs upload forms with the function's own credentials, so the function itself must be allowed to write
/// the objects. It makes no call.
pub struct Uploads {
    /// The bucket's name.
    pub bucket: String,
    /// Its region.
    pub region: String,
    /// The URL to which forms are posted.
    pub url: String,
    /// The function's own credentials.
    pub keys: Keys,
}

/// Credentials that Lambda gives to a function.
pub struct Keys {
    /// The access key's id.
    pub id: String,
    /// The secret access key.
    pub secret: String,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
}

/// A form to post as `multipart/form-data`, with the field `file` after all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The URL to post to.
    pub url: String,
    /// All fields but the file.
    pub fields: BTreeMap<String, String>,
}

impl Uploads {
    /// A form to upload exactly `size` bytes of this type under `key`, until `within` after `now`. S3 refuses
    /// anything else.
    pub fn offer(
        &self,
        key: &str,
        content_type: ContentType,
        size: u32,
        now: Timestamp,
        within: Duration,
    ) -> Form {
        let day = now.day();
        let scope = format!("{}/{day}/{}/s3/aws4_request", self.keys.id, self.region);
        let mut fields: BTreeMap<_, _> = [
            ("key", key.to_owned()),
            ("Content-Type", content_type.as_str().to_owned()),
            ("x-amz-algorithm", ALGORITHM.to_owned()),
            ("x-amz-credential", scope),
            ("x-amz-date", basic(now)),
        ]
        .into();
        fields.extend(self.keys.session_token.clone().map(|token| ("x-amz-security-token", token)));
        let exact = fields.iter().map(|(name, value)| json!({ *name: value }));
        let about = [json!({ "bucket": self.bucket }), json!(["content-length-range", size, size])];
        let conditions: Vec<_> = about.into_iter().chain(exact).collect();
        let policy = json!({ "expiration": (now + within).to_string(), "conditions": conditions });
        let policy = STANDARD.encode(policy.to_string());
        fields.insert("x-amz-signature", sign(&self.keys.secret, &day, &self.region, &policy));
        fields.insert("policy", policy);
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
        Form { url: self.url.clone(), fields: fields.collect() }
    }
}

/// The signature (version 4) of a policy in base64, in hexadecimal digits.
fn sign(secret: &str, day: &str, region: &str, policy: &str) -> String {
    let mac = |key: &[u8], text: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes());
    let first = mac(format!("AWS4{secret}").as_bytes(), day);
    let key = [region, "s3", "aws4_request"].iter().fold(first, |key, part| mac(key.as_ref(), part));
    let signature = mac(key.as_ref(), policy);
    let digits = signature.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// `20261121T080431Z`: ISO 8601's basic format, without fractions of a second.
fn basic(at: Timestamp) -> String {
    let text = at.to_string();
    let seconds = text.split('.').next().unwrap_or_default().replace(['-', ':'], "");
    format!("{seconds}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    /// The example of AWS's page, named above.
    #[test]
    fn a_policy_is_signed_as_aws_does() {
        let lines = [
            r#"{ "expiration": "2015-12-30T12:00:00.000Z","#,
            r#"  "conditions": ["#,
            r#"    {"bucket": "sigv4examplebucket"},"#,
            r#"    ["starts-with", "$key", "user/user1/"],"#,
            r#"    {"acl": "public-read"},"#,
            concat!(
                r#"    {"success_action_redirect": "#,
                r#""http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},"#
            ),
            r#"    ["starts-with", "$Content-Type", "image/"],"#,
            r#"    {"x-amz-meta-uuid": "14365123651274"},"#,
            r#"    {"x-amz-server-side-encryption": "AES256"},"#,
            r#"    ["starts-with", "$x-amz-meta-tag", ""],"#,
            "",
            r#"    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},"#,
            r#"    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},"#,
            r#"    {"x-amz-date": "20151229T000000Z" }"#,
            "  ]",
            "}",
        ];
        let policy = STANDARD.encode(lines.join("\r\n"));
        assert_eq!(
            sign(SECRET, "20151229", "us-east-1", &policy),
            "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"
        );
    }

    #[test]
    fn a_form_is_for_one_key_type_and_size_and_expires() {
        let keys =
            Keys { id: "AKID".to_owned(), secret: SECRET.to_owned(), session_token: Some("T".to_owned()) };
        let uploads = Uploads {
            bucket: "pictures".to_owned(),
            region: "eu-west-1".to_owned(),
            url: "https://pictures.s3.eu-west-1.amazonaws.com".to_owned(),
            keys,
        };
        let now = Timestamp::from_millis(1_795_262_671_042);
        let form = uploads.offer("incoming/a/b", ContentType::Png, 1234, now, Duration::from_mins(10));
        assert_eq!(form.fields["x-amz-date"], "20261121T120431Z");
        let policy: serde_json::Value =
            serde_json::from_slice(&STANDARD.decode(&form.fields["policy"]).unwrap()).unwrap();
        assert_eq!(
            policy,
            json!({
                "expiration": "2026-11-21T12:14:31.042Z",
                "conditions": [
                    { "bucket": "pictures" },
                    ["content-length-range", 1234, 1234],
                    { "Content-Type": "image/png" },
                    { "key": "incoming/a/b" },
                    { "x-amz-algorithm": "AWS4-HMAC-SHA256" },
                    { "x-amz-credential": "AKID/20261121/eu-west-1/s3/aws4_request" },
                    { "x-amz-date": "20261121T120431Z" },
                    { "x-amz-security-token": "T" },
                ],
            })
        );
    }
}

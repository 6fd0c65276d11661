//! S3: buckets that notify a queue of uploads, and signed forms.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::sqs::Queue;

/// An object in a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its content type.
    pub content_type: String,
    /// Its `Cache-Control`.
    pub cache_control: String,
    /// When it was written.
    pub written_at: Timestamp,
}

impl Object {
    /// The entity tag. S3's own is an MD5; here only equality matters.
    fn etag(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.bytes.hash(&mut hasher);
        format!("{:032x}", hasher.finish())
    }
}

/// A bucket: its objects by key, and the queue that it notifies of uploads, if there is one.
struct Bucket {
    objects: BTreeMap<String, Object>,
    told: Option<Queue>,
}

/// All buckets by name.
#[derive(Default)]
pub(crate) struct Buckets(Mutex<BTreeMap<String, Bucket>>);

impl Buckets {
    pub(crate) fn create(&self, name: &str, told: Option<Queue>) {
        self.0.lock().unwrap().insert(name.to_owned(), Bucket { objects: BTreeMap::new(), told });
    }

    /// What a bucket holds.
    pub(crate) fn objects(&self, bucket: &str) -> BTreeMap<String, Object> {
        self.0.lock().unwrap()[bucket].objects.clone()
    }

    /// Posts a form as a browser does. The error is S3's code when the policy refuses the form. Signatures
    /// are not checked.
    pub(crate) fn post(
        &self,
        form: &Value,
        content_type: &str,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<(), String> {
        let mut fields = form.as_object().expect("the fields of a form").clone();
        let policy = fields.remove("policy").expect("a policy");
        fields.remove("x-amz-signature").expect("a signature");
        fields.insert("Content-Type".to_owned(), content_type.into());
        let policy = STANDARD.decode(policy.as_str().unwrap()).expect("base64");
        let policy: Value = serde_json::from_slice(&policy).expect("a policy is JSON");
        if policy["expiration"].as_str().unwrap().parse::<Timestamp>().unwrap() <= now {
            return Err("AccessDenied".to_owned());
        }
        let mut bucket = String::new();
        for condition in policy["conditions"].as_array().expect("conditions") {
            if let Value::Array(range) = condition {
                assert_eq!(range[0], "content-length-range");
                let [least, most] = [1, 2].map(|place| range[place].as_u64().unwrap());
                let size = bytes.len() as u64;
                if size < least || size > most {
                    return Err(if size < least { "EntityTooSmall" } else { "EntityTooLarge" }.to_owned());
                }
                continue;
            }
            let (name, value) = condition.as_object().unwrap().iter().next().unwrap();
            if name == "bucket" {
                value.as_str().unwrap().clone_into(&mut bucket);
            } else if fields.remove(name).as_ref() != Some(value) {
                return Err("AccessDenied".to_owned());
            }
        }
        assert!(fields.is_empty(), "the policy does not name {fields:?}");
        let key = form["key"].as_str().unwrap().to_owned();
        let object = Object {
            bytes: bytes.to_vec(),
            content_type: content_type.to_owned(),
            cache_control: String::new(),
            written_at: now,
        };
        let mut buckets = self.0.lock().unwrap();
        let place = buckets.get_mut(&bucket).expect("a bucket");
        if let Some(told) = &place.told {
            told.send(&created(&bucket, &key, &object).to_string());
        }
        place.objects.insert(key, object);
        Ok(())
    }

    /// Answers a call of the shop.
    pub(crate) fn answer(&self, operation: &str, request: &Value, body: &[u8], now: Timestamp) -> Answer {
        let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
        let mut buckets = self.0.lock().unwrap();
        let Some(bucket) = buckets.get_mut(&text("Bucket")) else {
            return Answer::error(404, "NoSuchBucket", "The specified bucket does not exist");
        };
        match operation {
            "GetObject" => match bucket.objects.get(&text("Key")) {
                None => Answer::error(404, "NoSuchKey", "The specified key does not exist."),
                Some(object)
                    if !request["IfMatch"].is_null()
                        && text("IfMatch").trim_matches('"') != object.etag() =>
                {
                    Answer::error(
                        412,
                        "PreconditionFailed",
                        "At least one of the pre-conditions you specified did not hold",
                    )
                }
                Some(object) => match part(&object.bytes, &text("Range")) {
                    Some(bytes) => Answer::bytes(bytes.to_vec(), &object.etag()),
                    None => Answer::error(416, "InvalidRange", "The requested range is not satisfiable"),
                },
            },
            "ListObjectsV2" => {
                let prefix = text("Prefix");
                let found = bucket.objects.iter().filter(|(key, _)| key.starts_with(&prefix));
                let entries: Vec<_> = found
                    .map(|(key, Object { written_at, .. })| {
                        format!(
                            "<Contents><Key>{key}</Key><LastModified>{written_at}</LastModified></Contents>"
                        )
                    })
                    .collect();
                let list = format!("<ListBucketResult>{}</ListBucketResult>", entries.concat());
                Answer::bytes(list.into_bytes(), "")
            }
            "PutObject" => {
                let object = Object {
                    bytes: body.to_vec(),
                    content_type: text("ContentType"),
                    cache_control: text("CacheControl"),
                    written_at: now,
                };
                bucket.objects.insert(text("Key"), object);
                Answer::bytes(Vec::new(), "")
            }
            "DeleteObject" => {
                bucket.objects.remove(&text("Key"));
                Answer { status: 204, ..Answer::bytes(Vec::new(), "") }
            }
            other => Answer::unknown(other),
        }
    }
}

/// The bytes of a range such as `bytes=0-9`, whose last position is included; all bytes without one.
fn part<'a>(bytes: &'a [u8], range: &str) -> Option<&'a [u8]> {
    let Some((from, to)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Some(bytes);
    };
    let (from, to) = (from.parse::<usize>().ok()?, to.parse::<usize>().ok()?);
    bytes.get(from..bytes.len().min(to + 1))
}

/// S3's notification of an upload.
fn created(bucket: &str, key: &str, object: &Object) -> Value {
    json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
        "eventName": "ObjectCreated:Post",
        "s3": {
            "s3SchemaVersion": "1.0", "configurationId": "uploads",
            "bucket": { "name": bucket, "arn": format!("arn:aws:s3:::{bucket}") },
            "object": { "key": key, "size": object.bytes.len(), "eTag": object.etag(), "sequencer": "0" },
        },
    }] })
}

/// The operation, bucket and key of a request, by method and path.
pub(crate) fn read(method: &str, uri: &str, header: impl Fn(&str) -> Option<String>) -> (String, Value) {
    let path = uri.split("//").nth(1).and_then(|rest| rest.split_once('/')).map_or("", |(_, path)| path);
    let (bucket, key) = path.split('?').next().unwrap_or_default().split_once('/').unwrap_or((path, ""));
    let asked = uri.split_once('?').map_or("", |(_, query)| query);
    let prefix = form_urlencoded::parse(asked.as_bytes()).find(|(name, _)| name == "prefix");
    let operation = match method {
        "GET" if asked.contains("list-type=2") => "ListObjectsV2",
        "GET" => "GetObject",
        "PUT" => "PutObject",
        "DELETE" => "DeleteObject",
        other => panic!("testkit does not play {other} of S3"),
    };
    let request = json!({
        "Bucket": bucket, "Key": key, "IfMatch": header("if-match"), "ContentType": header("content-type"),
        "CacheControl": header("cache-control"), "Range": header("range"),
        "Prefix": prefix.map(|(_, prefix)| prefix),
    });
    (operation.to_owned(), request)
}

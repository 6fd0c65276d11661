//! SQS. The shop of the tests takes due messages and invokes the workers; workers do not receive by calls.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::Timestamp;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::clock::ManualClock;

/// The most bytes of a message or batch in SQS: 1 MiB.
const MAX_BYTES: usize = 1_048_576;
const MAX_DELAY_SECONDS: u64 = 900;
const MAX_BATCH: usize = 10;

/// A message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// `String` or `Number`.
    pub data_type: String,
    /// Its value.
    pub value: String,
}

/// A message in a queue, or taken from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The id, which stays the same over redeliveries.
    pub id: String,
    /// The body.
    pub body: String,
    /// Message attributes by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// X-Ray's header, if it was sent with one.
    pub trace_header: Option<String>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// It can be taken from then on.
    pub due_at: Timestamp,
    /// The delay with which it was sent.
    pub delay: Duration,
    /// How often it was taken.
    pub receive_count: u32,
}

impl Message {
    /// The body as JSON; null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// This message as Lambda passes it to a function, in `Records`.
    pub fn record(&self, queue: &str) -> Value {
        let attributes = self.attributes.iter().map(|(name, attribute)| {
            let Attribute { data_type, value } = attribute;
            (name.clone(), json!({ "dataType": data_type, "stringValue": value }))
        });
        let mut system = json!({
            "ApproximateReceiveCount": self.receive_count.to_string(),
            "SentTimestamp": self.sent_at.millis().to_string(),
            "SenderId": "testkit",
            "ApproximateFirstReceiveTimestamp": self.due_at.millis().to_string(),
        });
        if let Some(header) = &self.trace_header {
            system["AWSTraceHeader"] = header.as_str().into();
        }
        json!({
            "messageId": self.id,
            "receiptHandle": format!("{}-{}", self.id, self.receive_count),
            "body": self.body,
            "attributes": system,
            "messageAttributes": attributes.collect::<serde_json::Map<_, _>>(),
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:{queue}"),
            "awsRegion": "us-east-1",
        })
    }
}

/// One queue; clones are the same queue.
#[derive(Clone, Debug)]
pub struct Queue {
    name: Arc<str>,
    clock: ManualClock,
    messages: Arc<Mutex<Vec<Message>>>,
    /// Numbers the messages, so that every run gives the same ids.
    sent: Arc<AtomicU64>,
}

impl Queue {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL, as in the functions' environment.
    pub fn url(&self) -> String {
        format!("http://sqs.local/000000000000/{}", self.name)
    }

    /// All messages, due or not, in the order of sending.
    pub fn all(&self) -> Vec<Message> {
        self.messages.lock().unwrap().clone()
    }

    /// How many messages are in it, due or not.
    pub fn len(&self) -> usize {
        self.messages.lock().unwrap().len()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The messages that are due at `now`. They stay in the queue.
    pub fn peek(&self, now: Timestamp) -> Vec<Message> {
        let mut due = self.all();
        due.retain(|message| message.due_at <= now);
        due
    }

    /// Removes and returns the messages that are due at `now`. The caller puts failed ones back by
    /// [`put_back`](Self::put_back).
    pub fn take_due(&self, now: Timestamp) -> Vec<Message> {
        let mut messages = self.messages.lock().unwrap();
        let taken = messages.extract_if(.., |message| message.due_at <= now);
        taken.map(|message| Message { receive_count: message.receive_count + 1, ..message }).collect()
    }

    /// When the next message is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.messages.lock().unwrap().iter().map(|message| message.due_at).min()
    }

    /// Puts a taken message back, to be shown again at `visible_at`.
    pub fn put_back(&self, message: Message, visible_at: Timestamp) {
        self.messages.lock().unwrap().push(Message { due_at: visible_at, ..message });
    }

    /// Sends a message from outside the shop.
    pub fn send(&self, body: &str) {
        let message = self.message(&json!({ "MessageBody": body }));
        self.messages.lock().unwrap().push(message.expect("a plain message is fine"));
    }

    /// Deletes all messages.
    pub fn purge(&self) {
        self.messages.lock().unwrap().clear();
    }

    /// A message from the fields of `SendMessage`, which a batch entry has too.
    fn message(&self, request: &Value) -> Result<Message, Answer> {
        let body = request["MessageBody"].as_str().unwrap_or_default().to_owned();
        let delay = request["DelaySeconds"].as_u64().unwrap_or(0);
        if delay > MAX_DELAY_SECONDS {
            let message = format!("Value {delay} for parameter DelaySeconds is invalid.");
            return Err(Answer::error(400, "InvalidParameterValue", &message));
        }
        if body.is_empty() {
            let message = "The request must contain the parameter MessageBody.";
            return Err(Answer::error(400, "MissingParameter", message));
        }
        let attributes = request["MessageAttributes"].as_object().into_iter().flatten();
        let attributes = attributes.map(|(name, attribute)| {
            let text = |field: &str| attribute[field].as_str().unwrap_or_default().to_owned();
            (name.clone(), Attribute { data_type: text("DataType"), value: text("StringValue") })
        });
        let now = self.clock.now();
        let delay = Duration::from_secs(delay);
        Ok(Message {
            id: format!("{}-{}", self.name, self.sent.fetch_add(1, Ordering::SeqCst) + 1),
            body,
            attributes: attributes.collect(),
            trace_header: request["MessageSystemAttributes"]["AWSTraceHeader"]["StringValue"]
                .as_str()
                .map(str::to_owned),
            sent_at: now,
            due_at: now + delay,
            delay,
            receive_count: 0,
        })
    }
}

/// All queues by name.
pub(crate) struct Queues {
    clock: ManualClock,
    by_name: Mutex<BTreeMap<String, Queue>>,
}

impl Queues {
    pub(crate) fn new(clock: ManualClock) -> Self {
        Self { clock, by_name: Mutex::default() }
    }

    pub(crate) fn create(&self, name: &str) -> Queue {
        let new = || Queue {
            name: name.into(),
            clock: self.clock.clone(),
            messages: Arc::default(),
            sent: Arc::default(),
        };
        self.by_name.lock().unwrap().entry(name.to_owned()).or_insert_with(new).clone()
    }

    pub(crate) fn get(&self, name: &str) -> Option<Queue> {
        self.by_name.lock().unwrap().get(name).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Queue> {
        self.by_name.lock().unwrap().values().cloned().collect()
    }

    /// Answers a call of the shop. With `vanish` the call is accepted and does nothing: messages are lost, or
    /// stay.
    pub(crate) fn answer(&self, operation: &str, request: &Value, vanish: bool) -> Answer {
        let name = request["QueueUrl"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let Some(queue) = self.get(name) else {
            let message = "The specified queue does not exist.";
            let body = json!({ "__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": message });
            return Answer::error_body(400, "AWS.SimpleQueueService.NonExistentQueue", body);
        };
        match operation {
            "SendMessage" => send(&queue, request, vanish).unwrap_or_else(|refused| refused),
            "SendMessageBatch" => send_batch(&queue, request, vanish).unwrap_or_else(|refused| refused),
            "ReceiveMessage" => receive(&queue, request, vanish),
            "DeleteMessage" => delete(&queue, request, vanish),
            "GetQueueAttributes" => attributes(&queue),
            other => Answer::unknown(other),
        }
    }
}

/// Receives the first visible messages, and hides them for `VisibilityTimeout`.
fn receive(queue: &Queue, request: &Value, vanish: bool) -> Answer {
    let now = queue.clock.now();
    let most = usize::try_from(request["MaxNumberOfMessages"].as_u64().unwrap_or(1)).unwrap_or(MAX_BATCH);
    let hidden = Duration::from_secs(request["VisibilityTimeout"].as_u64().unwrap_or(30));
    let mut messages = queue.messages.lock().unwrap();
    let visible = messages.iter_mut().filter(|message| message.due_at <= now && !vanish).take(most);
    let received = visible.map(|message| {
        message.receive_count += 1;
        message.due_at = now + hidden;
        let record = message.record(&queue.name);
        let attributes = message.attributes.iter().map(|(name, attribute)| {
            let Attribute { data_type, value } = attribute;
            (name.clone(), json!({ "DataType": data_type, "StringValue": value }))
        });
        json!({
            "MessageId": message.id,
            "ReceiptHandle": record["receiptHandle"],
            "Body": message.body,
            "Attributes": record["attributes"],
            "MessageAttributes": attributes.collect::<serde_json::Map<_, _>>(),
        })
    });
    Answer::ok(json!({ "Messages": received.collect::<Vec<_>>() }))
}

/// Deletes by the handle of the last receive. An older handle deletes nothing, which is not an error.
fn delete(queue: &Queue, request: &Value, vanish: bool) -> Answer {
    let handle = request["ReceiptHandle"].as_str().unwrap_or_default();
    let named = |message: &Message| format!("{}-{}", message.id, message.receive_count) == handle;
    queue.messages.lock().unwrap().retain(|message| vanish || !named(message));
    Answer::ok(json!({}))
}

/// The counts. Other than on AWS, they are exact.
fn attributes(queue: &Queue) -> Answer {
    let now = queue.clock.now();
    let [mut visible, mut in_flight, mut delayed] = [0; 3];
    for message in queue.all() {
        *match message.receive_count {
            _ if message.due_at <= now => &mut visible,
            0 => &mut delayed,
            _ => &mut in_flight,
        } += 1;
    }
    Answer::ok(json!({ "Attributes": {
        "ApproximateNumberOfMessages": visible.to_string(),
        "ApproximateNumberOfMessagesNotVisible": in_flight.to_string(),
        "ApproximateNumberOfMessagesDelayed": delayed.to_string(),
    } }))
}

fn send(queue: &Queue, request: &Value, vanish: bool) -> Result<Answer, Answer> {
    let message = queue.message(request)?;
    if message.body.len() > MAX_BYTES {
        let message =
            "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.";
        return Err(Answer::error(400, "InvalidParameterValue", message));
    }
    let answer = json!({ "MessageId": message.id, "MD5OfMessageBody": "" });
    if !vanish {
        queue.messages.lock().unwrap().push(message);
    }
    Ok(Answer::ok(answer))
}

fn send_batch(queue: &Queue, request: &Value, vanish: bool) -> Result<Answer, Answer> {
    let refuse =
        |code: &str, text: &str| Err(Answer::error(400, &format!("AWS.SimpleQueueService.{code}"), text));
    let entries = request["Entries"].as_array().map_or(&[][..], Vec::as_slice);
    let bytes: usize = entries.iter().filter_map(|entry| entry["MessageBody"].as_str()).map(str::len).sum();
    let ids: HashSet<_> = entries.iter().map(|entry| entry["Id"].as_str()).collect();
    if entries.is_empty() {
        return refuse("EmptyBatchRequest", "There should be at least one entry in the request.");
    }
    if entries.len() > MAX_BATCH {
        return refuse("TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10.");
    }
    if ids.len() < entries.len() {
        return refuse("BatchEntryIdsNotDistinct", "Two or more batch entries have the same id.");
    }
    if bytes > MAX_BYTES {
        return refuse("BatchRequestTooLong", "Batch requests cannot be longer than 1048576 bytes.");
    }
    let (mut sent, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        match queue.message(entry) {
            Ok(message) => {
                sent.push(json!({ "Id": entry["Id"], "MessageId": message.id, "MD5OfMessageBody": "" }));
                if !vanish {
                    queue.messages.lock().unwrap().push(message);
                }
            }
            Err(refused) => {
                failed.push(json!({ "Id": entry["Id"], "Code": refused.code, "SenderFault": true }));
            }
        }
    }
    Ok(Answer::ok(json!({ "Successful": sent, "Failed": failed })))
}

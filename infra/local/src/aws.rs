//! The AWS calls that the runner and the tests themselves make to the emulator.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Error, LogLine, REGION, mailbox};

const CALL_LIMIT: Duration = Duration::from_secs(30);

/// Part of the emulator's error when something was written while it read: "dictionary changed size during
/// iteration". It answers in milliseconds, and a second try nearly always succeeds; 20 tries are never used
/// up.
const CHANGED_WHILE_READ: &str = "during iteration";
const TRIES: u32 = 20;

/// The emulated AWS of one stack, called with its root key.
#[derive(Clone, Debug)]
pub struct Aws {
    endpoint: String,
}

/// The number of messages of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Depth {
    /// Messages that wait for a worker.
    pub visible: u64,
    /// Messages that a worker has received, until their visibility timeout.
    pub in_flight: u64,
    /// Messages that were sent with a delay that has not passed.
    pub delayed: u64,
}

/// A queue.
#[derive(Clone, Debug)]
pub struct Queue {
    /// The physical name.
    pub name: String,
    /// The number of messages.
    pub depth: Depth,
    /// The dead-letter queue; absent for a dead-letter queue.
    pub gives_up_to: Option<String>,
}

impl Depth {
    /// All messages that are not done.
    pub fn total(self) -> u64 {
        self.visible + self.in_flight + self.delayed
    }
}

impl Aws {
    pub(crate) fn new(endpoint: impl Into<String>) -> Self {
        Self { endpoint: endpoint.into() }
    }

    /// Calls an operation of a service with AWS's JSON protocol, such as `("sqs", "AmazonSQS.ListQueues")`.
    ///
    /// The emulator accepts its root key without a signature.
    pub fn call<T: DeserializeOwned>(&self, service: &str, target: &str, input: &Value) -> Result<T, Error> {
        let input = input.to_string();
        for _ in 1..TRIES {
            match self.post("", service, target, &input) {
                Err(Error::Ask { why, .. }) if why.contains(CHANGED_WHILE_READ) => {}
                answer => return answer,
            }
        }
        self.post("", service, target, &input)
    }

    /// Invokes a function by its physical name and returns its answer.
    pub fn invoke(&self, function: &str, event: &str) -> Result<Value, Error> {
        self.post(&format!("/2015-03-31/functions/{function}/invocations"), "lambda", "Invoke", event)
    }

    fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        service: &str,
        target: &str,
        body: &str,
    ) -> Result<T, Error> {
        let credential = format!("test/20260101/{REGION}/{service}/aws4_request");
        let mut answer = agent()
            .post(format!("{}{path}", self.endpoint))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", target)
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"),
            )
            .send(body)
            .map_err(Error::ask(target))?;
        let text = answer.body_mut().read_to_string().map_err(Error::ask(target))?;
        if answer.status() != 200 {
            return Err(Error::Ask { what: target.to_owned(), why: text });
        }
        serde_json::from_str(&text).map_err(Error::ask(target))
    }

    /// All mails sent so far, oldest first, as the emulator shows them: `To`, `Subject`, `BodyText`,
    /// `BodyHtml` and others.
    pub fn mails(&self) -> Result<Vec<Value>, Error> {
        let text = get(&mailbox::source(&self.endpoint))?;
        mailbox::mails(text.as_bytes()).map_err(Error::ask("the mailbox"))
    }

    /// The depth of every queue, by the queue's name.
    pub fn queue_depths(&self) -> Result<BTreeMap<String, Depth>, Error> {
        Ok(self.queues()?.into_iter().map(|queue| (queue.name, queue.depth)).collect())
    }

    /// Every queue, by name.
    pub fn queues(&self) -> Result<Vec<Queue>, Error> {
        #[derive(Deserialize)]
        struct Queues {
            #[serde(rename = "QueueUrls", default)]
            urls: Vec<String>,
        }
        #[derive(Deserialize)]
        struct Attributes {
            #[serde(rename = "Attributes")]
            all: BTreeMap<String, String>,
        }
        let queues: Queues = self.call("sqs", "AmazonSQS.ListQueues", &json!({}))?;
        let queue = |url: String| {
            let question = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
            let attributes: Attributes = self.call("sqs", "AmazonSQS.GetQueueAttributes", &question)?;
            let count =
                |name: &str| attributes.all.get(name).and_then(|count| count.parse().ok()).unwrap_or(0);
            let depth = Depth {
                visible: count("ApproximateNumberOfMessages"),
                in_flight: count("ApproximateNumberOfMessagesNotVisible"),
                delayed: count("ApproximateNumberOfMessagesDelayed"),
            };
            let policy = attributes.all.get("RedrivePolicy").map_or("{}", String::as_str);
            let policy: Value =
                serde_json::from_str(policy).map_err(Error::ask("a queue's redrive policy"))?;
            let last = |text: &str, end| text.rsplit(end).next().unwrap_or_default().to_owned();
            let gives_up_to = policy["deadLetterTargetArn"].as_str().map(|arn| last(arn, ':'));
            Ok(Queue { name: last(&url, '/'), depth, gives_up_to })
        };
        let mut queues = queues.urls.into_iter().map(queue).collect::<Result<Vec<_>, Error>>()?;
        queues.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(queues)
    }

    /// The functions' log lines since a time in milliseconds, from all log groups, oldest first, without
    /// Lambda's own lines around each invocation. At most the first 10,000 of each group: ask again from the
    /// time of the last one.
    pub fn logs_since(&self, millis: u64) -> Result<Vec<LogLine>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Groups {
            log_groups: Vec<Group>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Group {
            log_group_name: String,
        }
        #[derive(Deserialize)]
        struct Lines {
            events: Vec<LogLine>,
        }
        let groups: Groups = self.call("logs", "Logs_20140328.DescribeLogGroups", &json!({}))?;
        let mut lines = Vec::new();
        for group in groups.log_groups {
            let question = json!({ "logGroupName": group.log_group_name, "startTime": millis });
            let found: Lines = self.call("logs", "Logs_20140328.FilterLogEvents", &question)?;
            lines.extend(found.events);
        }
        lines.retain(|line| !["START ", "END ", "REPORT "].iter().any(|mark| line.message.starts_with(mark)));
        lines.sort_by_key(|line| line.timestamp);
        Ok(lines)
    }
}

/// The body of an answer with status 200.
pub(crate) fn get(url: &str) -> Result<String, Error> {
    let mut answer = agent().get(url).call().map_err(Error::ask(url))?;
    if answer.status() != 200 {
        return Err(Error::Ask { what: url.to_owned(), why: answer.status().to_string() });
    }
    answer.body_mut().read_to_string().map_err(Error::ask(url))
}

/// A client that waits at most 30 s, uses no proxy, and returns every status as an answer.
pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .timeout_global(Some(CALL_LIMIT))
        .build()
        .new_agent()
}

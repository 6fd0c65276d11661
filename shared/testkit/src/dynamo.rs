//! DynamoDB: an embedded database, and a second one that lags, for stale reads.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::clock::ManualClock;
use crate::lag::Lag;
use crate::units::Units;

pub(crate) struct Dynamo {
    clock: ManualClock,
    fresh: Database,
    /// `CreateTable` and `UpdateTimeToLive` requests, from which the lagging copy is made.
    shapes: Mutex<Vec<(String, Value)>>,
    follower: Mutex<Option<Follower>>,
    /// The position of the next records in each table's stream.
    stream_positions: Mutex<BTreeMap<String, Value>>,
}

/// The lagging copy and the writes that it has not applied yet.
struct Follower {
    stale: Database,
    lag: Lag,
    calls: u64,
    pending: VecDeque<(u64, String, Value)>,
}

impl Follower {
    /// Replays the writes that are `lag` calls old. They succeeded on the main copy in this order, so they
    /// succeed here.
    fn replay(&mut self, everything: bool) {
        while let Some((written, _, _)) = self.pending.front() {
            let visible = match self.lag {
                Lag::None => true,
                Lag::UntilCaughtUp => false,
                Lag::Calls(behind) => written + behind <= self.calls,
            };
            if !(everything || visible) {
                return;
            }
            let (_, operation, request) = self.pending.pop_front().unwrap();
            let replayed = execute(&self.stale, &operation, &request);
            assert!(
                replayed.is_ok(),
                "{operation} succeeded, but not on the lagging copy: {:?}",
                replayed.body
            );
        }
    }
}

impl Dynamo {
    pub(crate) fn new(clock: ManualClock) -> Self {
        let fresh = open(&clock);
        Self {
            clock,
            fresh,
            shapes: Mutex::default(),
            follower: Mutex::default(),
            stream_positions: Mutex::default(),
        }
    }

    /// Answers one request, and says whether the lagging copy did. `fresh` makes a read use the main copy.
    pub(crate) fn answer(&self, operation: &str, mut request: Value, fresh: bool) -> (Answer, bool) {
        if BILLED.contains(&operation) {
            request["ReturnConsumedCapacity"] = json!("INDEXES");
        }
        let mut follower = self.follower.lock().unwrap();
        if let Some(follower) = follower.as_mut()
            && !fresh
            && eventually_consistent(operation, &request)
        {
            return (execute(&follower.stale, operation, &request), true);
        }
        let answer = execute(&self.fresh, operation, &request);
        if answer.is_ok() && SHAPING.contains(&operation) {
            self.shapes.lock().unwrap().push((operation.to_owned(), request.clone()));
        }
        // Every write costs units, except the second use of a transaction's token, which writes nothing.
        if let Some(follower) = follower.as_mut()
            && answer.is_ok()
            && (SHAPING.contains(&operation)
                || Units::of(&answer.body, WRITING.contains(&operation)).write() > 0.0)
        {
            follower.pending.push_back((follower.calls, operation.to_owned(), request));
        }
        (answer, false)
    }

    /// A call was made, so the lagging copy catches up by one.
    pub(crate) fn tick(&self) {
        if let Some(follower) = self.follower.lock().unwrap().as_mut() {
            follower.calls += 1;
            follower.replay(false);
        }
    }

    pub(crate) fn catch_up(&self) {
        if let Some(follower) = self.follower.lock().unwrap().as_mut() {
            follower.replay(true);
        }
    }

    pub(crate) fn set_lag(&self, lag: Lag) {
        let mut follower = self.follower.lock().unwrap();
        if lag == Lag::None {
            *follower = None;
        } else if let Some(follower) = follower.as_mut() {
            follower.lag = lag;
        } else {
            *follower = Some(Follower { stale: self.copy(), lag, calls: 0, pending: VecDeque::new() });
        }
    }

    /// Deletes the items that have expired by the clock, and returns their number. The lagging copy catches
    /// up first.
    pub(crate) fn sweep_ttl(&self) -> usize {
        let mut follower = self.follower.lock().unwrap();
        if let Some(follower) = follower.as_mut() {
            follower.replay(true);
            follower.stale.sweep_ttl().unwrap();
        }
        self.fresh.sweep_ttl().unwrap()
    }

    /// All items of a table, as DynamoDB JSON, in key order per partition.
    pub(crate) fn items(&self, table: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut request = json!({ "TableName": table, "ConsistentRead": true });
        loop {
            let page = execute(&self.fresh, "Scan", &request);
            assert!(page.is_ok(), "{:?}", page.body);
            items.extend(page.body["Items"].as_array().into_iter().flatten().cloned());
            match page.body.get("LastEvaluatedKey") {
                Some(last) => request["ExclusiveStartKey"] = last.clone(),
                None => return items,
            }
        }
    }

    /// The stream's records since the last call, as Lambda passes them to a function, in `Records`.
    pub(crate) fn take_stream(&self, table: &str) -> Vec<Value> {
        let ask = |operation: &str, request: Value| {
            let answer = execute(&self.fresh, operation, &request);
            assert!(answer.is_ok(), "{operation}: {}", answer.body);
            answer.body
        };
        let streams = ask("ListStreams", json!({ "TableName": table }));
        let arn = &streams["Streams"][0]["StreamArn"];
        assert!(arn.is_string(), "{table} has no stream");
        let mut positions = self.stream_positions.lock().unwrap();
        let mut position = positions.remove(table).unwrap_or_else(|| {
            let stream = ask("DescribeStream", json!({ "StreamArn": arn }));
            let shard = &stream["StreamDescription"]["Shards"][0]["ShardId"];
            let start = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
            ask("GetShardIterator", start)["ShardIterator"].clone()
        });
        let mut records = Vec::new();
        loop {
            let page = ask("GetRecords", json!({ "ShardIterator": position }));
            position = page["NextShardIterator"].clone();
            let found = page["Records"].as_array().expect("records come in a list");
            if found.is_empty() {
                positions.insert(table.to_owned(), position);
                return records;
            }
            records.extend(found.iter().cloned().map(|mut record| {
                record["eventSourceARN"] = arn.clone();
                record
            }));
        }
    }

    fn copy(&self) -> Database {
        let copy = open(&self.clock);
        let insist = |operation: &str, request: &Value| {
            let answer = execute(&copy, operation, request);
            assert!(answer.is_ok(), "{operation}: {:?}", answer.body);
        };
        for (operation, request) in self.shapes.lock().unwrap().iter() {
            insist(operation, request);
            if operation == "CreateTable" {
                let table = &request["TableName"];
                for item in self.items(table.as_str().unwrap()) {
                    insist("PutItem", &json!({ "TableName": table, "Item": item }));
                }
            }
        }
        copy
    }
}

const WRITING: [&str; 5] = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"];
const SHAPING: [&str; 2] = ["CreateTable", "UpdateTimeToLive"];
const BILLED: [&str; 10] = [
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "TransactWriteItems",
    "GetItem",
    "Query",
    "Scan",
    "BatchGetItem",
    "TransactGetItems",
];

fn open(clock: &ManualClock) -> Database {
    Database::memory_with_clock(Arc::new(clock.clone())).expect("a database in memory opens")
}

/// Whether DynamoDB may answer this from an old copy.
fn eventually_consistent(operation: &str, request: &Value) -> bool {
    let strong = |read: &Value| read["ConsistentRead"] == true;
    match operation {
        "GetItem" | "Query" | "Scan" => !strong(request),
        "BatchGetItem" => {
            !request["RequestItems"].as_object().into_iter().flatten().any(|(_, table)| strong(table))
        }
        _ => false,
    }
}

/// The operations as `name => method`. The method's signature names their types.
macro_rules! operations {
    ($database:expr, $operation:expr, $body:expr; $($name:literal => $method:ident),+ $(,)?) => {
        match $operation {
            $($name => parse($body).and_then(|request| $database.$method(request)).map(written),)+
            other => return Answer::unknown(other),
        }
    };
}

fn execute(database: &Database, operation: &str, request: &Value) -> Answer {
    let body = request.to_string();
    let result = operations!(database, operation, &body;
        "BatchGetItem" => batch_get_item,
        "BatchWriteItem" => batch_write_item,
        "CreateTable" => create_table,
        "DeleteItem" => delete_item,
        "DescribeStream" => describe_stream,
        "DescribeTable" => describe_table,
        "GetItem" => get_item,
        "GetRecords" => get_records,
        "GetShardIterator" => get_shard_iterator,
        "ListStreams" => list_streams,
        "PutItem" => put_item,
        "Query" => query,
        "Scan" => scan,
        "TransactGetItems" => transact_get_items,
        "TransactWriteItems" => transact_write_items,
        "UpdateItem" => update_item,
        "UpdateTable" => update_table,
        "UpdateTimeToLive" => update_time_to_live,
    );
    match result {
        Ok(body) => Answer::ok(body),
        Err(error) => {
            let body = serde_json::from_str(&error.to_json()).expect("an error is JSON");
            Answer::error_body(error.status_code(), error.error_type(), body)
        }
    }
}

fn written(response: impl Serialize) -> Value {
    serde_json::to_value(response).expect("a response is JSON")
}

/// The database states the kind of error of a bad request in the parser's message.
fn parse<T: DeserializeOwned>(body: &str) -> Result<T, DynoxideError> {
    serde_json::from_str(body).map_err(|error| {
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(text, _)| text);
        match message.split_once(':') {
            Some((mark, text)) if mark.starts_with("VALIDATION") => {
                DynoxideError::ValidationException(text.to_owned())
            }
            Some((mark, text)) if mark.starts_with("SERIALIZATION") => {
                DynoxideError::SerializationException(text.to_owned())
            }
            _ => DynoxideError::ValidationException(message.to_owned()),
        }
    })
}

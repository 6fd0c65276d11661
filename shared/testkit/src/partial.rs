//! Batches of which one entry is left undone, as SQS and DynamoDB may at any time.

use serde_json::{Value, json};

use crate::answer::Answer;

/// An entry taken out of a batch, and how the answer names it.
pub(crate) struct Undone {
    /// The answer's list or map of what was not done, with this entry as its only one.
    field: &'static str,
    entries: Value,
    /// Nothing is left to ask the service for.
    pub(crate) alone: bool,
}

impl Undone {
    /// Takes entry `number` (from 0) out of the batch; none if there is no such entry.
    pub(crate) fn take(operation: &str, request: &mut Value, number: usize) -> Option<Self> {
        match operation {
            "SendMessageBatch" => Self::take_message(request, number),
            "BatchGetItem" => Self::take_item(request, number, "UnprocessedKeys"),
            "BatchWriteItem" => Self::take_item(request, number, "UnprocessedItems"),
            _ => None,
        }
    }

    fn take_message(request: &mut Value, number: usize) -> Option<Self> {
        let entries = request["Entries"].as_array_mut().filter(|entries| number < entries.len())?;
        let entry = entries.remove(number);
        let failed = json!({ "Id": entry["Id"], "Code": "InternalError", "SenderFault": false });
        Some(Self { field: "Failed", entries: json!([failed]), alone: entries.is_empty() })
    }

    fn take_item(request: &mut Value, mut number: usize, field: &'static str) -> Option<Self> {
        let tables = request["RequestItems"].as_object_mut()?;
        let mut found = None;
        for (table, asked) in &mut *tables {
            let reads = asked.is_object();
            let entries = if reads { &mut asked["Keys"] } else { &mut *asked };
            let entries = entries.as_array_mut()?;
            if number < entries.len() {
                let entry = entries.remove(number);
                let emptied = entries.is_empty();
                // What is unprocessed can be sent again as it is: options and all.
                let mut again = if reads { asked.clone() } else { Value::Null };
                if reads {
                    again["Keys"] = json!([entry]);
                } else {
                    again = json!([entry]);
                }
                found = Some((table.clone(), again, emptied));
                break;
            }
            number -= entries.len();
        }
        let (table, again, emptied) = found?;
        if emptied {
            tables.remove(&table);
        }
        Some(Self { field, entries: json!({ table: again }), alone: tables.is_empty() })
    }

    /// What is answered when nothing else was asked for.
    pub(crate) fn nothing_done() -> Answer {
        Answer::ok(json!({ "Successful": [], "Responses": {} }))
    }

    /// Names the entry in the answer to the rest.
    pub(crate) fn tell(self, answer: &mut Answer) {
        if !answer.is_ok() {
            return;
        }
        match (&mut answer.body[self.field], self.entries) {
            (Value::Array(there), Value::Array(mut more)) => there.append(&mut more),
            (there, entries) => *there = entries,
        }
    }
}

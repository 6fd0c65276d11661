//! Batches of which one entry is not done, as SQS and DynamoDB may answer at any time.

use serde_json::{Value, json};

use crate::answer::Answer;

/// An entry that is taken out of a batch, and its name in the answer.
pub(crate) struct Undone {
    /// The answer's list or map of entries that were not done, with only this entry.
    field: &'static str,
    entries: Value,
    /// Whether the batch has no other entry.
    pub(crate) alone: bool,
}

impl Undone {
    /// Takes entry `number` (from 0) out of the batch; `None` if there is no such entry.
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
                // The caller can send unprocessed keys again as they are, with options.
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

    /// The answer when there is no other entry.
    pub(crate) fn nothing_done() -> Answer {
        Answer::ok(json!({ "Successful": [], "Responses": {} }))
    }

    /// Adds the entry to the answer for the rest.
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

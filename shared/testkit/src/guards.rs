//! Makes single conditions ineffective, to show that some test needs each of them.

use std::fmt;

use serde_json::Value;

/// Holds for every item, existing or not.
const ALWAYS: &str = "attribute_exists(always) OR attribute_not_exists(always)";

/// One clause of the condition on one item: `on_hand >= :q AND sellable = :yes` has two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guard {
    /// The kind of the guarded item: the words of its keys that are not ids, as in `ORDER HEAD`.
    pub item: String,
    /// The clause as the code writes it, with placeholders.
    pub clause: String,
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.item, self.clause)
    }
}

/// Makes each clause of `request` hold that `chosen` selects, and returns their number. The clause stays in
/// place, so names and values remain in use, and the items of a transaction keep their numbers.
///
/// For [`Aws::rewrite`](crate::Aws::rewrite).
pub fn strip_guards(request: &mut Value, chosen: impl Fn(&Guard) -> bool) -> usize {
    let mut stripped = 0;
    for part in parts(request) {
        let item = kind(part);
        let Some(condition) = part["ConditionExpression"].as_str() else { continue };
        let clauses = clauses(condition).into_iter().map(|clause| {
            let guard = Guard { item: item.clone(), clause: clause.to_owned() };
            match chosen(&guard) {
                true => {
                    stripped += 1;
                    format!("({clause} OR {ALWAYS})")
                }
                // A condition with `OR` at the top is one clause, so no brackets are needed.
                false => guard.clause,
            }
        });
        part["ConditionExpression"] = clauses.collect::<Vec<_>>().join(" AND ").into();
    }
    stripped
}

/// The guards of `request`.
pub fn guards(request: &Value) -> Vec<Guard> {
    // A copy, so that reading and writing share one walk.
    let mut request = request.clone();
    let mut guards = Vec::new();
    for part in parts(&mut request) {
        let condition = part["ConditionExpression"].as_str().unwrap_or_default();
        guards.extend(
            clauses(condition)
                .into_iter()
                .map(|clause| Guard { item: kind(part), clause: clause.to_owned() }),
        );
    }
    guards
}

/// The parts that can carry a condition: the request itself, or each item of a transaction.
fn parts(request: &mut Value) -> Vec<&mut Value> {
    if request["TransactItems"].is_null() {
        return vec![request];
    }
    let items = request["TransactItems"].as_array_mut().into_iter().flatten();
    items.filter_map(|item| item.as_object_mut()?.values_mut().next()).collect()
}

/// The words in capitals of an item's keys: `ORDER#ord_1` and `HEAD` make `ORDER HEAD`.
fn kind(part: &Value) -> String {
    let keys = ["pk", "sk"].map(|key| {
        let item = part.get("Key").or_else(|| part.get("Item"));
        item.and_then(|item| item[key]["S"].as_str()).unwrap_or_default()
    });
    let mut words: Vec<_> = keys.iter().flat_map(|key| key.split('#')).collect();
    words.retain(|word| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_uppercase()));
    words.dedup();
    words.join(" ")
}

/// The clauses of a condition that all have to hold.
pub fn clauses(condition: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let mut starts = vec![0];
    for (place, letter) in condition.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ' ' if depth == 0 && condition.split_at(place).1.starts_with(" AND ") => starts.push(place),
            // `OR` binds more loosely than everything else.
            ' ' if depth == 0 && condition.split_at(place).1.starts_with(" OR ") => return vec![condition],
            _ => {}
        }
    }
    let ends = starts.iter().skip(1).copied().chain([condition.len()]);
    let clauses = starts.iter().zip(ends).filter_map(|(start, end)| condition.get(*start..end));
    clauses.map(|clause| clause.trim_start_matches(" AND ")).filter(|clause| !clause.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_all_of_its_clauses() {
        assert_eq!(clauses("a >= :q AND (b OR c AND d) AND NOT e"), ["a >= :q", "(b OR c AND d)", "NOT e"]);
        assert_eq!(clauses("attribute_not_exists(hits) OR hits < :most").len(), 1);
        assert!(clauses("").is_empty());
    }
}

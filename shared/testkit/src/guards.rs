//! Conditions made ineffective, to see that some test needs each of them.

use serde_json::Value;

/// True of every item, there or not. Appended by `OR`, which binds loosest, it outweighs any condition, while the
/// condition stays in place: names and values remain in use, and the items of a transaction keep their numbers.
const ALWAYS: &str = " OR attribute_exists(always) OR attribute_not_exists(always)";

/// Makes each condition of `request` hold for which `chosen` says so, and gives their number. `chosen` sees the
/// condition with its name placeholders resolved: `on_hand >= :q AND sellable = :yes`.
///
/// For [`Aws::rewrite`](crate::Aws::rewrite).
pub fn strip_guards(request: &mut Value, chosen: impl Fn(&str) -> bool) -> usize {
    let mut stripped = 0;
    for part in parts(request) {
        let Some(condition) = part["ConditionExpression"].as_str() else { continue };
        if chosen(&resolved(condition, &part["ExpressionAttributeNames"])) {
            part["ConditionExpression"] = format!("{condition}{ALWAYS}").into();
            stripped += 1;
        }
    }
    stripped
}

/// The conditions of `request`, name placeholders resolved.
pub fn guards(request: &Value) -> Vec<String> {
    // A copy, so that there is one walk for reading and writing.
    let mut request = request.clone();
    let parts = parts(&mut request).into_iter();
    let guarded = parts.filter_map(|part| {
        Some(resolved(part["ConditionExpression"].as_str()?, &part["ExpressionAttributeNames"]))
    });
    guarded.collect()
}

/// What can carry a condition: the request itself, or each item of a transaction.
fn parts(request: &mut Value) -> Vec<&mut Value> {
    if request["TransactItems"].is_null() {
        return vec![request];
    }
    let items = request["TransactItems"].as_array_mut().into_iter().flatten();
    items.filter_map(|item| item.as_object_mut()?.values_mut().next()).collect()
}

fn resolved(condition: &str, names: &Value) -> String {
    let mut names: Vec<_> = names.as_object().into_iter().flatten().collect();
    // The longest first: `#s` must not eat the start of `#sellable`.
    names.sort_by_key(|(placeholder, _)| std::cmp::Reverse(placeholder.len()));
    names.into_iter().fold(condition.to_owned(), |text, (placeholder, name)| {
        text.replace(placeholder.as_str(), name.as_str().unwrap_or_default())
    })
}

//! No function can reach a table call that no test has seen it make.
//!
//! The roles in the template come from the calls of the tests. A call on a path that no test takes would be
//! refused in the cloud, and only there. This test reads the sources: from the file of a function it follows
//! the calls by name, and collects the DynamoDB actions at their ends.

use std::collections::{BTreeMap, BTreeSet};

use super::observed::Observed;
use crate::tree;
use crate::tree::code::{block, code_of, without_tests};

/// Calls that a function reaches by name only, each with the reason why it never makes them.
const NEVER: [(&str, &str); 2] = [
    // The witness that the product is in stock is one of the new variants, or none is needed.
    ("create-variants", "ConditionCheckItem by change_product → edit → check → check_at"),
    // Only an edit that takes a variant or changes its SKU frees one.
    ("create-variants", "DeleteItem by change_product → edit → free → delete"),
];

/// What stands in a function of `shared/table/src/dynamo` that begins a call, and the action that the role
/// needs.
const BEGINNINGS: [(&str, &str); 7] = [
    ("Updates {", "UpdateItem"),
    ("Puts(", "PutItem"),
    ("Deletes(", "DeleteItem"),
    ("Checks(", "ConditionCheckItem"),
    (".get_item()", "GetItem"),
    (".query()", "Query"),
    (".batch_get_item()", "BatchGetItem"),
];

/// A `fn` of the sources.
struct Function {
    /// The type whose `impl` it stands in; empty for a free function.
    of: String,
    name: String,
    is_method: bool,
    body: String,
}

#[test]
fn every_table_call_that_a_function_can_reach_was_made_by_a_test() {
    hold_for(&super::observed::COMMITTED);
}

/// Fails when a function can reach a call that is not among the observed ones.
pub fn hold_for(observed: &BTreeMap<String, Observed>) {
    let code = sources();
    let mut unseen = BTreeSet::new();
    for function in tree::functions() {
        let seen = observed.get(function.name).map(|observed| &observed.grants);
        for (action, way) in reached(&code, &code_of(&without_tests(&function.source()))) {
            let grant = format!("dynamodb:{action} on ");
            if !seen.into_iter().flatten().any(|seen| seen.starts_with(&grant)) {
                unseen.insert(format!("{}: {action} by {}", function.name, way.trim_start_matches(" → ")));
            }
        }
    }
    let never: BTreeSet<_> = NEVER.iter().map(|(function, call)| format!("{function}: {call}")).collect();
    let new: Vec<_> = unseen.difference(&never).map(String::as_str).collect();
    assert!(
        new.is_empty(),
        "these calls are within reach, and no role allows them:\n  {}\nMake each in a test, such as \
         promises/policies.rs, and run `cargo template`. A call that can never be made is listed in NEVER.",
        new.join("\n  ")
    );
    let stale: Vec<_> = never.difference(&unseen).collect();
    assert!(stale.is_empty(), "these are no exceptions any more: {stale:?}");
}

/// The actions that code can reach, each with the way to its call.
fn reached(code: &[Function], start: &str) -> BTreeMap<&'static str, String> {
    let mut actions = BTreeMap::new();
    let (mut ahead, mut done) = (vec![(start.to_owned(), String::new(), false)], BTreeSet::new());
    while let Some((body, way, is_of_table)) = ahead.pop() {
        for (place, function) in code.iter().enumerate() {
            if !done.contains(&place) && function.is_called_in(&body, is_of_table) {
                done.insert(place);
                let way = format!("{way} → {}", function.name);
                for (beginning, action) in BEGINNINGS {
                    if function.body.contains(beginning) {
                        actions.entry(action).or_insert_with(|| way.clone());
                    }
                }
                ahead.push((function.body.clone(), way, function.of == "Table"));
            }
        }
    }
    actions
}

impl Function {
    /// Whether code calls this function. A method of the table is called on `table`, inside the table's own
    /// methods on `self`. Another function counts only where it is given a table.
    fn is_called_in(&self, code: &str, is_of_table: bool) -> bool {
        let ends = ["(", "::<"].map(|end| format!("{}{end}", self.name));
        ends.iter().any(|call| {
            code.match_indices(call.as_str()).any(|(place, _)| {
                let (before, behind) = (code[..place].trim_end(), &code[place + self.name.len()..]);
                if let Some(receiver) = before.strip_suffix('.') {
                    let receiver = last_word(receiver.trim_end());
                    let on_table = receiver == "table" || (is_of_table && receiver == "self");
                    return if self.of == "Table" { on_table } else { self.is_method && gives_table(behind) };
                }
                if self.of == "Table" || self.is_method || !gives_table(behind) {
                    return false;
                }
                match before.strip_suffix("::").map(last_word) {
                    Some(of) => match of.starts_with(char::is_uppercase) {
                        true => of == self.of,
                        false => self.of.is_empty(),
                    },
                    None => self.of.is_empty() && !before.ends_with(char::is_alphanumeric),
                }
            })
        })
    }
}

/// Whether the arguments of a call name a table.
fn gives_table(behind: &str) -> bool {
    let Some(open) = behind.find('(') else { return false };
    let mut depth = 0;
    let end = behind[open..].find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    let arguments = &behind[open..open + end.unwrap_or_default()];
    arguments.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "table")
}

fn last_word(text: &str) -> &str {
    text.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// All functions of the crates below the functions.
fn sources() -> Vec<Function> {
    let crates = ["table", "api", "lambda", "providers"];
    let files = crates.iter().flat_map(|name| tree::rust_files(&format!("shared/{name}/src")));
    files.flat_map(|file| functions_of(&code_of(&without_tests(&tree::read(&file))))).collect()
}

fn functions_of(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    let impls: Vec<_> = code
        .match_indices("impl")
        .filter(|(place, _)| code[..*place].ends_with('\n') || *place == 0)
        .filter_map(|(place, _)| {
            let head = code[place..].split('{').next()?;
            let of = head.rsplit(" for ").next()?.trim_start_matches("impl");
            let of = of.split_once("> ").map_or(of, |(_, of)| of).trim();
            let start = place + head.len();
            Some((start..start + block(&code[start..]), last_word(of.split('<').next()?.trim()).to_owned()))
        })
        .collect();
    for (place, _) in code.match_indices("fn ") {
        let rest = &code[place + 3..];
        let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let Some(open) = rest.find(['{', ';']) else { continue };
        if name.is_empty() || rest[open..].starts_with(';') {
            continue;
        }
        let signature = &rest[..open];
        let of = impls.iter().find(|(lines, _)| lines.contains(&place)).map(|(_, of)| of.clone());
        found.push(Function {
            of: of.unwrap_or_default(),
            name: name.to_owned(),
            is_method: signature.contains("self"),
            body: rest[open..open + block(&rest[open..])].to_owned(),
        });
    }
    found
}

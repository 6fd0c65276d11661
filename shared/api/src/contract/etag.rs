//! Entity tags: the version of a resource that is shown, that a client holds, or that a client wants to
//! change.

use http::{HeaderMap, HeaderValue, header};

/// A version as an entity tag.
pub(super) fn tag(version: u64) -> String {
    format!("\"{version}\"")
}

/// Whether `If-None-Match` has this tag, by weak comparison (RFC 9110, section 13.1.2).
pub(super) fn holds(if_none_match: &[HeaderValue], tag: &str) -> bool {
    let mut held = members(if_none_match);
    held.any(|held| held == "*" || held.strip_prefix("W/").unwrap_or(held) == tag)
}

/// Whether `If-Match` allows a change of this version; without the header every change is allowed.
pub(crate) fn matches(headers: &HeaderMap, version: u64) -> bool {
    let lines = headers.get_all(header::IF_MATCH);
    !headers.contains_key(header::IF_MATCH)
        || members(lines).any(|named| named == "*" || names(named, version))
}

/// Whether an entity tag names this version, with or without a checksum behind it.
fn names(tag: &str, version: u64) -> bool {
    let named = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or_default();
    named.split('-').next() == Some(version.to_string().as_str())
}

/// The members of a header that is a list, such as `If-None-Match`. A member that is not UTF-8 is skipped,
/// and the others still count: entity tags of other servers may have such bytes (RFC 9110, section 8.8.3).
fn members<'a>(lines: impl IntoIterator<Item = &'a HeaderValue>) -> impl Iterator<Item = &'a str> {
    let members = lines.into_iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    members.filter_map(|member| str::from_utf8(member).ok()).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_none_match_finds_a_tag_alone_in_a_list_weak_or_by_a_star() {
        let holds = |held: &str| holds(&[HeaderValue::from_str(held).unwrap()], "\"2\"");
        for held in ["\"2\"", "*", "W/\"2\"", "\"0\", \"2\"", "\"2\",\"9\"", "\"ü\", \"2\""] {
            assert!(holds(held), "{held}");
        }
        for other in ["", "2", "\"1\"", "W/\"1\"", "\"2-x\""] {
            assert!(!holds(other), "{other}");
        }
    }

    #[track_caller]
    fn check(lines: &[&str], expected: bool) {
        let lines = lines.iter().map(|line| (header::IF_MATCH, HeaderValue::from_str(line).unwrap()));
        assert_eq!(matches(&lines.collect(), 3), expected);
    }

    #[test]
    fn if_match_names_the_version_that_may_be_changed() {
        check(&[], true);
        check(&["\"3\""], true);
        check(&["*"], true);
        check(&["\"1\", \"3\""], true);
        check(&["\"1\"", "\"3\""], true);
        check(&["\"ü\", \"3\""], true);
        check(&["\"ü\""], false);
        // The checksum behind the version does not matter.
        check(&["\"3-AAAA\""], true);
        check(&["\"2\""], false);
        check(&["\"2-3\""], false);
        check(&["\"31-AAAA\""], false);
        check(&[""], false);
        check(&["3"], false);
        // RFC 9110 allows no weak tag in `If-Match`.
        check(&["W/\"3\""], false);
    }
}

//! The text of a Rust source as code.

/// A source without comments, and with empty strings.
pub fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let mut skip = first.len_utf8();
        if rest.starts_with("//") {
            skip = rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("r#\"") {
            skip = rest.find("\"#").map_or(rest.len(), |end| end + 2);
        } else if first == '"' {
            let mut chars = rest.char_indices().skip(1);
            while let Some((place, c)) = chars.next() {
                skip = place + 1;
                match c {
                    '\\' => drop(chars.next()),
                    '"' => break,
                    _ => {}
                }
            }
        } else if rest.starts_with("'\"'") || rest.starts_with("'{'") || rest.starts_with("'}'") {
            skip = 3;
        } else {
            code.push(first);
        }
        rest = &rest[skip..];
    }
    code
}

/// Code without the items that only tests have.
pub fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some((before, item)) = rest.split_once("#[cfg(test)]") {
        kept.push_str(before);
        let end = item.find(['{', ';']).map_or(item.len(), |end| match item[end..].starts_with('{') {
            true => end + block(&item[end..]),
            false => end + 1,
        });
        rest = &item[end..];
    }
    kept + rest
}

/// The length of the block with which a text begins.
pub fn block(text: &str) -> usize {
    let mut depth = 0;
    for (place, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return place + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

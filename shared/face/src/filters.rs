//! What templates do with values.

use domain::money::{Currency, Money};
use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind, Value};

/// An amount as people read it: `$48.90`. The form is that of `Intl.NumberFormat` for English, so that a
/// script writes the same.
pub(crate) fn money(money: &Value) -> Result<String, Error> {
    let wrong = || Error::new(ErrorKind::InvalidOperation, format!("{money} is not an amount of money"));
    let amount = money.get_attr("amount")?.as_i64().ok_or_else(wrong)?;
    let currency = Currency::try_from(money.get_attr("currency")?.to_string()).map_err(|_| wrong())?;
    let money = Money { amount, currency }.to_string();
    let (currency, amount) = money.split_once(' ').unwrap_or(("", &money));
    Ok(written(amount, currency))
}

fn written(amount: &str, currency: &str) -> String {
    let (sign, amount) = amount.strip_prefix('-').map_or(("", amount), |amount| ("-", amount));
    let (whole, rest) =
        amount.split_once('.').map_or((amount, String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let digits = whole.len();
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (digits - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let symbol = match currency {
        "USD" => "$".to_owned(),
        "EUR" => "€".to_owned(),
        "GBP" => "£".to_owned(),
        "JPY" => "¥".to_owned(),
        other => format!("{other}\u{a0}"),
    };
    format!("{sign}{symbol}{grouped}{rest}")
}

/// A text with its `{name}`s replaced. A value is not looked into, whatever it holds.
pub(crate) fn fill(text: &str, values: Kwargs) -> Result<String, Error> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        filled += before;
        filled += &values.get::<Value>(name)?.to_string();
        rest = after;
    }
    values.assert_all_used()?;
    Ok(filled + rest)
}

/// The URL of a picture's medium rendition, from that of its small one.
pub(crate) fn medium(small: &str) -> String {
    small.strip_suffix("/200").map_or_else(|| small.to_owned(), |picture| format!("{picture}/800"))
}

/// A value as JSON inside a `script` element. No text in it can end the element.
pub fn json_in_script(value: &serde_json::Value) -> String {
    let escapes = [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026")];
    escapes.into_iter().fold(value.to_string(), |json, (sign, escape)| json.replace(sign, escape))
}

/// A date as people read it, from a timestamp: `28 November 2026`.
pub(crate) fn date(timestamp: &str) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let mut parts = timestamp.split(['-', 'T']);
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month = month.and_then(|month| month.parse::<usize>().ok()?.checked_sub(1));
    let month = month.and_then(|month| MONTHS.get(month));
    match (year, month, day.and_then(|day| day.parse::<u8>().ok())) {
        (Some(year), Some(month), Some(day)) => format!("{day} {month} {year}"),
        _ => timestamp.to_owned(),
    }
}

/// The parameters of a page, changed: one parameter replaced.
pub(crate) fn with(query: &str, name: &str, value: &Value) -> String {
    let query = query.trim_start_matches('?');
    let others = pairs(query).into_iter().filter(|(known, _)| known != name);
    link(others.chain([(name.to_owned(), value.to_string())]))
}

/// One value of a repeated parameter added, or taken away if it is there.
pub(crate) fn toggled(query: &str, name: &str, value: &str) -> String {
    let all = pairs(query);
    let is_there = |(known, given): &(String, String)| known == name && given == value;
    if all.iter().any(is_there) {
        return link(all.into_iter().filter(|pair| !is_there(pair)));
    }
    link(all.into_iter().chain([(name.to_owned(), value.to_owned())]))
}

/// These parameters taken away.
pub(crate) fn without(query: &str, names: &str) -> String {
    link(pairs(query).into_iter().filter(|(known, _)| !names.split(' ').any(|name| name == known)))
}

/// The parameters with the cursor of the next page.
pub(crate) fn next_page(query: &str, cursor: &str) -> String {
    let link = without(query, "cursor");
    let and = if link.len() > 1 { "&" } else { "" };
    format!("{link}{and}cursor={cursor}")
}

/// Whether a parameter has this value.
pub(crate) fn has(query: &str, name: &str, value: &Value) -> bool {
    let value = value.to_string();
    pairs(query).iter().any(|(known, given)| known == name && *given == value)
}

/// The parameters of lists. Links do not repeat others, such as those by which campaigns are counted.
const KNOWN: [&str; 8] = ["q", "brand", "min_price", "max_price", "in_stock", "option", "min_rating", "sort"];

fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    pairs.filter(|(name, _)| KNOWN.contains(&name.as_str())).collect()
}

/// A query string. A changed list begins at its first page, so the cursor is left out.
fn link(pairs: impl Iterator<Item = (String, String)>) -> String {
    let pairs = pairs.filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_for_people() {
        for (amount, currency, wanted) in [
            ("48.90", "USD", "$48.90"),
            ("1299", "JPY", "¥1,299"),
            ("1234567.00", "EUR", "€1,234,567.00"),
            ("-5.00", "GBP", "-£5.00"),
            ("999.999", "KWD", "KWD\u{a0}999.999"),
        ] {
            assert_eq!(written(amount, currency), wanted);
        }
    }

    #[test]
    fn links_change_one_parameter_and_begin_at_the_first_page() {
        let query = "q=lamp&option=Colour%3Ared&cursor=abc&brand=&utm_source=mail";
        assert_eq!(with(query, "sort", &Value::from("name")), "?q=lamp&option=Colour%3Ared&sort=name");
        assert_eq!(toggled(query, "option", "Colour:red"), "?q=lamp");
        assert_eq!(toggled(query, "option", "Size:M"), "?q=lamp&option=Colour%3Ared&option=Size%3AM");
        assert_eq!(without(query, "q option"), "?");
        assert!(has(query, "q", &Value::from("lamp")) && !has(query, "q", &Value::from("lam")));
    }

    #[test]
    fn a_value_is_not_filled_in_again() {
        let values: Kwargs =
            [("name", Value::from("{number}")), ("number", Value::from(1))].into_iter().collect();
        assert_eq!(fill("Picture {number} of {name}", values).unwrap(), "Picture 1 of {number}");
    }

    #[test]
    fn dates_are_written_for_people() {
        assert_eq!(date("2026-11-08T10:00:00Z"), "8 November 2026");
        assert_eq!(date("soon"), "soon");
        assert_eq!(date("2026-00-08T10:00:00Z"), "2026-00-08T10:00:00Z");
    }
}

//! Numbers of a request, read from their text. An `f64` cannot hold all of them: `1e400` is beyond it, and
//! `100.00000000000000001` and `1e-400` become whole in it.

use std::borrow::Cow;

use serde_json::Number;

/// Reads a number that is written as in JSON. One beyond `f64` becomes the outermost `f64`, which every type
/// refuses with its own limits. One with a fraction does not become whole.
pub(super) fn number(text: &str) -> Option<Number> {
    let read: Number = serde_json::from_str(within_f64(text)).ok()?;
    match read.as_f64() {
        Some(float) if read.is_f64() => Number::from_f64(as_written(float, text)),
        _ => Some(read),
    }
}

/// The outermost `f64` with a fraction.
const MOST_FRACTION: f64 = 4_503_599_627_370_495.5;

/// `float`, or a number beside it with a fraction if the `text` that it was read from has one.
pub(super) fn as_written(float: f64, text: &str) -> f64 {
    match float.fract() == 0.0 && has_fraction(text) {
        true => float.next_up().clamp(-MOST_FRACTION, MOST_FRACTION),
        false => float,
    }
}

/// Whether a number that is written as in JSON is not whole.
fn has_fraction(text: &str) -> bool {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let digits = format!("{whole}{part}");
    let zeros = digits.len() - digits.trim_end_matches('0').len();
    let is_zero = digits.bytes().all(|digit| matches!(digit, b'0' | b'-'));
    // An exponent beyond `i64` moves the point beyond all digits of a request.
    let beyond = if exponent.starts_with('-') { i64::MIN / 2 } else { i64::MAX / 2 };
    let exponent = exponent.parse::<i64>().unwrap_or(beyond);
    let places = |count: usize| i64::try_from(count).unwrap_or(i64::MAX / 4);
    !is_zero && places(part.len()) - places(zeros) > exponent
}

/// The text of a number, or of the outermost one of its sign if it is beyond `f64`.
fn within_f64(text: &str) -> &str {
    let is_beyond = text.parse().is_ok_and(f64::is_infinite)
        && serde_json::from_str::<Number>(text)
            .is_err_and(|error| error.to_string().starts_with("number out of range"));
    match (is_beyond, text.starts_with('-')) {
        (false, _) => text,
        (true, false) => "1e308",
        (true, true) => "-1e308",
    }
}

/// The numbers of a JSON text in their order, and the text with those beyond `f64` replaced. Places stay as
/// they are, so that a fault is found where it was.
pub(super) fn numbers(json: &[u8]) -> (Cow<'_, [u8]>, Vec<&str>) {
    let (mut numbers, mut replaced) = (Vec::new(), Cow::Borrowed(json));
    let mut place = 0;
    while let Some(byte) = json.get(place) {
        let start = place;
        match byte {
            b'"' => {
                place += 1;
                while let Some(byte) = json.get(place).filter(|byte| **byte != b'"') {
                    place += if *byte == b'\\' { 2 } else { 1 };
                }
                place += 1;
            }
            b'-' | b'0'..=b'9' => {
                let rest = json.get(start..).unwrap_or_default();
                let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                place += rest.iter().take_while(|byte| is_part(byte)).count();
                let text = json.get(start..place).and_then(|text| str::from_utf8(text).ok());
                let text = text.unwrap_or_default();
                let within = within_f64(text);
                if within != text {
                    let padded = format!("{within:<width$}", width = text.len());
                    let places = replaced.to_mut().iter_mut().skip(start);
                    places.zip(padded.bytes()).for_each(|(place, byte)| *place = byte);
                }
                numbers.push(text);
            }
            _ => place += 1,
        }
    }
    (replaced, numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads_whole(text: &str) -> bool {
        number(text).unwrap().as_f64().unwrap().fract() == 0.0
    }

    #[test]
    fn a_number_has_a_fraction_if_its_text_says_so() {
        for text in [
            "0.5",
            "1e-400",
            "100.00000000000000001",
            "4503599627370497.25",
            "1.05e1",
            "-1e-1",
            "12e-99999999999999999999",
        ] {
            assert!(has_fraction(text) && !reads_whole(text), "{text}");
        }
        for text in
            ["0", "-0", "0.0", "0e-400", "0.0e99999999999999999999", "100.0", "1.50e1", "120e-1", "1e400"]
        {
            assert!(!has_fraction(text) && reads_whole(text), "{text}");
        }
        for text in [
            "", "-", "1.", ".5", "01", "1e", "+1", "0x1", "inf", "-inf", "NaN", "infinity", "1e400x",
            "1.e400", "01e400",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn the_numbers_of_a_text_are_those_outside_its_strings() {
        let json = br#"{"a1": [1, -2.5e3, "\"3", 1e400], "b": -1e999, "c": {"\\": 7}}"#;
        let (replaced, found) = numbers(json);
        assert_eq!(found, ["1", "-2.5e3", "1e400", "-1e999", "7"]);
        let expected = br#"{"a1": [1, -2.5e3, "\"3", 1e308], "b": -1e308, "c": {"\\": 7}}"#;
        assert_eq!(replaced, expected.as_slice());
        for odd in [&b"\"1"[..], b"\"\\", b"-", b"1e", b"\xff1"] {
            numbers(odd);
        }
    }
}

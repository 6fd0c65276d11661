//! Numbers in Crockford's base32, in lower case: the text of all ids.

use std::fmt;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 26 characters of 5 bits hold 128 bits; the first two bits are zero.
pub(super) const CHARS: usize = 26;

pub(super) fn write(f: &mut fmt::Formatter<'_>, prefix: &str, bits: u128) -> fmt::Result {
    f.write_str(prefix)?;
    write_digits(f, CHARS, bits)
}

pub(super) fn write_digits(f: &mut fmt::Formatter<'_>, count: usize, bits: u128) -> fmt::Result {
    (0..count).rev().try_for_each(|place| {
        let digit = (bits >> (5 * place)) & 31;
        fmt::Write::write_char(f, ALPHABET.get(digit as usize).map_or('0', |byte| char::from(*byte)))
    })
}

pub(super) fn read(prefix: &str, text: &str) -> Option<u128> {
    let digits = text.strip_prefix(prefix)?;
    if digits.len() != CHARS || digits.as_bytes().first() > Some(&b'7') {
        return None;
    }
    read_digits(digits)
}

pub(super) fn read_digits(digits: &str) -> Option<u128> {
    digits.bytes().try_fold(0, |bits, byte| {
        let digit = ALPHABET.iter().position(|known| *known == byte)?;
        Some(bits << 5 | digit as u128)
    })
}

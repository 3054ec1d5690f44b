//! Constants in the text of a statement.
//!
//! Statements go as one message of text, and come back as one answer: no prepared statement, which a pooler may look for on another
//! server, and no second round. So that no value can be taken for anything else, values are written with digits only: numbers, and the
//! hexadecimal digits of bytes and of texts.

use std::fmt::Write as _;
use std::time::Duration;

use siwn::UnixMillis;

/// Bytes, as an expression.
pub(super) fn bytes(bytes: &[u8]) -> String {
    format!("decode('{}', 'hex')", hex(bytes))
}

/// A text, as an expression. The function's result has the collation of its second argument, with which no index could be used.
pub(super) fn text(text: &str) -> String {
    format!("convert_from({}, 'UTF8') COLLATE \"default\"", bytes(text.as_bytes()))
}

/// A list of bytes or texts, as an array of their hexadecimal digits.
pub(super) fn list<'a>(items: impl Iterator<Item = Option<&'a [u8]>>) -> String {
    let items = items.map(|item| item.map_or("NULL".into(), |bytes| format!("\"{}\"", hex(bytes))));
    format!("'{{{}}}'::text[]", joined(items))
}

/// A list of numbers, as an array.
pub(super) fn numbers(numbers: impl Iterator<Item = Option<i64>>) -> String {
    format!("'{{{}}}'::bigint[]", joined(numbers.map(|number| number.map_or("NULL".into(), |number| number.to_string()))))
}

/// Milliseconds. The server's integers end 292 million years from now; what is later than that is as good as never.
pub(super) fn millis(time: UnixMillis) -> i64 {
    i64::try_from(time.get()).unwrap_or(i64::MAX)
}

/// A duration, in milliseconds.
pub(super) fn duration(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(",")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of hexadecimal digits.
pub(super) fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_digits_whatever_it_holds() {
        assert_eq!(bytes(b"\0'\\"), "decode('00275c', 'hex')");
        assert_eq!(text("';--"), "convert_from(decode('273b2d2d', 'hex'), 'UTF8') COLLATE \"default\"");
        assert_eq!(list([Some(&b"\"}"[..]), None, Some(b"")].into_iter()), "'{\"227d\",NULL,\"\"}'::text[]");
        assert_eq!(numbers([Some(1), None, Some(-2)].into_iter()), "'{1,NULL,-2}'::bigint[]");
    }

    #[test]
    fn digits_read_back() {
        assert_eq!(unhex(&hex(&[0, 0x7f, 0xff])), Some(vec![0, 0x7f, 0xff]));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("0g"), None);
    }
}

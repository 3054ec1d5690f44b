//! Data on standard output.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};
use siwn::UnixMillis;

use crate::failure::Failure;

/// Prints a value as JSON, for people and programs alike.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, OneLineArrays(PrettyFormatter::new()));
    value.serialize(&mut serializer).map_err(Failure::unknown)?;
    json_text(&String::from_utf8_lossy(&bytes))
}

/// A member a line, and an array of 32 numbers on one.
struct OneLineArrays(PrettyFormatter<'static>);

impl Formatter for OneLineArrays {
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

/// Prints a text of JSON as it is, but for what a terminal would obey.
pub(crate) fn json_text(text: &str) -> Result<(), Failure> {
    line(&escape_invisible(text))
}

/// A time as RFC 3339, in UTC.
pub(crate) fn time(time: UnixMillis) -> String {
    humantime::format_rfc3339_millis(time.into()).to_string()
}

/// Prints a line.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    written(writeln!(io::stdout().lock(), "{text}"))
}

/// Prints bytes as they are.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    written(io::stdout().lock().write_all(bytes))
}

/// A reader that has seen enough (`siwn … | head`) is no failure.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::unknown(format!("standard output: {error}"))),
        _ => Ok(()),
    }
}

/// Escapes what a terminal would obey or hide and JSON leaves as it is: DEL, C1 controls, marks that turn the text's direction. In
/// JSON they can only stand inside of strings.
fn escape_invisible(json: &str) -> String {
    let escaped = |character: char| match character {
        '\n' => character.to_string(),
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{061c}'
        | '\u{00ad}'
        | '\u{180e}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{3164}'
        | '\u{ffa0}' => {
            format!("\\u{:04x}", u32::from(character))
        }
        // Tags, which show nothing anywhere: two halves of UTF-16 in JSON.
        '\u{e0000}'..='\u{e0fff}' => {
            let mut halves = [0; 2];
            let halves = character.encode_utf16(&mut halves);
            halves.iter().fold(String::new(), |text, half| text + &format!("\\u{half:04x}"))
        }
        _ if character.is_control() => format!("\\u{:04x}", u32::from(character)),
        _ => character.to_string(),
    };
    json.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        let text = serde_json::to_string("a\u{1b}[31m\u{7f}\u{9b}\u{202e}\u{feff}é漢").unwrap();
        assert_eq!(escape_invisible(&text), "\"a\\u001b[31m\\u007f\\u009b\\u202e\\ufeffé漢\"");
    }
}

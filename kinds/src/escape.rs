//! Escapes control and invisible characters of text that others wrote: names, values of a capture,
//! arguments. Messages, logs, the text format and JSON use the same set of characters, so none of
//! them can control a terminal, hide text, or imitate a further line.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

/// Returns true if the character is written as it is. Control characters (C0, DEL and C1), line
/// separators, formatting and bidirectional characters, and unassigned ones are not.
pub fn is_visible(c: char) -> bool {
    match c {
        '\0'..='\x7f' => matches!(c, ' '..='~'),
        _ => {
            // `escape_debug` of a string knows the characters that are not printable. It escapes a
            // combining character only at the start of the string, hence the letter before it.
            let mut text = [b'a', 0, 0, 0, 0];
            let end = 1 + c.encode_utf8(&mut text[1..]).len();
            let text = std::str::from_utf8(&text[..end]).unwrap_or_default();
            text.escape_debug().nth(1) == Some(c)
        }
    }
}

/// Writes a character, escaped as in Rust if it is not visible: `\x1b`, `\u{202e}`. The backslash
/// is doubled, so that text cannot imitate an escape.
///
/// # Errors
/// Those of `out`.
pub fn write_char(out: &mut dyn Write, c: char) -> fmt::Result {
    match c {
        '\\' => out.write_str(r"\\"),
        c if is_visible(c) => out.write_char(c),
        '\0'..='\x7f' => write!(out, "\\x{:02x}", u32::from(c)),
        c => write!(out, "\\u{{{:x}}}", u32::from(c)),
    }
}

/// Writes a text in which every character is escaped as by [`write_char`].
///
/// # Errors
/// Those of `out`.
pub fn write_str(out: &mut dyn Write, text: &str) -> fmt::Result {
    // Printable ASCII, which most text is, needs no escaping.
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'\\';
    if text.bytes().all(is_plain) {
        return out.write_str(text);
    }
    text.chars().try_for_each(|c| write_char(out, c))
}

/// Displays a value with its text escaped as by [`write_str`].
#[derive(Clone, Copy, Debug)]
pub struct Escaped<T>(pub T);

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Escaping<'a, 'f>(&'a mut fmt::Formatter<'f>);
        impl Write for Escaping<'_, '_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                write_str(self.0, text)
            }
        }
        write!(Escaping(f), "{}", self.0)
    }
}

/// Returns a JSON text in which characters that are not visible are escapes (`\u202e`). Outside of
/// strings JSON has no such characters but white space, so the value stays the same; white space
/// must not be given.
pub fn json(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_visible) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_visible(c) {
            true => escaped.push(c),
            false => json_units(c).for_each(|unit| escaped.extend(unit.map(char::from))),
        }
    }
    Cow::Owned(escaped)
}

/// The escape of a character in JSON: one or two units of UTF-16, each as `\uXXXX`.
pub fn json_units(c: char) -> impl Iterator<Item = [u8; 6]> {
    let mut units = [0; 2];
    let length = c.encode_utf16(&mut units).len();
    units.into_iter().take(length).map(|unit| {
        let digit = |shift: u16| b"0123456789abcdef"[usize::from(unit >> shift & 15)];
        [b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Characters that control a terminal or hide text: each set of them once.
    const HOSTILE: &str = "\0\t\n\r\x1b\x7f\u{80}\u{9b}\u{9f}\u{ad}\u{200b}\u{200e}\u{2028}\u{202a}\u{202e}\u{2066}\u{2069}\u{feff}\u{e0041}";

    #[test]
    fn every_control_and_invisible_character_is_escaped_and_readable_text_is_not() {
        for c in HOSTILE.chars() {
            assert!(!is_visible(c), "{c:?}");
            let escaped = Escaped(c).to_string();
            assert!(escaped.is_ascii() && escaped.starts_with('\\'), "{escaped}");
            let json: String = json(&format!("\"{c}\"")).into_owned();
            assert!(json.is_ascii() && json.starts_with("\"\\u"), "{json}");
            let read: String = serde_json::from_str(&json).unwrap();
            assert_eq!(read, c.to_string());
        }
        for text in ["eth0 (up)", "Zürich", "日本", "e\u{301}", "🦀"] {
            assert_eq!(Escaped(text).to_string(), text);
            assert_eq!(json(text), text);
        }
    }

    #[test]
    fn text_cannot_imitate_an_escape() {
        assert_eq!(Escaped("a\x1b").to_string(), r"a\x1b");
        assert_eq!(Escaped(r"a\x1b").to_string(), r"a\\x1b");
        assert_eq!(Escaped("\u{202e}").to_string(), r"\u{202e}");
    }
}

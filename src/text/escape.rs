//! Writes words, harmless ones.

use std::fmt::{self, Display, Write};

use crate::event::values::{Flags, IfName};

/// What a part of a line looks like on a terminal.
#[derive(Clone, Copy)]
pub enum Colour {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    Cyan,
}

/// Writes to `out` what a terminal may see: everything that comes through [`fmt::Write`] is
/// made harmless, only the pen's own colours are not.
pub struct EscapingWriter<'a> {
    out: &'a mut dyn Write,
    colour: bool,
}

impl<'a> EscapingWriter<'a> {
    pub fn new(out: &'a mut dyn Write, colour: bool) -> Self {
        EscapingWriter { out, colour }
    }

    /// Writes in a colour, where colours are wanted.
    pub fn paint(&mut self, colour: Colour, what: fmt::Arguments<'_>) -> fmt::Result {
        if !self.colour {
            return self.write_fmt(what);
        }
        self.out.write_str(match colour {
            Colour::Bold => "\x1b[1m",
            Colour::Dim => "\x1b[2m",
            Colour::Red => "\x1b[31m",
            Colour::Green => "\x1b[32m",
            Colour::Yellow => "\x1b[33m",
            Colour::Cyan => "\x1b[36m",
        })?;
        self.write_fmt(what)?;
        self.out.write_str("\x1b[0m")
    }

    /// ` name`: what the sentence is about.
    pub fn subject(&mut self, what: fmt::Arguments<'_>) -> fmt::Result {
        self.out.write_char(' ')?;
        self.paint(Colour::Bold, what)
    }

    /// ` key value`
    pub fn word(&mut self, key: &str, value: impl Display) -> fmt::Result {
        write!(self, " {key} {value}")
    }

    /// ` key value`, where there is one.
    pub fn some(&mut self, key: &str, value: &Option<impl Display>) -> fmt::Result {
        match value {
            Some(value) => self.word(key, value),
            None => Ok(()),
        }
    }

    /// ` (was value)`, where it was another.
    pub fn was<T: Display + PartialEq>(&mut self, new: &T, old: Option<&T>) -> fmt::Result {
        match old {
            Some(old) if old != new => write!(self, " (was {old})"),
            _ => Ok(()),
        }
    }

    /// ` key old → new`
    pub fn arrow(&mut self, key: &str, old: impl Display, new: impl Display) -> fmt::Result {
        write!(self, " {key} {old} → {new}")
    }

    /// ` flags +NEW -OLD`
    pub fn flags(&mut self, old: &Flags, new: &Flags) -> fmt::Result {
        self.write_str(" flags")?;
        for (sign, one, other) in [('+', new, old), ('-', old, new)] {
            let (names, rest) = one.split();
            for name in names.filter(|name| !other.has(name)) {
                write!(self, " {sign}{name}")?;
            }
            let rest = rest & !other.bits;
            if rest != 0 {
                write!(self, " {sign}{rest:#x}")?;
            }
        }
        Ok(())
    }

    /// The flags as words, but those in `without`.
    pub fn words(&mut self, flags: &Flags, without: &[&str]) -> fmt::Result {
        let (names, rest) = flags.split();
        for name in names.filter(|name| !without.contains(name)) {
            write!(self, " {name}")?;
        }
        match rest {
            0 => Ok(()),
            rest => write!(self, " {rest:#x}"),
        }
    }
}

impl Write for EscapingWriter<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        // What is nearly always the case, at a run over the bytes.
        let plain = |b: u8| matches!(b, b' '..=b'~') && b != b'\\';
        if s.bytes().all(plain) {
            return self.out.write_str(s);
        }
        s.chars().try_for_each(|c| self.write_char(c))
    }

    fn write_char(&mut self, c: char) -> fmt::Result {
        match c {
            // So that nobody can write what looks like an escape.
            '\\' => self.out.write_str(r"\\"),
            ' '..='~' => self.out.write_char(c),
            '\0'..='\x7f' => write!(self.out, "\\x{:02x}", u32::from(c)),
            _ => {
                // The standard library knows what cannot be seen, or turns the writing round.
                // Behind a letter it leaves accents alone.
                let mut text = [b'a', 0, 0, 0, 0];
                let end = 1 + c.encode_utf8(&mut text[1..]).len();
                let text = std::str::from_utf8(&text[..end]).unwrap_or_default();
                let mut shown = text.escape_debug().skip(1);
                shown.try_for_each(|c| self.out.write_char(c))
            }
        }
    }
}

/// A vector of bytes to write text to.
pub struct Bytes<'a>(pub &'a mut Vec<u8>);

impl Write for Bytes<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.0.extend_from_slice(s.as_bytes());
        Ok(())
    }
}

/// A device: its name, else `if7`, as iproute2 does; `none` for no device.
#[derive(PartialEq)]
pub struct Dev<'a>(pub Option<&'a IfName>, pub Option<u32>);

impl Display for Dev<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dev(Some(name), _) => name.fmt(f),
            Dev(None, Some(index)) => write!(f, "if{index}"),
            Dev(None, None) => f.write_str("none"),
        }
    }
}

/// A value that may be absent.
#[derive(PartialEq)]
pub struct OrNone<'a, T>(pub &'a Option<T>);

impl<T: Display> Display for OrNone<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("none"),
        }
    }
}

/// Things with a separator between them.
#[derive(PartialEq)]
pub struct List<'a, T>(pub &'a [T], pub &'static str);

impl<T: Display> Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, item) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { self.1 };
            write!(f, "{separator}{item}")?;
        }
        Ok(())
    }
}

/// Flags in one word.
#[derive(PartialEq)]
pub struct Joined<'a>(pub &'a Flags);

impl Display for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (names, rest) = self.0.split();
        let mut separator = "";
        for name in names {
            write!(f, "{separator}{name}")?;
            separator = ",";
        }
        match (rest, separator) {
            (0, "") => f.write_str("none"),
            (0, _) => Ok(()),
            (rest, _) => write!(f, "{separator}{rest:#x}"),
        }
    }
}

//! Writer that escapes control and invisible characters.

use std::fmt::{self, Display, Write};

use crate::escape;
use crate::event::values::{Flags, IfName};

/// Terminal style of a part of a line.
#[derive(Clone, Copy)]
pub(super) enum Colour {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    Cyan,
}

/// Writes to `out` and escapes everything written through [`fmt::Write`]; only the writer's own
/// colour sequences are passed through.
pub(super) struct EscapingWriter<'a> {
    out: &'a mut dyn Write,
    colour: bool,
    escape: bool,
}

impl<'a> EscapingWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write, colour: bool) -> Self {
        EscapingWriter {
            out,
            colour,
            escape: true,
        }
    }

    /// A writer without colours that escapes nothing, for a part that is written to another one.
    pub(super) fn unescaped(out: &'a mut dyn Write) -> Self {
        EscapingWriter {
            out,
            colour: false,
            escape: false,
        }
    }

    /// Writes in a colour if colours are enabled.
    pub(super) fn paint(&mut self, colour: Colour, text: fmt::Arguments<'_>) -> fmt::Result {
        if !self.colour {
            return self.write_fmt(text);
        }
        self.out.write_str(match colour {
            Colour::Bold => "\x1b[1m",
            Colour::Dim => "\x1b[2m",
            Colour::Red => "\x1b[31m",
            Colour::Green => "\x1b[32m",
            Colour::Yellow => "\x1b[33m",
            Colour::Cyan => "\x1b[36m",
        })?;
        self.write_fmt(text)?;
        self.out.write_str("\x1b[0m")
    }

    /// ` name`: the subject of the line.
    pub(super) fn subject(&mut self, text: fmt::Arguments<'_>) -> fmt::Result {
        self.out.write_char(' ')?;
        self.paint(Colour::Bold, text)
    }

    /// ` key value`
    pub(super) fn field(&mut self, key: &str, value: impl Display) -> fmt::Result {
        write!(self, " {key} {value}")
    }

    /// ` key value`, if there is a value.
    pub(super) fn optional(&mut self, key: &str, value: &Option<impl Display>) -> fmt::Result {
        match value {
            Some(value) => self.field(key, value),
            None => Ok(()),
        }
    }

    /// ` key value`, or ` key old → new` if the former value differs.
    pub(super) fn value<T: Display + PartialEq>(
        &mut self,
        key: &str,
        new: &T,
        old: Option<&T>,
    ) -> fmt::Result {
        match old {
            Some(old) if old != new => self.arrow(key, old, new),
            _ => self.field(key, new),
        }
    }

    /// As [`value`](Self::value), for a value that may be absent: `none`, or nothing if it was
    /// absent before as well.
    pub(super) fn optional_value<T: Display + PartialEq>(
        &mut self,
        key: &str,
        new: &Option<T>,
        old: Option<&Option<T>>,
    ) -> fmt::Result {
        match old {
            Some(old) if old != new => self.arrow(key, OrNone(old), OrNone(new)),
            _ => self.optional(key, new),
        }
    }

    /// ` key old → new`
    pub(super) fn arrow(&mut self, key: &str, old: impl Display, new: impl Display) -> fmt::Result {
        write!(self, " {key} {old} → {new}")
    }

    /// ` flags +NEW -OLD`
    pub(super) fn flags(&mut self, old: &Flags, new: &Flags) -> fmt::Result {
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

    /// The flag names separated by spaces, except those in `without`.
    pub(super) fn flag_names(&mut self, flags: &Flags, without: &[&str]) -> fmt::Result {
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
        match self.escape {
            true => escape::write_str(self.out, s),
            false => self.out.write_str(s),
        }
    }
}

/// Adapter: implements [`fmt::Write`] for a byte vector.
pub(super) struct Bytes<'a>(pub &'a mut Vec<u8>);

impl Write for Bytes<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.0.extend_from_slice(s.as_bytes());
        Ok(())
    }
}

/// A device: its name, or `if7` if unknown, as in iproute2; `none` for no device.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Dev<'a>(pub Option<&'a IfName>, pub Option<u32>);

impl Display for Dev<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dev(Some(name), _) => name.fmt(f),
            Dev(None, Some(index)) => write!(f, "if{index}"),
            Dev(None, None) => f.write_str("none"),
        }
    }
}

/// An optional value; `none` if absent.
#[derive(PartialEq)]
pub(super) struct OrNone<'a, T>(pub &'a Option<T>);

impl<T: Display> Display for OrNone<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("none"),
        }
    }
}

/// Items joined by a separator.
#[derive(PartialEq)]
pub(super) struct List<'a, T>(pub &'a [T], pub &'static str);

impl<T: Display> Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, item) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { self.1 };
            write!(f, "{separator}{item}")?;
        }
        Ok(())
    }
}

/// Flag names joined by commas.
#[derive(PartialEq)]
pub(super) struct Joined<'a>(pub &'a Flags);

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

//! Writer that escapes control and invisible characters.

use std::fmt::{self, Display, Write};

use unicode_width::UnicodeWidthStr as _;

use crate::escape;

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
}

impl<'a> EscapingWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write, colour: bool) -> Self {
        EscapingWriter { out, colour }
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

    /// ` subject`, which takes `width` columns at least.
    pub(super) fn subject(&mut self, text: &str, width: usize) -> fmt::Result {
        self.out.write_char(' ')?;
        self.paint(Colour::Bold, format_args!("{text}"))?;
        self.pad(text, width)
    }

    /// Fills the columns up to `width` after a text.
    pub(super) fn pad(&mut self, text: &str, width: usize) -> fmt::Result {
        let free = width.saturating_sub(text.width());
        write!(self.out, "{:free$}", "")
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

    /// ` (text)`: what is unusual about the line.
    pub(super) fn mark(&mut self, text: &str) -> fmt::Result {
        self.out.write_char(' ')?;
        self.paint(Colour::Cyan, format_args!("({text})"))
    }

    /// ` key old → new`: how every change is written.
    pub(super) fn arrow(&mut self, key: &str, old: impl Display, new: impl Display) -> fmt::Result {
        write!(self, " {key} {old} → {new}")
    }
}

impl Write for EscapingWriter<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        escape::write_str(self.out, s)
    }
}

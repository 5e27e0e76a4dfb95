//! Lines as text, for `log` and `state --diff`: by the renderer of the text format.

use jiff::tz::TimeZone;

use crate::encode::Format;
use crate::text::write_json_line;

/// Prints lines as text.
#[derive(Debug)]
pub(super) struct Printer {
    zone: TimeZone,
    colour: bool,
}

impl Printer {
    /// The printer of a format; `None` if its lines are passed on as they are.
    pub(super) fn of(format: &Format) -> Option<Self> {
        match format {
            Format::Json => None,
            Format::Text { zone, colour } => Some(Printer {
                zone: zone.clone(),
                colour: *colour,
            }),
        }
    }

    /// The text of a line, without newlines; `None` of a line of which this version does not know the kind.
    pub(super) fn line(&mut self, line: &str) -> Option<Vec<String>> {
        let mut out = Vec::new();
        write_json_line(line, &self.zone, self.colour, &mut out)?;
        Some(vec![String::from_utf8_lossy(&out).into_owned()])
    }
}

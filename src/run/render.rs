//! Lines as text, for `log` and `state --diff`: by the renderer of the text format.

use crate::encode::Format;
use crate::text::Printer;

/// The printer of a format; `None` if its lines are passed on as they are.
pub(super) fn printer(format: &Format) -> Option<Printer> {
    match format {
        Format::Json => None,
        Format::Text(style) => Some(Printer::new(style.clone())),
    }
}

//! Which lines `exec` and `log` are about.

use crate::event::{Kind, Op};
use crate::filter::{Fault, Selection, Values, Vocabulary};
use crate::lines::{Line, LineFault};
use crate::names::Names;

/// The options that select lines.
#[derive(Clone, Debug, Default)]
pub struct LineOptions {
    /// Only these kinds; `None` for all but `meta`.
    pub kinds: Option<Vec<Kind>>,
    /// The filters.
    pub filters: Values,
    /// The ops of `meta` lines that are selected.
    pub meta: Vec<Op>,
}

/// Selects lines.
#[derive(Debug)]
pub(super) struct LineFilter {
    kinds: Option<Vec<Kind>>,
    selection: Selection,
    /// Lines of snapshots and checkpoints are selected if they pass: they repeat a state.
    has_origin: bool,
    meta: Vec<&'static str>,
}

impl LineFilter {
    /// # Errors
    /// If the value of a filter is invalid.
    pub(super) fn new(options: &LineOptions) -> Result<Self, Fault> {
        let names = Names::of_machine();
        let selection = Selection::new(&options.filters, Vocabulary::open(&names))?;
        selection.log_warnings();
        let origins = options.filters.get("origin");
        let is_meta = |kinds: &Vec<Kind>| kinds.contains(&Kind::Meta);
        let meta = match options.kinds.as_ref().is_some_and(is_meta) {
            true => Op::META,
            false => &options.meta[..],
        };
        Ok(LineFilter {
            kinds: options.kinds.clone(),
            selection,
            has_origin: origins.is_some_and(|values| !values.is_empty()),
            meta: meta.iter().map(|op| op.name()).collect(),
        })
    }

    /// Returns true if the object of the line passes the kinds and the filters on objects, whatever happened
    /// to it.
    ///
    /// # Errors
    /// If it is no JSON.
    pub(super) fn selects_object(&self, line: &Line<'_>) -> Result<bool, LineFault> {
        let Some(kind) = line.kind.filter(|kind| *kind != Kind::Meta) else {
            return Ok(false);
        };
        let kinds = self.kinds.as_ref();
        if kinds.is_some_and(|kinds| !kinds.contains(&kind)) {
            return Ok(false);
        }
        let Some(object) = line
            .member(kind.name())
            .filter(|_| !self.selection.is_empty())
        else {
            return Ok(true);
        };
        let object = serde_json::from_str(object).map_err(LineFault::Json)?;
        Ok(self.selection.selects_json(kind, &object))
    }

    /// Returns true if the line passes. Lines of a kind that this version does not know do not.
    ///
    /// # Errors
    /// If a member has a wrong type.
    pub(super) fn selects(&self, line: &Line<'_>) -> Result<bool, LineFault> {
        let kind = match line.kind {
            None => return Ok(false),
            Some(Kind::Meta) => return Ok(self.meta.contains(&&*line.op_name)),
            Some(kind) => kind,
        };
        if self
            .kinds
            .as_ref()
            .is_some_and(|kinds| !kinds.contains(&kind))
        {
            return Ok(false);
        }
        let origin = line.string("origin")?;
        let is_state = matches!(origin.as_deref(), Some("snapshot" | "checkpoint"));
        if is_state && !self.has_origin {
            return Ok(false);
        }
        if self.selection.is_empty() {
            return Ok(true);
        }
        let json = serde_json::from_slice(line.text).map_err(LineFault::Json)?;
        Ok(self.selection.selects_line(kind, &json))
    }
}

//! In place of `--where`, in a build without it (cargo feature `where`).

use std::convert::Infallible;

use super::fault::Fault;
use super::options::Test;
use crate::channel::NetnsId;
use crate::event::meta::Netns;
use crate::event::{Event, Kind};

/// What lines have beside their events.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    pub run: String,
    pub host: Option<String>,
    pub namespaces: Vec<Option<Netns>>,
    pub sentence: Option<fn(&Event, &mut String)>,
    pub has_id: bool,
}

/// A condition on lines: there are none.
#[derive(Debug)]
pub(super) struct Condition {
    pub native: Vec<Vec<Test>>,
    never: Infallible,
}

impl Condition {
    pub(super) fn new(text: &str, _: &[Kind]) -> Result<Self, Fault> {
        let reason = "this nlstream was built without --where (cargo feature `where`)";
        Err(Fault::new(text, reason))
    }

    pub(super) fn of_lines(text: &str, kinds: &[Kind]) -> Result<Self, Fault> {
        Self::new(text, kinds)
    }

    pub(super) fn warnings(&self) -> &[Fault] {
        match self.never {}
    }

    pub(super) fn is_evaluated(&self) -> bool {
        match self.never {}
    }

    pub(super) fn set_surroundings(&mut self, _: Surroundings) {
        match self.never {}
    }

    pub(super) fn set_namespace(&mut self, _: NetnsId, _: &Netns) {
        match self.never {}
    }

    pub(super) fn failures(&self) -> u64 {
        match self.never {}
    }

    pub(super) fn passes_event(&self, _: &Event, _: u64) -> bool {
        match self.never {}
    }

    pub(super) fn passes_json(&self, _: &serde_json::Value) -> bool {
        match self.never {}
    }

    pub(super) fn passes_line(&self, _: &str) -> bool {
        match self.never {}
    }
}

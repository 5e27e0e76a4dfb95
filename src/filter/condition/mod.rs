//! `--where`: a condition in the language of jq, evaluated on the line of an event before that is
//! written.
//!
//! | module | responsibility |
//! |---|---|
//! | `parse` | text → parse tree of jaq, and what is wrong with the text |
//! | `check`, `shape` | compares the tree with the schema, and finds what it reads of a line |
//! | `lift` | the parts that are native filters |
//! | `bound`, `meter` | makes the evaluation count its steps, and counts them |
//! | `functions`, `natives` | the functions of jq that a condition may call, and their definitions |
//! | `line`, `wanted` | the line of an event, as far as an expression reads it |

mod bound;
mod check;
mod functions;
mod lift;
mod line;
mod meter;
mod natives;
mod parse;
mod shape;
#[cfg(test)]
mod tests;
mod wanted;

use std::cell::Cell;
use std::fmt;

use jaq_core::load::parse::Def;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, unwrap_valr};
use jaq_json::Val;
use log::warn;
use serde::Deserialize as _;

use super::fault::Fault;
use super::options::Test;
use crate::channel::NetnsId;
use crate::event::meta::Netns;
use crate::event::{Event, Kind};
use line::Line;
pub use line::Surroundings;
use meter::{BUDGET, Evaluation, Language, Meter};
#[cfg(test)]
pub(crate) use tests::take_noted;
use wanted::Wanted;

/// Maximum length of a message about an evaluation that failed, bytes: it may contain the value.
const MAX_MESSAGE: usize = 300;

/// Name of the definition that is the condition.
const MAIN: &str = "condition";

/// A condition on lines.
pub(super) struct Condition {
    /// One test of each has to be passed, before the rest is evaluated.
    pub native: Vec<Vec<Test>>,
    /// What is evaluated; `None` if the native conditions are all.
    rest: Option<Program>,
    /// Evaluations that failed.
    failures: Cell<u64>,
    surroundings: Surroundings,
    /// The line that is evaluated; kept for its memory.
    text: Cell<Vec<u8>>,
}

struct Program {
    filter: jaq_core::Filter<Language>,
    wanted: Wanted,
    warnings: Vec<Fault>,
    meter: Meter,
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition")
            .field("native", &self.native)
            .finish_non_exhaustive()
    }
}

impl Condition {
    /// The condition of an expression on events. `kinds`: those of the run.
    ///
    /// # Errors
    /// If it is no expression, or names something that does not exist.
    pub(super) fn new(text: &str, kinds: &[Kind]) -> Result<Self, Fault> {
        let term = parse::parse(text)?;
        let (native, rest) = lift::split(text, term)?;
        let is_possible = |kind: &&Kind| {
            let passes = |tests: &Vec<Test>| {
                let mut kinds = tests.iter().filter_map(|test| match test {
                    Test::Kind(kind) => Some(kind),
                    _ => None,
                });
                kinds.clone().next().is_none() || kinds.any(|it| it == *kind)
            };
            native.iter().all(passes)
        };
        let possible: Vec<_> = kinds.iter().filter(is_possible).copied().collect();
        let rest = rest.map(|term| Program::new(text, term, &possible));
        Ok(Condition {
            native,
            rest: rest.transpose()?,
            failures: Cell::default(),
            surroundings: Surroundings::default(),
            text: Cell::default(),
        })
    }

    /// The condition of an expression on lines that are read.
    ///
    /// # Errors
    /// As of [`Condition::new`].
    pub(super) fn of_lines(text: &str, kinds: &[Kind]) -> Result<Self, Fault> {
        let term = parse::parse(text)?;
        lift::split(text, term.clone())?;
        Ok(Condition {
            native: Vec::new(),
            rest: Some(Program::new(text, term, kinds)?),
            failures: Cell::default(),
            surroundings: Surroundings::default(),
            text: Cell::default(),
        })
    }

    /// What may surprise the author of the expression.
    pub(super) fn warnings(&self) -> &[Fault] {
        self.rest.as_ref().map_or(&[], |rest| &rest.warnings)
    }

    /// Returns true if something is evaluated beside the native conditions.
    pub(super) fn is_evaluated(&self) -> bool {
        self.rest.is_some()
    }

    /// Sets what lines have beside their events.
    pub(super) fn set_surroundings(&mut self, surroundings: Surroundings) {
        self.surroundings = surroundings;
    }

    /// From now on the network namespace with that number is this one.
    pub(super) fn set_namespace(&mut self, number: NetnsId, netns: &Netns) {
        number.set_listed(&mut self.surroundings.namespaces, Some(netns.clone()));
    }

    /// Number of evaluations that failed.
    pub(super) fn failures(&self) -> u64 {
        self.failures.get()
    }

    /// Returns true if the line of an event passes that would have this number. The native conditions
    /// are not tested.
    pub(super) fn passes_event(&self, event: &Event, seq: u64) -> bool {
        let Some(rest) = &self.rest else {
            return true;
        };
        let line = Line {
            surroundings: &self.surroundings,
            seq,
            event,
            wanted: &rest.wanted,
        };
        let mut text = self.text.take();
        text.clear();
        let written = line.write(&mut text);
        let value = written.and_then(|()| serde_json::from_slice(&text));
        self.text.set(text);
        let value = value.map_err(|error| error.to_string());
        #[cfg(test)]
        tests::note(&value);
        self.passes(rest, value)
    }

    /// Returns true if a line passes that was read and parsed. The native conditions are not tested.
    pub(super) fn passes_json(&self, line: &serde_json::Value) -> bool {
        let Some(rest) = &self.rest else {
            return true;
        };
        let value = Val::deserialize(line);
        self.passes(rest, value.map_err(|error| error.to_string()))
    }

    /// Returns true if a line passes that is read.
    pub(super) fn passes_line(&self, line: &str) -> bool {
        let Some(rest) = &self.rest else {
            return true;
        };
        let value = serde_json::from_str(line);
        self.passes(rest, value.map_err(|error| error.to_string()))
    }

    fn passes(&self, program: &Program, value: Result<Val, String>) -> bool {
        match value.and_then(|value| program.is_true(value)) {
            Ok(passes) => passes,
            Err(error) => {
                if self.failures.get() == 0 {
                    let end = (0..=MAX_MESSAGE.min(error.len())).rev();
                    let end = end.into_iter().find(|at| error.is_char_boundary(*at));
                    let more = if error.len() > MAX_MESSAGE { "…" } else { "" };
                    let error = &error[..end.unwrap_or(0)];
                    warn!(
                        "--where: {error}{more}; a line for which the expression fails does not pass, and later failures are only counted"
                    );
                }
                self.failures.set(self.failures.get().saturating_add(1));
                false
            }
        }
    }
}

impl Program {
    fn new(
        text: &str,
        term: jaq_core::load::parse::Term<&str>,
        possible: &[Kind],
    ) -> Result<Self, Fault> {
        let checked = check::check(text, &term, possible)?;
        let main = Def {
            name: MAIN,
            args: Vec::new(),
            body: bound::bounded(term),
        };
        let definitions = natives::definitions().into_iter().map(shorten);
        let loader = Loader::new(definitions.chain([main]));
        let arena = Arena::default();
        let modules = loader.load(
            &arena,
            File {
                code: MAIN,
                path: (),
            },
        );
        let invalid = || Fault::new(text, "jaq cannot compile it");
        let modules = modules.map_err(|_| invalid())?;
        let compiler = Compiler::default().with_funs(natives::natives());
        Ok(Program {
            filter: compiler.compile(modules).map_err(|_| invalid())?,
            wanted: checked.wanted,
            warnings: checked.warnings,
            meter: Meter::default(),
        })
    }

    /// Returns true if an output is neither false nor null.
    fn is_true(&self, value: Val) -> Result<bool, String> {
        self.meter.reset();
        let evaluation = Evaluation {
            lut: &self.filter.lut,
            meter: &self.meter,
        };
        let ctx = Ctx::<Language>::new(evaluation, Vars::new([]));
        for output in self.filter.id.run((ctx, value)).map(unwrap_valr) {
            match output {
                Err(error) => return Err(error.to_string()),
                Ok(_) if self.meter.is_spent() => break,
                Ok(Val::Null | Val::Bool(false)) => {}
                Ok(_) => return Ok(true),
            }
        }
        match self.meter.is_spent() {
            true => Err(format!("the evaluation takes more than {BUDGET} steps")),
            false => Ok(false),
        }
    }
}

/// A definition that lives as long as an expression.
fn shorten<'s>(definition: Def<&'static str>) -> Def<&'s str> {
    definition
}

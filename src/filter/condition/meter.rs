//! What an evaluation has access to, and how its cost is measured.

use std::cell::{Cell, RefCell};

use jaq_core::data::HasLut;
use jaq_core::{DataT, Error, Lut};
use jaq_json::{Num, Val};
use regex_lite::{Regex, RegexBuilder};

/// The steps that one evaluation may take. A step is an output of a generator that is processed, a
/// member of a value that is made or compared, or four bytes of a text.
pub(super) const BUDGET: u64 = 100_000;

/// Maximum number of regular expressions that are kept.
const MAX_PATTERNS: usize = 64;

/// The types of the interpreter.
pub(super) struct Language;

impl DataT for Language {
    type V<'a> = Val;
    type Data<'a> = Evaluation<'a>;
}

/// What an evaluation has access to.
#[derive(Clone, Copy)]
pub(super) struct Evaluation<'a> {
    pub lut: &'a Lut<Language>,
    pub meter: &'a Meter,
}

impl<'a> HasLut<'a, Language> for Evaluation<'a> {
    fn lut(&self) -> &'a Lut<Language> {
        self.lut
    }
}

/// Counts the steps of an evaluation.
#[derive(Debug, Default)]
pub(super) struct Meter {
    left: Cell<u64>,
    patterns: RefCell<Vec<((String, String), Regex)>>,
}

impl Meter {
    pub(super) fn reset(&self) {
        self.left.set(BUDGET);
    }

    /// Returns true if the budget is spent: whatever the evaluation returns does not count.
    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    pub(super) fn spend(&self, steps: u64) -> Result<(), Error<Val>> {
        self.left.set(self.left.get().saturating_sub(steps));
        match self.is_spent() {
            true => Err(Error::str(format_args!(
                "the evaluation takes more than {BUDGET} steps"
            ))),
            false => Ok(()),
        }
    }

    /// Spends the size of a value, and at least one step.
    pub(super) fn weigh(&self, value: &Val) -> Result<(), Error<Val>> {
        let left = self.left.get();
        self.spend(size(value, left))
    }

    pub(super) fn is_match(
        &self,
        text: &str,
        pattern: &str,
        flags: &str,
    ) -> Result<bool, Error<Val>> {
        let mut patterns = self.patterns.borrow_mut();
        let mut known = patterns.iter();
        let known = known.find(|((a, b), _)| a == pattern && b == flags);
        if let Some((_, regex)) = known {
            return Ok(regex.is_match(text));
        }
        let regex = regex(pattern, flags).map_err(Error::str)?;
        let is_match = regex.is_match(text);
        if patterns.len() < MAX_PATTERNS {
            patterns.push(((pattern.to_owned(), flags.to_owned()), regex));
        }
        Ok(is_match)
    }
}

/// Compiles a regular expression.
///
/// # Errors
/// What is wrong with it.
pub(super) fn regex(pattern: &str, flags: &str) -> Result<Regex, String> {
    let mut builder = RegexBuilder::new(pattern);
    for flag in flags.chars() {
        match flag {
            'i' => builder.case_insensitive(true),
            'x' => builder.ignore_whitespace(true),
            's' => builder.dot_matches_new_line(true),
            'l' => builder.swap_greed(true),
            // They concern where and how often it matches.
            'g' | 'n' => &mut builder,
            _ => return Err(format!("`{flag}` is no flag of a regular expression")),
        };
    }
    // Limits the time for each byte of the text.
    let regex = builder.size_limit(1 << 16).build();
    regex.map_err(|error| format!("invalid regular expression: {error}"))
}

/// Size of a value in steps; not more than `most` is counted.
pub(super) fn size(value: &Val, most: u64) -> u64 {
    let text = |bytes: &[u8]| 1 + bytes.len() as u64 / 4;
    let mut total = match value {
        Val::Null | Val::Bool(_) => 1,
        Val::Num(Num::BigInt(number)) => 1 + number.bits() / 32,
        Val::Num(_) => 1,
        Val::BStr(bytes) | Val::TStr(bytes) => text(bytes),
        Val::Arr(_) | Val::Obj(_) => 1,
    };
    match value {
        Val::Arr(list) => {
            for inner in list.iter() {
                if total >= most {
                    break;
                }
                total += size(inner, most - total);
            }
        }
        Val::Obj(members) => {
            for (key, inner) in members.iter() {
                if total >= most {
                    break;
                }
                total += size(key, most - total);
                total += size(inner, most.saturating_sub(total));
            }
        }
        _ => {}
    }
    total
}

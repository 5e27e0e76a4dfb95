//! Enumerated names.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::string_schema;

/// An enumerated name: a kernel constant or an entry of iproute2's name files. A value without a
/// name is its decimal number as a string, so that the JSON type of the field is always string.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// Name compiled into the program.
    Known(&'static str),
    /// Name from a file of the machine.
    Named(Arc<str>),
    /// Value without a name.
    Number(u32),
}

/// A constant string that needs no JSON escaping, so the writer can skip the check.
#[derive(Clone, Copy, Debug)]
pub struct Word(pub &'static str);

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_unit_variant("Word", 0, self.0)
    }
}

impl Default for Symbol {
    fn default() -> Self {
        Symbol::Number(0)
    }
}

impl Symbol {
    /// Returns the name of `number` in `names`, or the number itself.
    pub fn of(number: u32, names: &'static [(u32, &'static str)]) -> Self {
        match names.iter().find(|(n, _)| *n == number) {
            Some((_, name)) => Symbol::Known(name),
            None => Symbol::Number(number),
        }
    }

    /// Returns true if this is the symbol `name`.
    pub fn is(&self, name: &str) -> bool {
        match self {
            Symbol::Known(s) => *s == name,
            Symbol::Named(s) => &**s == name,
            Symbol::Number(_) => false,
        }
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Symbol::Known(s) => f.write_str(s),
            Symbol::Named(s) => f.write_str(s),
            Symbol::Number(n) => write!(f, "{n}"),
        }
    }
}

impl Serialize for Symbol {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Symbol::Known(name) => Word(name).serialize(s),
            Symbol::Named(name) => s.serialize_str(name),
            Symbol::Number(_) => s.collect_str(self),
        }
    }
}

string_schema!(Symbol, "Symbol",);

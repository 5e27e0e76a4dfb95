//! Bit flags.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Word;

/// Names of flag bits, in the order in which `ip` prints them.
pub type FlagNames = [(u64, &'static str)];

/// A flag word, written as an array of names; bits without a name come last, as one hexadecimal
/// string.
#[derive(Clone, Copy, Default)]
pub struct Flags {
    pub bits: u64,
    names: &'static FlagNames,
}

impl Flags {
    pub const fn new(bits: u64, names: &'static FlagNames) -> Self {
        Flags { bits, names }
    }

    /// Returns true if the bit with this name is set.
    pub fn has(&self, name: &str) -> bool {
        self.names
            .iter()
            .any(|(bit, n)| *n == name && self.bits & bit != 0)
    }

    /// The names of the set bits, and the bits that have none.
    pub fn split(&self) -> (impl Iterator<Item = &'static str> + use<>, u64) {
        let bits = self.bits;
        let rest = self.names.iter().fold(bits, |rest, (bit, _)| rest & !bit);
        let names = self.names.iter();
        let set = names.filter_map(move |(bit, name)| (bits & bit != 0).then_some(*name));
        (set, rest)
    }
}

impl PartialEq for Flags {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}
impl Eq for Flags {}

impl std::hash::Hash for Flags {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bits.hash(state);
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.bits)
    }
}

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq;
        let mut seq = s.serialize_seq(None)?;
        let mut rest = self.bits;
        for (bit, name) in self.names {
            if rest == 0 {
                break;
            }
            if self.bits & bit != 0 {
                seq.serialize_element(&Word(name))?;
                rest &= !bit;
            }
        }
        if rest != 0 {
            seq.serialize_element(&format_args!("{rest:#x}"))?;
        }
        seq.end()
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Flags {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Flags".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "array", "items": { "type": "string" } })
    }
}

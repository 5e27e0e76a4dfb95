//! The parts of a line that an expression reads.

use crate::kind::fields::Mask;

/// The members of a line that an expression reads, and the fields of its payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// All that is inside.
    whole: bool,
    /// Members of an object. A value has only these, or its other members as well.
    members: Vec<(Box<str>, Wanted)>,
}

static WHOLE: Wanted = Wanted {
    whole: true,
    members: Vec::new(),
};

/// The number of names in a path that are told apart: a member of the line, and a field of the payload.
const DEPTH: usize = 2;

impl Wanted {
    /// Adds the value at `path`. `whole`: with all that is inside, and not only its presence.
    pub(super) fn add(&mut self, path: &[Box<str>], whole: bool) {
        match path.get(..DEPTH) {
            Some(field) => self.insert(field, true),
            None => self.insert(path, whole),
        }
    }

    fn insert(&mut self, path: &[Box<str>], whole: bool) {
        let Some((name, rest)) = path.split_first() else {
            self.whole |= whole;
            return;
        };
        let at = self.members.iter().position(|(member, _)| member == name);
        let at = at.unwrap_or_else(|| {
            self.members.push((name.clone(), Wanted::default()));
            self.members.len() - 1
        });
        self.members[at].1.insert(rest, whole);
    }

    /// What is wanted of a member; `None` for nothing.
    pub(super) fn member(&self, name: &str) -> Option<&Wanted> {
        if self.whole {
            return Some(&WHOLE);
        }
        let mut members = self.members.iter();
        let found = members.find(|(member, _)| **member == *name)?;
        Some(&found.1)
    }

    /// The fields that are wanted, a bit each, of an object whose fields have these names.
    pub(super) fn mask(&self, names: &[&str]) -> Mask {
        if self.whole {
            return Mask::MAX;
        }
        let wanted = self.members.iter().filter_map(|(name, _)| {
            let at = names.iter().position(|field| **field == **name)?;
            Some(1 << at)
        });
        wanted.fold(0, |mask, bit: Mask| mask | bit)
    }
}

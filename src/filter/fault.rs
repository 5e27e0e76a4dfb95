//! What is wrong with the value of a filter, and the valid value that is nearest to it.

use std::fmt;

/// Names beyond this number are not listed in an error.
const LISTED: usize = 16;

/// A value that no filter can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Name of the option, if that is not known from elsewhere.
    option: Option<String>,
    text: String,
    /// Number of the wrong character, from 1; `None` if the value is wrong as a whole.
    character: Option<usize>,
    reason: String,
}

impl Fault {
    /// The value is wrong as a whole.
    pub(super) fn new(text: &str, reason: impl Into<String>) -> Self {
        Fault {
            option: None,
            text: text.to_owned(),
            character: None,
            reason: reason.into(),
        }
    }

    /// The value is wrong from byte `at` on.
    pub(super) fn at(text: &str, at: usize, reason: impl Into<String>) -> Self {
        let before = text.get(..at).unwrap_or(text);
        Fault {
            character: Some(before.chars().count() + 1),
            ..Fault::new(text, reason)
        }
    }

    /// `name`, which begins at byte `at`, is none of `known`; `what` is what it should be.
    pub(super) fn unknown<T: AsRef<str>>(
        text: &str,
        at: usize,
        what: &str,
        name: &str,
        known: &[T],
    ) -> Self {
        let mut reason = format!("unknown {what} `{name}`");
        if let Some(nearest) = nearest(name, known) {
            reason += &format!("; did you mean `{nearest}`?");
        }
        if known.len() <= LISTED {
            let known: Vec<_> = known.iter().map(AsRef::as_ref).collect();
            reason += &format!(" [valid: {}]", known.join(", "));
        }
        Fault::at(text, at, reason)
    }

    /// Adds to the reason.
    #[must_use]
    pub(super) fn with(mut self, more: String) -> Self {
        self.reason += &more;
        self
    }

    /// Adds how to select by a name that is not among the known ones.
    #[must_use]
    pub(super) fn with_wildcard(mut self) -> Self {
        self.reason += "; with a wildcard any name is accepted (`x[y]` for `xy`)";
        self
    }

    /// The fault of a value of that option.
    #[must_use]
    pub(super) fn of(self, option: &str) -> Self {
        Fault {
            option: Some(option.to_owned()),
            ..self
        }
    }

    /// The fault in a value that has `bytes` more bytes in front, those of `whole`.
    #[must_use]
    pub(super) fn within(self, whole: &str, bytes: usize) -> Self {
        let before = whole.get(..bytes).unwrap_or_default().chars().count();
        Fault {
            text: whole.to_owned(),
            character: self.character.map(|character| character + before),
            ..self
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(option) = &self.option {
            write!(f, "--{option}: ")?;
        }
        f.write_str(&self.reason)?;
        match self.character {
            Some(character) => write!(f, ", at character {character} of `{}`", self.text),
            None if self.text.is_empty() => Ok(()),
            None => write!(f, ", in `{}`", self.text),
        }
    }
}

impl std::error::Error for Fault {}

/// Names by which users know what nlstream calls by those of the kernel or `ip`.
const SYNONYMS: &[(&str, &str)] = &[
    ("ipv4", "inet"),
    ("ip4", "inet"),
    ("ip", "inet"),
    ("ipv6", "inet6"),
    ("ip6", "inet6"),
    ("new", "add"),
    ("create", "add"),
    ("update", "change"),
    ("modify", "change"),
    ("remove", "delete"),
    ("dump", "snapshot"),
    ("audit", "inferred"),
    ("ethernet", "ether"),
];

/// The known name that was probably meant.
pub(super) fn nearest<'a, T: AsRef<str>>(name: &str, known: &'a [T]) -> Option<&'a str> {
    let name = name.to_lowercase();
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == name);
    if let Some((_, meant)) = synonym
        && let Some(found) = known.iter().find(|it| it.as_ref() == *meant)
    {
        return Some(found.as_ref());
    }
    let distance = |it: &str| strsim::damerau_levenshtein(&name, &it.to_lowercase());
    let nearest = known
        .iter()
        .map(AsRef::as_ref)
        .min_by_key(|it| distance(it))?;
    let begins = |it: &&str| name.len() > 1 && it.to_lowercase().starts_with(&name);
    match distance(nearest) <= 1 + name.chars().count() / 4 {
        true => Some(nearest),
        false => known.iter().map(AsRef::as_ref).find(begins),
    }
}

//! The generic netlink families that the kernel announced, and those that a run requested.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::channel::FamilyId;
use crate::event::meta::Settings;
use crate::kind::wire::FAMILIES;
use crate::netlink::genl::announcements;
use crate::netlink::raw::{self, ALL};

/// A generic netlink family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: Arc<str>,
    /// Length of its own fixed header, bytes.
    pub header: usize,
}

/// The names of generic netlink families by id, as far as the controller has announced them.
#[derive(Clone, Debug, Default)]
pub struct GenericFamilies(BTreeMap<u16, Known>);

impl GenericFamilies {
    /// Learns from a datagram of the controller.
    pub fn learn(&mut self, datagram: &[u8]) {
        for family in announcements(datagram) {
            let header = family.header.map(|length| length as usize);
            // A message about one group has no length.
            let known = self.0.get(&family.id).filter(|it| *it.name == family.name);
            let header = header.or(known.map(|it| it.header)).unwrap_or(0);
            let name = family.name.into();
            self.0.insert(family.id, Known { name, header });
        }
    }

    /// The family of that id.
    pub fn get(&self, id: FamilyId) -> Option<&Known> {
        match id.is_generic() {
            true => self.0.get(&id.generic_id()),
            false => None,
        }
    }
}

/// The netlink families that `--family` names.
#[derive(Clone, Debug, Default)]
pub struct Requested(Vec<glob::Pattern>);

impl Requested {
    /// The families of a run with these settings. Names of address families are none.
    pub fn of(settings: &Settings) -> Self {
        let values = settings.filters.get("family").into_iter().flatten();
        let is_address_family = |text: &str| {
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            is_number
                || FAMILIES
                    .iter()
                    .any(|(_, name)| name.eq_ignore_ascii_case(text))
        };
        let named = values.filter(|text| !text.starts_with('!') && !is_address_family(text));
        let patterns = named.filter_map(|text| match &**text {
            ALL => glob::Pattern::new("*").ok(),
            text => glob::Pattern::new(text).ok(),
        });
        Requested(patterns.collect())
    }

    /// Returns true if the family of that name was requested.
    pub fn contains(&self, name: &str) -> bool {
        let options = glob::MatchOptions {
            case_sensitive: false,
            ..glob::MatchOptions::default()
        };
        self.0
            .iter()
            .any(|pattern| pattern.matches_with(name, options))
    }

    /// Returns true if none was requested.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns true if a generic netlink family may have been requested.
    pub fn has_generic(&self) -> bool {
        let is_raw = |pattern: &glob::Pattern| {
            let mut names = raw::PROTOCOLS.iter().map(|(_, name)| *name);
            names.any(|name| name.eq_ignore_ascii_case(pattern.as_str()))
        };
        self.0.iter().any(|pattern| !is_raw(pattern))
    }

    /// Returns true if the family of that name was requested by this name, and not by a pattern.
    pub fn names(&self, name: &str) -> bool {
        let mut patterns = self.0.iter();
        patterns.any(|it| it.as_str().eq_ignore_ascii_case(name))
    }

    /// The numbers of the protocols without kinds of their own that were requested by name, or by a pattern if they multicast anything and `exists` says that the kernel has them: to open
    /// the socket of another one can load a module.
    pub fn protocols(&self, exists: impl Fn(u16) -> bool) -> Vec<u16> {
        let is_curated = |number| {
            FamilyId::of_protocol(number).is_some_and(|id| super::with_kinds(id).is_some())
        };
        let wanted = raw::PROTOCOLS.iter().filter(|(number, name)| {
            let is_raw = !matches!(*name, "route" | "generic" | "usersock");
            is_raw
                && !is_curated(*number)
                && (self.names(name)
                    || (self.contains(name) && raw::groups(*number).is_some() && exists(*number)))
        });
        wanted.map(|(number, _)| *number).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requested(values: &[&str]) -> Requested {
        let mut settings = Settings::default();
        let values = values.iter().map(|it| (*it).to_owned()).collect();
        settings.filters.insert("family".to_owned(), values);
        Requested::of(&settings)
    }

    #[test]
    fn address_families_and_negated_values_request_nothing() {
        for values in [&[][..], &["inet6", "2"], &["!ethtool"]] {
            let requested = requested(values);
            assert!(!requested.has_generic(), "{values:?}");
            assert!(!requested.contains("ethtool"));
            assert!(requested.protocols(|_| true).is_empty());
        }
    }

    #[test]
    fn a_pattern_requests_only_protocols_that_exist() {
        let exists = |number| number == 12;
        assert_eq!(requested(&["all"]).protocols(exists), [12]);
        assert_eq!(requested(&["AUDIT", "inet"]).protocols(exists), [9]);
        assert!(requested(&["a*t"]).protocols(exists).is_empty());
        assert!(!requested(&["audit", "netfilter"]).has_generic());
        // Has kinds of its own.
        assert!(requested(&["xfrm"]).protocols(|_| true).is_empty());
        for values in [&["all"], &["ethtool"], &["e*"]] {
            assert!(requested(values).has_generic());
            assert!(requested(values).contains("ethtool"));
        }
    }
}

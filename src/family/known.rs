//! The generic netlink families that the kernel announced, and those that a run requested.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Family, family};
use crate::channel::{Channel, FamilyId};
use crate::event::ethtool::strings::StringSets;
use crate::event::meta::Settings;
use crate::kind::wire::FAMILIES;
use crate::netlink::family::Protocol;
use crate::netlink::genl::curated::{self, Curated};
use crate::netlink::genl::{Announcement, announcements};
use crate::netlink::nfnetlink::{SUBSYSTEMS, Subsystem, event_of, subsystem, unabbreviated};
use crate::netlink::raw::{self, ALL};

/// A generic netlink family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: Arc<str>,
    /// Length of its own fixed header, bytes.
    pub header: usize,
}

/// What the kernel has told about generic netlink families: their names by id, and names in their messages.
#[derive(Clone, Debug, Default)]
pub struct GenericFamilies {
    known: BTreeMap<u16, Known>,
    /// Those whose messages have kinds of their own in the run, by name.
    curated: Vec<&'static Curated>,
    strings: StringSets,
}

impl GenericFamilies {
    /// The families of a run with these settings. `is_foreign`: of a capture of another program, whose
    /// settings do not say which families have kinds of their own.
    pub fn new(settings: &Settings, is_foreign: bool) -> Self {
        let is_curated = |family: &&'static Curated| {
            is_foreign || settings.curated.iter().any(|name| name == family.name())
        };
        GenericFamilies {
            curated: curated::ALL.into_iter().filter(is_curated).collect(),
            ..GenericFamilies::default()
        }
    }

    /// Learns from a datagram of any family.
    pub fn note(&mut self, channel: Channel, datagram: &[u8]) {
        if channel.family == FamilyId::NLCTRL {
            self.learn(datagram);
        } else if self.is(channel.family, FamilyId::ETHTOOL) {
            self.strings.learn(channel.netns, datagram);
        }
    }

    /// Learns from a datagram of the controller.
    pub fn learn(&mut self, datagram: &[u8]) {
        for family in announcements(datagram) {
            let header = family.header.map(|length| length as usize);
            // A message about one group has no length.
            let known = self.known.get(&family.id);
            let known = known.filter(|it| *it.name == family.name);
            let header = header.or(known.map(|it| it.header)).unwrap_or(0);
            let name = family.name.into();
            self.known.insert(family.id, Known { name, header });
        }
    }

    /// The family of that id.
    pub fn get(&self, id: FamilyId) -> Option<&Known> {
        match id.is_generic() {
            true => self.known.get(&id.generic_id()),
            false => None,
        }
    }

    /// The family with kinds of its own that has that id, of the kernel or of nlstream.
    pub fn curated(&self, id: FamilyId) -> Option<&'static Curated> {
        let known = self.get(id);
        let mut curated = self.curated.iter().copied();
        curated.find(|it| it.id() == id || known.is_some_and(|known| *known.name == *it.name()))
    }

    fn is(&self, id: FamilyId, curated: FamilyId) -> bool {
        self.curated(id).is_some_and(|it| it.id() == curated)
    }

    /// The family of that id, with its kinds.
    pub fn family(&self, id: FamilyId) -> &'static dyn Family {
        match self.curated(id) {
            Some(curated) => curated,
            None => family(id),
        }
    }

    /// The names of bits that the kernel has told.
    pub fn strings(&self) -> &StringSets {
        &self.strings
    }
}

/// The names of the families with kinds of their own, for [`Settings::curated`].
pub fn curated_names() -> Vec<String> {
    curated::ALL.iter().map(|it| it.name().to_owned()).collect()
}

/// The netlink families that `--family` names.
#[derive(Clone, Debug, Default)]
pub struct Requested {
    patterns: Vec<glob::Pattern>,
    /// Of families of which only events were named: the family, and the multicast group of an event.
    events: Vec<(FamilyId, u32)>,
    /// Groups of generic netlink families that are joined only by their name.
    groups: Vec<(&'static str, &'static str)>,
}

impl Requested {
    /// The families of a run with these settings: those that `--family` names, and those with a kind that
    /// `--kind` names. Names of address families are none.
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
        let is_whole = |name: &str| {
            let mut whole = named.clone().filter(|text| event_of(text).is_none());
            whole.any(|text| text.eq_ignore_ascii_case(name))
        };
        let events = named.clone().filter_map(|text| event_of(text));
        let events = events.filter(|(subsystem, _)| !is_whole(subsystem.name()));
        let events = events.map(|(subsystem, group)| (subsystem.id(), group));
        let events = events.collect();
        let groups = named.clone().filter_map(|text| curated::group_of(text));
        let groups = groups.collect();
        let patterns = named.filter_map(|text| match &**text {
            ALL => glob::Pattern::new("*").ok(),
            text => glob::Pattern::new(unabbreviated(text)).ok(),
        });
        let kinds = settings.kinds.iter().flatten();
        let of_kinds = kinds.filter_map(|kind| Curated::of_id(kind.netlink_family()?));
        let of_kinds = of_kinds.filter_map(|it| glob::Pattern::new(it.name()).ok());
        Requested {
            patterns: patterns.chain(of_kinds).collect(),
            events,
            groups,
        }
    }

    /// Leaves out the groups of a generic netlink family that were not requested.
    pub fn limit(&self, family: &mut Announcement) {
        let name = family.name.as_str();
        family.groups.retain(|(_, group)| {
            !curated::is_by_name(name, group) || self.groups.contains(&(name, group))
        });
    }

    /// The multicast groups of a family whose events were requested; `None`: all of its groups.
    pub fn groups(&self, family: &dyn Protocol) -> Option<Vec<u32>> {
        let of_family = self.events.iter().filter(|(id, _)| *id == family.id());
        let groups: Vec<_> = of_family.map(|(_, group)| *group).collect();
        (!groups.is_empty()).then_some(groups)
    }

    /// Returns true if the family of that name was requested.
    pub fn contains(&self, name: &str) -> bool {
        let options = glob::MatchOptions {
            case_sensitive: false,
            ..glob::MatchOptions::default()
        };
        self.patterns
            .iter()
            .any(|pattern| pattern.matches_with(name, options))
    }

    /// Returns true if none was requested.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Returns true if a generic netlink family may have been requested.
    pub fn has_generic(&self) -> bool {
        let is_raw = |pattern: &glob::Pattern| {
            let protocols = raw::PROTOCOLS.iter().map(|(_, name)| *name);
            let mut names = protocols.chain(SUBSYSTEMS.iter().map(|it| it.name()));
            names.any(|name| name.eq_ignore_ascii_case(pattern.as_str()))
        };
        self.patterns.iter().any(|pattern| !is_raw(pattern))
    }

    fn is_exact(&self, name: &str) -> bool {
        let mut patterns = self.patterns.iter();
        patterns.any(|it| it.as_str().eq_ignore_ascii_case(name))
    }

    /// Returns true if a family with kinds was requested by its name, or with all others of its protocol.
    pub fn names(&self, family: &dyn Protocol) -> bool {
        let umbrella = subsystem(family.id()).and_then(Subsystem::umbrella);
        let mut names = [family.name()].into_iter().chain(umbrella);
        names.any(|name| self.is_exact(name))
    }

    /// Returns true if a family with kinds was requested by a pattern alone.
    pub fn has_pattern_of(&self, family: &dyn Protocol) -> bool {
        !family.is_by_name_only() && !self.names(family) && self.contains(family.name())
    }

    /// The numbers of the protocols without kinds of their own that were requested by name, or by a pattern if
    /// they multicast anything and `exists` says that the kernel has them: to open the socket of another one can
    /// load a module.
    pub fn protocols(&self, exists: impl Fn(u16) -> bool) -> Vec<u16> {
        let is_curated = |number| {
            FamilyId::of_protocol(number).is_some_and(|id| super::with_kinds(id).is_some())
        };
        let wanted = raw::PROTOCOLS.iter().filter(|(number, name)| {
            let is_raw = !matches!(*name, "route" | "generic" | "usersock");
            is_raw
                && !is_curated(*number)
                && (self.is_exact(name)
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
    fn a_subsystem_is_requested_by_name_or_with_all_others() {
        use crate::netlink::nfnetlink::{NFT_TRACE, NFTABLES};
        for (values, nftables, trace, pattern) in [
            (&["nft"][..], true, false, false),
            (&["Nftables"], true, false, false),
            (&["netfilter"], true, false, false),
            (&["nft_trace"], false, true, false),
            (&["all"], false, false, true),
            (&["nft*"], false, false, true),
            (&["inet"], false, false, false),
        ] {
            let requested = requested(values);
            assert_eq!(requested.names(&NFTABLES), nftables, "{values:?}");
            assert_eq!(requested.names(&NFT_TRACE), trace, "{values:?}");
            assert_eq!(requested.has_pattern_of(&NFTABLES), pattern, "{values:?}");
            assert!(!requested.has_pattern_of(&NFT_TRACE), "{values:?}");
        }
    }

    #[test]
    fn events_of_a_family_are_requested_by_name() {
        use crate::netlink::nfnetlink::{CONNTRACK, EXPECT};
        for (values, groups) in [
            (
                &["conntrack=new", "conntrack=destroy"][..],
                Some(vec![1, 3]),
            ),
            (&["conntrack=new", "Conntrack"], None),
            (&["Conntrack"], None),
        ] {
            let mut settings = Settings::default();
            let values: Vec<_> = values.iter().map(|it| (*it).to_owned()).collect();
            settings.filters.insert("family".to_owned(), values);
            let requested = Requested::of(&settings);
            assert!(requested.names(&CONNTRACK) && !requested.names(&EXPECT));
            assert_eq!(requested.groups(&CONNTRACK), groups);
            assert_eq!(requested.groups(&EXPECT), None);
            assert!(!requested.has_generic());
        }
        for values in [&["all"][..], &["*"], &["netfilter"], &["conn*"]] {
            let requested = requested(values);
            assert!(!requested.names(&CONNTRACK) && !requested.has_pattern_of(&CONNTRACK));
        }
    }

    #[test]
    fn samples_of_temperatures_are_requested_by_name() {
        let groups = |values: &[&str]| {
            let mut family = Announcement {
                name: "thermal".to_owned(),
                groups: vec![(2, "sampling".to_owned()), (3, "event".to_owned())],
                ..Announcement::default()
            };
            let requested = requested(values);
            assert!(requested.contains("thermal") && requested.has_generic());
            requested.limit(&mut family);
            family.groups.into_iter().map(|(group, _)| group)
        };
        for values in [&["all"][..], &["thermal"], &["th*"]] {
            assert!(groups(values).eq([3]), "{values:?}");
        }
        for values in [&["Thermal=Sampling"][..], &["all", "thermal=sampling"]] {
            assert!(groups(values).eq([2, 3]), "{values:?}");
        }
    }

    #[test]
    fn audit_is_requested_by_name() {
        use crate::netlink::audit::Audit;
        for values in [&["all"][..], &["*"], &["aud*"]] {
            let requested = requested(values);
            assert!(!requested.names(&Audit) && !requested.has_pattern_of(&Audit));
            assert!(!requested.protocols(|_| true).contains(&9));
        }
        assert!(requested(&["Audit"]).names(&Audit));
    }

    #[test]
    fn a_pattern_requests_only_protocols_that_exist() {
        let exists = |number| number == 12;
        assert_eq!(requested(&["all"]).protocols(exists), [12]);
        assert_eq!(requested(&["SELINUX", "inet"]).protocols(exists), [7]);
        assert!(requested(&["a*t"]).protocols(exists).is_empty());
        assert!(!requested(&["audit", "netfilter", "nft"]).has_generic());
        // Has kinds of its own.
        assert!(requested(&["xfrm"]).protocols(|_| true).is_empty());
        for values in [&["all"], &["ethtool"], &["e*"]] {
            assert!(requested(values).has_generic());
            assert!(requested(values).contains("ethtool"));
        }
    }
}

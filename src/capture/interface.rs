//! Channels as pcapng interfaces. Interfaces 0 and 1 are the events and dumps of rtnetlink in the
//! program's own network namespace, as in recordings of version 0.1. Every further interface has
//! its channel as JSON in `if_description`.

use serde::{Deserialize, Serialize};

use crate::channel::{Channel, FamilyId, NetnsId, Role};
use crate::netlink::protocols::{PROTOCOLS, protocol};

/// The channels of the interfaces that every recording has.
pub(super) const FIRST: [Channel; 2] = [Channel::ROUTE_EVENTS, Channel::ROUTE_DUMPS];

/// A channel in a recording. A generic netlink family has its name here: its id differs from boot
/// to boot, so a reader finds the family by name.
#[derive(Debug, Serialize, Deserialize)]
struct Description {
    /// Number of the network namespace within the run.
    #[serde(default)]
    netns: NetnsId,
    /// Protocol number (`NETLINK_*`).
    protocol: u16,
    /// Name of the family; of a generic netlink family without a kind of its own, `generic`.
    family: String,
    /// Id of a generic netlink family without a kind of its own: the controller's answers in the
    /// recording say which family had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<u16>,
    role: Role,
}

/// The name and description of the interface of a channel; the first two interfaces have no
/// description.
pub(super) fn describe(channel: Channel) -> (String, Option<String>) {
    let role = match channel.role {
        Role::Events => "events",
        Role::Dumps => "dumps",
    };
    if FIRST.contains(&channel) {
        return (role.to_owned(), None);
    }
    let number = channel.family.protocol();
    let is_known = PROTOCOLS.iter().any(|it| it.id() == channel.family);
    let id = channel.family.generic_id();
    let id = (channel.family.is_generic() && !is_known).then_some(id);
    let family = match protocol(channel.family).label() {
        Some(_) | None if is_known => protocol(channel.family).name().to_owned(),
        Some((name, _)) => name.to_owned(),
        None => number.to_string(),
    };
    let number_of_family = id.map(|id| format!("-{id}")).unwrap_or_default();
    let name = format!("{family}{number_of_family}-{role}-{}", channel.netns.0);
    let description = Description {
        netns: channel.netns,
        protocol: number,
        family,
        id,
        role: channel.role,
    };
    (name, serde_json::to_string(&description).ok())
}

/// The channel of an interface; `None` if its family is unknown, or if another program added the
/// interface.
pub(super) fn channel(number: usize, description: &[u8]) -> Option<Channel> {
    if let Some(first) = FIRST.get(number) {
        return Some(*first);
    }
    let description = std::str::from_utf8(description).ok()?;
    let description: Description = serde_json::from_str(description).ok()?;
    let mut known = PROTOCOLS.iter().map(|it| (it.id(), it.name()));
    let number = description.protocol;
    let is_described =
        |(id, name): &(FamilyId, &str)| id.protocol() == number && *name == description.family;
    let family = match (known.find(is_described), description.id) {
        (Some((id, _)), _) => id,
        (None, Some(id)) if number == FamilyId::GENERIC.protocol() => FamilyId::generic(id)?,
        // One that is known has its own name.
        (None, None) => FamilyId::of_protocol(number).filter(|id| *id != FamilyId::ROUTE)?,
        _ => return None,
    };
    Some(Channel {
        netns: description.netns,
        family,
        role: description.role,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_described_channel_is_read_back() {
        let ids = PROTOCOLS.iter().map(|protocol| protocol.id());
        let others = [6, 16, 17, 31]
            .into_iter()
            .filter_map(FamilyId::of_protocol);
        for family in ids.chain(others).chain(FamilyId::generic(29)) {
            for role in [Role::Events, Role::Dumps] {
                let described = Channel {
                    netns: NetnsId(3),
                    family,
                    role,
                };
                let (name, description) = describe(described);
                assert!(!name.starts_with('-'), "{name}");
                let description = description.unwrap();
                assert_eq!(channel(2, description.as_bytes()), Some(described));
            }
        }
    }

    #[test]
    fn the_first_interfaces_need_no_description() {
        assert_eq!(describe(Channel::ROUTE_EVENTS), ("events".into(), None));
        assert_eq!(describe(Channel::ROUTE_DUMPS), ("dumps".into(), None));
        assert_eq!(channel(0, b""), Some(Channel::ROUTE_EVENTS));
        assert_eq!(channel(1, b"x"), Some(Channel::ROUTE_DUMPS));
        assert_eq!(channel(2, b""), None);
    }

    #[test]
    fn an_unknown_family_has_no_channel() {
        let description = br#"{"protocol":32,"family":"xfrm","role":"events"}"#;
        assert_eq!(channel(2, description), None);
        let description = br#"{"protocol":16,"family":"generic","id":1024,"role":"events"}"#;
        assert_eq!(channel(2, description), None);
        let renamed = br#"{"protocol":0,"family":"xfrm","role":"events"}"#;
        assert_eq!(channel(2, renamed), None);
        let own = br#"{"protocol":0,"family":"route","role":"dumps"}"#;
        assert_eq!(channel(2, own), Some(Channel::ROUTE_DUMPS));
    }
}

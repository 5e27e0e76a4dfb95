//! Channels as pcapng interfaces. Interfaces 0 and 1 are the events and dumps of rtnetlink in the
//! program's own network namespace, as in recordings of version 0.1. Every further interface has
//! its channel as JSON in `if_description`.

use serde::{Deserialize, Serialize};

use crate::channel::{Channel, NetnsId, Role};
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
    /// Name of the family.
    family: String,
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
    let family = protocol(channel.family).map_or_else(|| number.to_string(), |it| it.name().into());
    let name = format!("{family}-{role}-{}", channel.netns.0);
    let description = Description {
        netns: channel.netns,
        protocol: number,
        family,
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
    let description: Description = serde_json::from_slice(description).ok()?;
    let protocol = PROTOCOLS
        .iter()
        .find(|it| it.id().protocol() == description.protocol && it.name() == description.family)?;
    Some(Channel {
        netns: description.netns,
        family: protocol.id(),
        role: description.role,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_described_channel_is_read_back() {
        for protocol in PROTOCOLS {
            for role in [Role::Events, Role::Dumps] {
                let described = Channel {
                    netns: NetnsId(3),
                    family: protocol.id(),
                    role,
                };
                let (name, description) = describe(described);
                assert!(name.starts_with(protocol.name()), "{name}");
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
        let description = br#"{"protocol":6,"family":"xfrm","role":"events"}"#;
        assert_eq!(channel(2, description), None);
        let renamed = br#"{"protocol":0,"family":"xfrm","role":"events"}"#;
        assert_eq!(channel(2, renamed), None);
        let own = br#"{"protocol":0,"family":"route","role":"dumps"}"#;
        assert_eq!(channel(2, own), Some(Channel::ROUTE_DUMPS));
    }
}

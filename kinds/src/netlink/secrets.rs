//! Secrets in netlink messages: keys and frames are set to zero before a message is written anywhere.

use super::attr::align;
use super::family::Protocol as _;
use super::frame::{Message, Messages};
use super::genl::nl80211::*;
use super::genl::{HEADER, command};
use super::other::other;
use super::raw::{NETLINK_XFRM, header_length};
use crate::channel::FamilyId;

/// An attribute with a secret, and the number of its bytes that are none.
type Secret = (u16, usize);

/// The attributes with secrets of a family.
struct Secrets {
    known: &'static [Secret],
    /// The same of some commands of generic netlink, instead.
    of_command: &'static [(u16, Secret)],
    /// A higher number is one of a newer kernel: all of it may be secret.
    highest: u16,
}

const NONE: Secrets = Secrets {
    known: &[],
    of_command: &[],
    highest: u16::MAX,
};

// linux/xfrm.h. A key follows the name of the algorithm, 64 bytes, and one or two numbers.
const XFRMA_ALG_AUTH: u16 = 1;
const XFRMA_ALG_CRYPT: u16 = 2;
const XFRMA_ALG_AEAD: u16 = 18;
const XFRMA_ALG_AUTH_TRUNC: u16 = 20;
const XFRM: Secrets = Secrets {
    known: &[
        (XFRMA_ALG_AUTH, 68),
        (XFRMA_ALG_CRYPT, 68),
        (XFRMA_ALG_AEAD, 72),
        (XFRMA_ALG_AUTH_TRUNC, 72),
    ],
    of_command: &[],
    // XFRMA_IPTFS_PKT_SIZE
    highest: 41,
};

// linux/nl80211.h: keys, and frames and information elements, in which handshakes are.
const NL80211_ATTR_KEY_DATA: u16 = 7;
const NL80211_ATTR_IE: u16 = 42;
const NL80211_ATTR_FRAME: u16 = 51;
const NL80211_ATTR_REQ_IE: u16 = 77;
const NL80211_ATTR_RESP_IE: u16 = 78;
const NL80211_ATTR_KEY: u16 = 80;
const NL80211_ATTR_KEYS: u16 = 81;
const NL80211_ATTR_PMKID: u16 = 85;
const NL80211_ATTR_REKEY_DATA: u16 = 122;
const NL80211_ATTR_AUTH_DATA: u16 = 156;
const NL80211_ATTR_FILS_KEK: u16 = 242;
const NL80211_ATTR_FILS_NONCES: u16 = 243;
const NL80211_ATTR_PMK: u16 = 254;
const NL80211_ATTR_SAE_PASSWORD: u16 = 277;
// In these frames the header, 24 bytes with the addresses, and status or reason are no secrets. Challenges, elements of
// SAE and information elements follow (IEEE 802.11, 9.3.3).
const STATUS_END: usize = 24 + 6;
const REASON_END: usize = 24 + 2;
const NL80211: Secrets = Secrets {
    known: &[
        (NL80211_ATTR_KEY_DATA, 0),
        (NL80211_ATTR_IE, 0),
        (NL80211_ATTR_FRAME, 0),
        (NL80211_ATTR_REQ_IE, 0),
        (NL80211_ATTR_RESP_IE, 0),
        (NL80211_ATTR_KEY, 0),
        (NL80211_ATTR_KEYS, 0),
        (NL80211_ATTR_PMKID, 0),
        (NL80211_ATTR_REKEY_DATA, 0),
        (NL80211_ATTR_AUTH_DATA, 0),
        (NL80211_ATTR_FILS_KEK, 0),
        (NL80211_ATTR_FILS_NONCES, 0),
        (NL80211_ATTR_PMK, 0),
        (NL80211_ATTR_SAE_PASSWORD, 0),
    ],
    of_command: &[
        (NL80211_CMD_AUTHENTICATE, (NL80211_ATTR_FRAME, STATUS_END)),
        (NL80211_CMD_ASSOCIATE, (NL80211_ATTR_FRAME, STATUS_END)),
        (NL80211_CMD_DEAUTHENTICATE, (NL80211_ATTR_FRAME, REASON_END)),
        (NL80211_CMD_DISASSOCIATE, (NL80211_ATTR_FRAME, REASON_END)),
        (
            NL80211_CMD_UNPROT_DEAUTHENTICATE,
            (NL80211_ATTR_FRAME, REASON_END),
        ),
        (
            NL80211_CMD_UNPROT_DISASSOCIATE,
            (NL80211_ATTR_FRAME, REASON_END),
        ),
    ],
    highest: u16::MAX,
};

/// The attributes with secrets of a protocol, or of the generic netlink family of that name; none for
/// nearly all.
#[inline]
fn secrets(id: FamilyId, name: Option<&str>) -> &'static Secrets {
    match (id.protocol(), name) {
        (NETLINK_XFRM, _) => &XFRM,
        _ if id == FamilyId::NL80211 || id.is_generic() && name == Some("nl80211") => &NL80211,
        _ => &NONE,
    }
}

/// Records of audit with command lines, and what was typed (linux/audit.h): `AUDIT_USER_CMD`, `AUDIT_USER_TTY`,
/// `AUDIT_EXECVE`, `AUDIT_TTY`, `AUDIT_PROCTITLE`.
const COMMANDS: &[u16] = &[1123, 1124, 1309, 1319, 1327];

/// A copy of a datagram of audit with zeros behind the number of each such record; `None` if it has none.
fn redacted_records(datagram: &[u8]) -> Option<Vec<u8>> {
    const STAMP: &[u8] = b"): ";
    let mut bytes = None::<Vec<u8>>;
    let mut at = 0;
    for message in Messages::new(datagram) {
        let Some(message) = message.map_or_else(Message::incomplete, Some) else {
            break;
        };
        let end = at + message.bytes.len();
        if COMMANDS.contains(&message.kind) {
            let body = message.body;
            let stamp = body.windows(STAMP.len()).position(|it| it == STAMP);
            let secret = body.len() - stamp.map_or(0, |stamp| stamp + STAMP.len());
            bytes.get_or_insert_with(|| datagram.to_vec())[end - secret..end].fill(0);
        }
        at = (at + align(message.bytes.len())).min(datagram.len());
    }
    bytes
}

/// A copy of a datagram with zeros in place of its secrets; `None` if its family has none. `name`: of
/// a generic netlink family.
#[inline]
pub fn redacted(id: FamilyId, name: Option<&str>, datagram: &[u8]) -> Option<Vec<u8>> {
    if id == FamilyId::AUDIT {
        return redacted_records(datagram);
    }
    let secrets = secrets(id, name);
    match secrets.known.is_empty() {
        true => None,
        false => Some(without(secrets, id, datagram)),
    }
}

fn without(secrets: &Secrets, id: FamilyId, datagram: &[u8]) -> Vec<u8> {
    let mut bytes = datagram.to_vec();
    let mut at = 0;
    for message in Messages::new(datagram) {
        let message = match message {
            Ok(message) => message,
            // What is there of a message that was cut off.
            Err(rest) => match Message::incomplete(rest) {
                Some(message) => message,
                None => break,
            },
        };
        let header = match id.is_generic() {
            true => Some(HEADER),
            false => header_length(id.protocol(), other(id).message_type(&message)),
        };
        let start = at + message.bytes.len() - message.body.len();
        let end = at + message.bytes.len();
        let command = id.is_generic().then(|| command(&message));
        match header {
            Some(header) => redact(secrets, command, &mut bytes[(start + header).min(end)..end]),
            // The end of a dump, and an error, of which the request that it repeats may have secrets.
            None if message.is_control() => bytes[(start + 4).min(end)..end].fill(0),
            // A type whose header is not known may have secrets anywhere.
            None => bytes[start..end].fill(0),
        }
        at = (at + align(message.bytes.len())).min(bytes.len());
    }
    bytes
}

fn redact(secrets: &Secrets, command: Option<u16>, mut bytes: &mut [u8]) {
    const ATTR: usize = 4;
    while let Some(header) = bytes.first_chunk::<ATTR>() {
        let stated = usize::from(u16::from_ne_bytes([header[0], header[1]]));
        let kind = u16::from_ne_bytes([header[2], header[3]]) & super::attr::TYPE_MASK;
        // Of an attribute that was cut off, what is there.
        let length = stated.clamp(ATTR, bytes.len());
        let of_command = secrets.of_command.iter();
        let mut of_command = of_command.filter(|(it, _)| Some(*it) == command);
        let secret = of_command.find_map(|(_, secret)| (secret.0 == kind).then_some(secret));
        let secret = secret.or_else(|| secrets.known.iter().find(|(it, _)| *it == kind));
        let open = match secret {
            Some((_, open)) => ATTR + open,
            None if kind > secrets.highest => ATTR,
            None => length,
        };
        bytes[open.min(length)..length].fill(0);
        let next = align(length).min(bytes.len());
        bytes = &mut bytes[next..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::build::{attr, message};

    fn xfrm() -> FamilyId {
        FamilyId::of_protocol(NETLINK_XFRM).unwrap()
    }

    #[test]
    fn keys_of_every_message_are_zero_and_everything_else_is_kept() {
        let algorithm = [&[7; 68][..], &[0xaa; 16]].concat();
        let body = |key: u8| {
            let algorithm = [&algorithm[..68], &[key; 16]].concat();
            [&[1; 224][..], &attr(2, &algorithm), &attr(8, &[0xaa; 4])].concat()
        };
        let datagram = |key| [message(16, &body(key)), message(16, &body(key))].concat();
        let redacted = redacted(xfrm(), None, &datagram(0xaa)).unwrap();
        assert_eq!(redacted, datagram(0));
    }

    #[test]
    fn a_key_that_was_cut_off_is_zero_too() {
        let algorithm = [&[7; 68][..], &[0xaa; 16]].concat();
        let whole = message(16, &[&[1; 224][..], &attr(2, &algorithm)].concat());
        for length in whole.len() - 15..whole.len() {
            let redacted = redacted(xfrm(), None, &whole[..length]).unwrap();
            assert_eq!(redacted.len(), length);
            assert!(!redacted.contains(&0xaa), "{length}");
        }
    }

    #[test]
    fn what_a_newer_kernel_sends_is_zero() {
        let body = |byte| [&[1; 224][..], &attr(42, &[byte; 8]), &attr(41, &[0xaa; 4])].concat();
        let found = redacted(xfrm(), None, &message(16, &body(0xaa)));
        assert_eq!(found, Some(message(16, &body(0))));
        // A message of an unknown type, and an error, which repeats its request.
        let found = redacted(xfrm(), None, &message(99, &[0xaa; 20]));
        assert_eq!(found, Some(message(99, &[0; 20])));
        let error = |byte| [&[0xea; 4][..], &[byte; 40]].concat();
        let found = redacted(xfrm(), None, &message(2, &error(0xaa)));
        assert_eq!(found, Some(message(2, &error(0))));
    }

    #[test]
    fn frames_of_wireless_devices_are_zero() {
        let id = FamilyId::generic(33).unwrap();
        let body = |frame| {
            [
                &[59, 1, 0, 0][..],
                &attr(3, &[5; 4]),
                &attr(51, &[frame; 30]),
            ]
            .concat()
        };
        let redacted = redacted(id, Some("nl80211"), &message(33, &body(0xaa)));
        assert_eq!(redacted, Some(message(33, &body(0))));
    }

    /// The header of a frame that ends a connection and its reason are left, and not what follows.
    #[test]
    fn the_fixed_fields_of_a_frame_that_ends_a_connection_are_kept() {
        let body = |command, frame: &[u8]| [&[command, 1, 0, 0][..], &attr(51, frame)].concat();
        for (command, open) in [(37, 30), (38, 30), (39, 26), (40, 26), (70, 26), (71, 26)] {
            for id in [FamilyId::generic(33).unwrap(), FamilyId::NL80211] {
                let found = redacted(
                    id,
                    Some("nl80211"),
                    &message(33, &body(command, &[0xaa; 60])),
                );
                let kept = [vec![0xaa; open], vec![0; 60 - open]].concat();
                assert_eq!(found, Some(message(33, &body(command, &kept))), "{command}");
            }
        }
    }

    #[test]
    fn command_lines_in_records_of_audit_are_zero() {
        let record = |kind, text: &str| message(kind, text.as_bytes());
        let hidden = |kind, open: &str, secret: usize| {
            message(kind, &[open.as_bytes(), &vec![0; secret]].concat())
        };
        let other = record(1325, "audit(1.001:2): table=t family=2 entries=444");
        let datagram = [
            other.clone(),
            record(1309, "audit(1.001:2): argc=1 a0=\"secret!!\""),
            record(1327, "proctitle=secret"),
        ]
        .concat();
        let expected = [
            other.clone(),
            hidden(1309, "audit(1.001:2): ", 20),
            hidden(1327, "", 16),
        ]
        .concat();
        assert_eq!(redacted(FamilyId::AUDIT, None, &datagram), Some(expected));
        assert_eq!(redacted(FamilyId::AUDIT, None, &other), None);
        // One that was cut off.
        let cut = &datagram[..datagram.len() - 5];
        let found = redacted(FamilyId::AUDIT, None, cut).unwrap();
        assert_eq!(found.len(), cut.len());
        assert!(!found.windows(3).any(|it| it == b"sec"));
    }

    #[test]
    fn other_families_are_not_copied() {
        assert_eq!(
            redacted(FamilyId::generic(33).unwrap(), Some("ethtool"), &[0; 20]),
            None
        );
        assert_eq!(redacted(FamilyId::ROUTE, None, &[0; 20]), None);
    }
}

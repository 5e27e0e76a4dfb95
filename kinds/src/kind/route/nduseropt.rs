//! `kind:"nduseropt"`: options of a router advertisement for user space, such as name servers
//! (`RTM_NEWNDUSEROPT`).

use std::net::{IpAddr, Ipv6Addr};

use nlstream_derive::{Attributes, Object};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::prefix::FLAGS as PREFIX_FLAGS;
use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::attributes::{AttrDecl, Attributes};
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Emit, KindSpec, MessageAction, Trigger, Triggers};
use crate::kind::wire::{family, u16_at, u32_at};
use crate::netlink::attr::AttrError;
use crate::netlink::frame::Message;
use crate::netlink::rtm::RTM_NEWNDUSEROPT;
use crate::value::{Flags, Hex, IfName, Prefix, Symbol};

/// Options of a neighbour discovery message (`struct nduseroptmsg`, linux/rtnetlink.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, Object)]
#[state(device(ifindex, dev))]
pub struct Nduseropt {
    /// Address family: `inet6`.
    pub family: Symbol,
    /// Index of the device that received the message.
    pub ifindex: u32,
    /// Name of the device.
    pub dev: Option<IfName>,
    /// Address of the sender.
    #[nla(NDUSEROPT_SRCADDR = 1)]
    pub src: Option<IpAddr>,
    /// Type of the ICMPv6 message: 134 is a router advertisement.
    pub icmp_type: u8,
    /// Code of the ICMPv6 message.
    pub icmp_code: u8,
    /// Options, in order.
    pub options: Vec<NdOption>,
}

/// An option (RFC 4861). Its fields depend on `type`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct NdOption {
    /// `rdnss` (RFC 8106: name servers), `dnssl` (search list), `prefix_information`,
    /// `route_information` (RFC 4191), `captive_portal` (RFC 8910), `pref64` (RFC 8781), else
    /// its number.
    pub r#type: Symbol,
    /// Lifetime in seconds; 4294967295 is infinite.
    pub lifetime: Option<u32>,
    /// prefix_information: preferred lifetime of addresses in seconds; 4294967295 is infinite.
    pub preferred_lifetime: Option<u32>,
    /// rdnss: name servers.
    pub servers: Option<Vec<Ipv6Addr>>,
    /// dnssl: domains.
    pub domains: Option<Vec<String>>,
    /// prefix_information, route_information, pref64: prefix.
    pub prefix: Option<Prefix>,
    /// route_information: preference, `low`, `medium`, `high`.
    pub pref: Option<Symbol>,
    /// prefix_information: `onlink`, `autoconf`, `router_address`, `pd_preferred`.
    pub flags: Option<Flags>,
    /// captive_portal: URI of the portal's API.
    pub uri: Option<String>,
    /// The complete option, if it could not be decoded.
    pub hex: Option<Hex>,
}

/// Option types, by their IANA numbers.
const TYPES: &[(u32, &str)] = &[
    (3, "prefix_information"),
    (24, "route_information"),
    (25, "rdnss"),
    (31, "dnssl"),
    (37, "captive_portal"),
    (38, "pref64"),
];

impl KindSpec for Nduseropt {
    const MESSAGES: &'static [u16] = &[RTM_NEWNDUSEROPT];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let (header, rest) = message.body.split_first_chunk::<16>()?;
        // The options of the packet are between the header and the attributes (ndisc_ra_useropt,
        // net/ipv6/ndisc.c).
        let (options, attributes) = rest.split_at_checked(usize::from(u16_at(header, 2)))?;
        let mut nduseropt = Nduseropt {
            family: family(header[0]),
            ifindex: u32_at(header, 4),
            icmp_type: header[8],
            icmp_code: header[9],
            options: NdOption::list(context, options),
            ..Default::default()
        };
        nduseropt.attributes(context, attributes);
        emit.object_as(context, MessageAction::Notify, nduseropt)
    }

    fn triggers(&self, _op: Op, _old: Option<&Self>) -> Triggers {
        // The router may have advertised an MTU or a hop limit as well.
        Triggers::of(&[Trigger::Metrics])
    }
}

impl NdOption {
    /// Reads consecutive options, of which the length is counted in units of 8 bytes.
    fn list(context: &mut DecodeContext<'_>, mut bytes: &[u8]) -> Vec<Self> {
        let mut list = Vec::new();
        while let [number, units, ..] = *bytes {
            let length = 8 * usize::from(units);
            let Some((bytes_of, rest)) = bytes.split_at_checked(length).filter(|_| length > 0)
            else {
                break;
            };
            let mut option = NdOption::default();
            if option.read(number, bytes_of).is_none() {
                option = NdOption {
                    hex: Some(Hex(bytes_of.into())),
                    ..NdOption::default()
                };
            }
            option.r#type = Symbol::of(u32::from(number), TYPES);
            list.push(option);
            bytes = rest;
        }
        if !bytes.is_empty() {
            context.record_unparsed(None, AttrError::Malformed, bytes);
        }
        list
    }

    /// Reads the fields of an option. Returns `None` if the option is malformed or its type not known.
    fn read(&mut self, number: u8, option: &[u8]) -> Option<()> {
        let u32_at = |at: usize| {
            option
                .get(at..)?
                .first_chunk()
                .copied()
                .map(u32::from_be_bytes)
        };
        match number {
            3 => {
                self.prefix = Some(prefix(option.get(16..32)?, *option.get(2)?)?);
                self.flags = Some(Flags::new(u64::from(*option.get(3)?), PREFIX_FLAGS));
                (self.lifetime, self.preferred_lifetime) = (Some(u32_at(4)?), Some(u32_at(8)?));
            }
            24 => {
                self.prefix = Some(prefix(option.get(8..)?, *option.get(2)?)?);
                let prefs = &[(0, "medium"), (1, "high"), (3, "low")];
                self.pref = Some(Symbol::of(u32::from(option.get(3)? >> 3 & 3), prefs));
                self.lifetime = Some(u32_at(4)?);
            }
            25 => {
                self.lifetime = Some(u32_at(4)?);
                let (servers, []) = option.get(8..)?.as_chunks::<16>() else {
                    return None;
                };
                self.servers = Some(servers.iter().copied().map(Ipv6Addr::from).collect());
            }
            31 => {
                self.lifetime = Some(u32_at(4)?);
                self.domains = Some(domains(option.get(8..)?)?);
            }
            37 => {
                let uri = std::str::from_utf8(option.get(2..)?).ok()?;
                self.uri = Some(uri.trim_end_matches('\0').to_owned());
            }
            38 => {
                // The lower three bits are the prefix length, the others the lifetime in units of 8 s.
                let scaled = u16::from_be_bytes([*option.get(2)?, *option.get(3)?]);
                let length = *[96, 64, 56, 48, 40, 32].get(usize::from(scaled & 7))?;
                self.prefix = Some(prefix(option.get(4..16)?, length)?);
                self.lifetime = Some(u32::from(scaled & !7));
            }
            _ => return None,
        }
        Some(())
    }
}

/// Reads a prefix, of which the sender may omit the last bytes.
fn prefix(bytes: &[u8], length: u8) -> Option<Prefix> {
    if length > 128 || usize::from(length) > 8 * bytes.len() || bytes.len() > 16 {
        return None;
    }
    let mut address = [0; 16];
    address[..bytes.len()].copy_from_slice(bytes);
    let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
    Some(Prefix {
        address: IpAddr::V6(Ipv6Addr::from(u128::from_be_bytes(address) & mask)),
        length,
    })
}

/// Reads DNS names (RFC 1035, 3.1) without pointers, which may be followed by padding of zeros.
fn domains(mut bytes: &[u8]) -> Option<Vec<String>> {
    let mut all = Vec::new();
    let mut labels: Vec<String> = Vec::new();
    while let Some((length, rest)) = bytes.split_first() {
        if *length == 0 {
            if !labels.is_empty() {
                all.push(std::mem::take(&mut labels).join("."));
            }
            bytes = rest;
            continue;
        }
        let (label, rest) = rest.split_at_checked(usize::from(*length))?;
        labels.push(String::from_utf8_lossy(label).into_owned());
        bytes = rest;
    }
    labels.is_empty().then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(bytes: &[u8]) -> NdOption {
        let mut option = NdOption::default();
        option.read(bytes[0], bytes).expect("a well-formed option");
        option
    }

    #[test]
    fn every_type_of_option_is_decoded() {
        // RFC 8106, 5.2: lifetime 600, "example.org" and "lab".
        let dnssl = option(b"\x1f\x04\0\0\0\0\x02\x58\x07example\x03org\0\x03lab\0\0\0\0\0\0\0");
        assert_eq!(dnssl.domains.unwrap(), ["example.org", "lab"]);
        assert_eq!(dnssl.lifetime, Some(600));
        // RFC 8781, 4: 64:ff9b::/96 for 1800 s.
        let pref64 = option(&[38, 2, 7, 8, 0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(pref64.prefix.unwrap().to_string(), "64:ff9b::/96");
        assert_eq!(pref64.lifetime, Some(1800));
        // RFC 4191, 2.3: 2001:db8::/32, high, 60 s.
        let route = option(&[24, 2, 32, 8, 0, 0, 0, 60, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0]);
        assert_eq!(route.prefix.unwrap().to_string(), "2001:db8::/32");
        assert!(route.pref.unwrap().is("high"));
        let portal = option(b"\x25\x02https://a.b\0\0\0");
        assert_eq!(portal.uri.unwrap(), "https://a.b");
    }

    #[test]
    fn malformed_option_has_no_fields() {
        let mut option = NdOption::default();
        for bytes in [
            &[25, 1, 0][..],
            &[31, 1, 0, 0, 0, 0, 0, 0, 9],
            &[38, 1, 0, 7],
            &[99],
        ] {
            assert_eq!(option.read(bytes[0], bytes), None, "{bytes:?}");
        }
    }
}

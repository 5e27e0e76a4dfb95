//! `RTM_NEWNDUSEROPT` → [`Nduseropt`].

use std::net::{IpAddr, Ipv6Addr};

use super::context::DecodeContext;
use super::wire::family;
use crate::event::nduseropt::{NdOption, Nduseropt};
use crate::event::values::{Flags, Hex, Prefix, Symbol};
use crate::kind::route::prefix::FLAGS as PREFIX_FLAGS;
use crate::netlink::attr::AttrError;

const NDUSEROPT_SRCADDR: u16 = 1;

/// The types of options, by their numbers at IANA.
const TYPES: &[(u32, &str)] = &[
    (3, "prefix_information"),
    (24, "route_information"),
    (25, "rdnss"),
    (31, "dnssl"),
    (37, "captive_portal"),
    (38, "pref64"),
];

/// What `body` says: a `struct nduseroptmsg`, the options, and attributes. `None` where it is too
/// short.
pub fn decode(context: &mut DecodeContext<'_>, body: &[u8]) -> Option<Nduseropt> {
    let (header, rest) = body.split_first_chunk::<16>()?;
    let length = usize::from(u16::from_ne_bytes([header[2], header[3]]));
    let (mut options, attributes) = rest.split_at_checked(length)?;
    let mut it = Nduseropt {
        family: family(header[0]),
        ifindex: u32::from_ne_bytes([header[4], header[5], header[6], header[7]]),
        icmp_type: header[8],
        icmp_code: header[9],
        ..Default::default()
    };
    // The length of an option is counted in eights of bytes.
    while let [kind, eights, ..] = *options {
        let length = 8 * usize::from(eights);
        let Some((whole, others)) = options.split_at_checked(length).filter(|_| length > 0) else {
            break;
        };
        let mut option = NdOption::default();
        if fill(&mut option, kind, whole).is_none() {
            option = NdOption {
                hex: Some(Hex(whole.into())),
                ..NdOption::default()
            };
        }
        option.r#type = Symbol::of(u32::from(kind), TYPES);
        it.options.push(option);
        options = others;
    }
    if !options.is_empty() {
        context.record_unparsed(None, AttrError::Malformed, options);
    }
    context.each(attributes, |_, attr| {
        match attr.kind {
            NDUSEROPT_SRCADDR => it.src = Some(attr.ip()?),
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    });
    Some(it)
}

/// Fills in what an option says. `None` where it is not what its type says.
fn fill(it: &mut NdOption, kind: u8, option: &[u8]) -> Option<()> {
    let word = |at: usize| {
        option
            .get(at..)?
            .first_chunk()
            .copied()
            .map(u32::from_be_bytes)
    };
    match kind {
        3 => {
            it.prefix = Some(prefix(option.get(16..32)?, *option.get(2)?)?);
            it.flags = Some(Flags::new(u64::from(*option.get(3)?), PREFIX_FLAGS));
            (it.lifetime, it.preferred_lifetime) = (Some(word(4)?), Some(word(8)?));
        }
        24 => {
            it.prefix = Some(prefix(option.get(8..)?, *option.get(2)?)?);
            let prefs = &[(0, "medium"), (1, "high"), (3, "low")];
            it.pref = Some(Symbol::of(u32::from(option.get(3)? >> 3 & 3), prefs));
            it.lifetime = Some(word(4)?);
        }
        25 => {
            it.lifetime = Some(word(4)?);
            let (servers, []) = option.get(8..)?.as_chunks::<16>() else {
                return None;
            };
            it.servers = Some(servers.iter().copied().map(Ipv6Addr::from).collect());
        }
        31 => {
            it.lifetime = Some(word(4)?);
            it.domains = Some(domains(option.get(8..)?)?);
        }
        37 => {
            let uri = std::str::from_utf8(option.get(2..)?).ok()?;
            it.uri = Some(uri.trim_end_matches('\0').to_owned());
        }
        38 => {
            // The lower three bits say the length, the others eights of seconds.
            let scaled = u16::from_be_bytes([*option.get(2)?, *option.get(3)?]);
            let length = *[96, 64, 56, 48, 40, 32].get(usize::from(scaled & 7))?;
            it.prefix = Some(prefix(option.get(4..16)?, length)?);
            it.lifetime = Some(u32::from(scaled & !7));
        }
        _ => return None,
    }
    Some(())
}

/// A prefix of which the last bytes may be left out.
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

/// Names as in DNS (RFC 1035, 3.1), without pointers; zeros at the end are padding.
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
        let mut it = NdOption::default();
        fill(&mut it, bytes[0], bytes).expect("it is whole");
        it
    }

    #[test]
    fn every_type_of_option() {
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
    fn an_option_that_is_not_what_its_type_says_is_kept() {
        let mut it = NdOption::default();
        for bytes in [
            &[25, 1, 0][..],
            &[31, 1, 0, 0, 0, 0, 0, 0, 9],
            &[38, 1, 0, 7],
            &[99],
        ] {
            assert_eq!(fill(&mut it, bytes[0], bytes), None, "{bytes:?}");
        }
    }
}

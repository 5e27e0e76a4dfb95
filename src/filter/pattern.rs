//! What the values of a property are compared with: names with wildcards, and prefixes.

use std::borrow::Cow;
use std::net::IpAddr;

use glob::{MatchOptions, Pattern as Glob};

use super::fault::Fault;
use crate::kind::property::{Value, bits};

/// What the values of a property are compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Pattern {
    /// The name of a device.
    Device(Glob),
    /// A name or a number, in upper or lower case.
    Word(Word),
    /// An address or a prefix.
    Prefix(PrefixPattern),
}

impl Pattern {
    pub(super) fn matches(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Pattern::Device(glob), Value::Device(name)) => {
                glob.matches(&String::from_utf8_lossy(name))
            }
            (Pattern::Device(glob), Value::Word(name)) => glob.matches(name),
            (Pattern::Word(word), Value::Word(name)) => word.matches(name),
            (Pattern::Word(Word::Name(name)), Value::Number(number)) => name.parse() == Ok(number),
            (Pattern::Word(word), Value::Number(number)) => word.matches(&number.to_string()),
            (Pattern::Prefix(pattern), Value::Address(address, length)) => {
                pattern.matches(address, length)
            }
            (Pattern::Prefix(pattern), Value::Word(text)) => {
                Network::lenient(text).is_some_and(|it| pattern.matches(it.address, it.length))
            }
            _ => false,
        }
    }
}

impl Pattern {
    /// Returns true if this is one of the names, and no pattern of names.
    pub(super) fn is_one_of(&self, names: &[(u32, &str)]) -> bool {
        let is = |name: &str| names.iter().any(|(_, it)| it.eq_ignore_ascii_case(name));
        matches!(self, Pattern::Word(Word::Name(name)) if is(name))
    }
}

/// Returns true if the text has wildcards.
pub(super) fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// # Errors
/// If the pattern is malformed.
pub(super) fn glob(text: &str) -> Result<Glob, Fault> {
    // `**` is a pattern of paths: a name has no parts.
    let mut plain = Cow::Borrowed(text);
    while plain.contains("**") {
        plain = plain.replace("**", "*").into();
    }
    Glob::new(&plain).map_err(|error| match text.rfind('[') {
        Some(at) => Fault::at(text, at, "`[` without the `]` of its set of characters"),
        None => Fault::new(text, error.msg),
    })
}

/// A name, or a pattern of names.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    Name(String),
    Glob(Glob),
}

impl Word {
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        Ok(match is_glob(text) {
            true => Word::Glob(glob(text)?),
            false => Word::Name(text.to_owned()),
        })
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Word::Name(word) => word.eq_ignore_ascii_case(name),
            Word::Glob(glob) => glob.matches_with(
                name,
                MatchOptions {
                    case_sensitive: false,
                    ..MatchOptions::default()
                },
            ),
        }
    }
}

/// How a prefix is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    /// It is the prefix, or an address with it.
    Equal,
    /// It lies in the prefix.
    Within,
    /// The prefix, or the address, lies in it.
    Covers,
}

/// The relations that a value may begin with.
const RELATIONS: &[(&str, Relation)] =
    &[("within", Relation::Within), ("covers", Relation::Covers)];

/// An address or a prefix, and how others are compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PrefixPattern {
    relation: Relation,
    network: Network,
}

impl PrefixPattern {
    /// Parses `CIDR`, `within:CIDR` or `covers:CIDR`.
    ///
    /// # Errors
    /// If it is something else, or if the address has bits beyond the length where they have no
    /// meaning.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let word = text.split(':').next().unwrap_or_default();
        // An IPv6 address begins with hexadecimal digits and a colon, too.
        let is_word = word.len() > 4 || word.chars().any(|c| !c.is_ascii_hexdigit());
        let (relation, at) = match text.strip_prefix(word) {
            Some(rest) if is_word && rest.starts_with(':') && !word.contains(['.', '/']) => {
                let found = RELATIONS.iter().find(|(name, _)| *name == word);
                let Some((_, relation)) = found else {
                    let names = ["within", "covers"];
                    return Err(Fault::unknown(text, 0, "relation", word, &names));
                };
                (*relation, word.len() + 1)
            }
            _ => (Relation::Equal, 0),
        };
        let network = Network::parse(&text[at..]).map_err(|fault| fault.within(text, at))?;
        if relation != Relation::Equal && network.has_host_bits() {
            let (masked, length) = (network.masked(), network.length);
            let reason = format!(
                "the address has bits beyond the prefix length {length}; did you mean `{masked}/{length}`?"
            );
            return Err(Fault::at(text, at, reason));
        }
        Ok(PrefixPattern { relation, network })
    }

    fn matches(&self, address: IpAddr, length: u8) -> bool {
        let (wanted, other) = (self.network, Network { address, length });
        match self.relation {
            Relation::Equal => {
                let is_address = wanted.length == bits(wanted.address);
                let is_same = wanted.length == length
                    && (wanted.address == address || wanted.address == other.masked());
                is_same || (is_address && wanted.address == address)
            }
            // An address with the length of its subnet lies wherever the address does.
            Relation::Within => {
                let is_longer = length >= wanted.length || other.has_host_bits();
                is_longer && wanted.contains(address)
            }
            Relation::Covers => length <= wanted.length && other.contains(wanted.address),
        }
    }
}

/// An address and the length of its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    length: u8,
}

impl Network {
    /// Parses `ADDRESS` or `ADDRESS/LENGTH`, as a user writes it.
    fn parse(text: &str) -> Result<Self, Fault> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let ip: IpAddr = address.parse().map_err(|_| {
            let reason = match address {
                "" => "an address or a prefix is missing: 192.0.2.0/24, 2001:db8::/32".to_owned(),
                _ => address_fault(address),
            };
            Fault::at(text, 0, reason)
        })?;
        let most = bits(ip);
        let Some(digits) = length else {
            return Ok(Network {
                address: ip,
                length: most,
            });
        };
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        match digits
            .parse::<u8>()
            .ok()
            .filter(|it| is_number && *it <= most)
        {
            Some(length) => Ok(Network {
                address: ip,
                length,
            }),
            None => {
                let reason = format!("`{digits}` is no prefix length: 0 to {most} bits");
                Err(Fault::at(text, address.len() + 1, reason))
            }
        }
    }

    /// Parses what a line has.
    fn lenient(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        Some(Network {
            address,
            length: length.unwrap_or(bits(address)),
        })
    }

    /// The address without the bits beyond the length.
    fn masked(self) -> IpAddr {
        let zeros = bits(self.address).saturating_sub(self.length);
        match self.address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(u32::from(zeros)).unwrap_or(0);
                IpAddr::V4((v4.to_bits() & mask).into())
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(u32::from(zeros)).unwrap_or(0);
                IpAddr::V6((v6.to_bits() & mask).into())
            }
        }
    }

    fn has_host_bits(self) -> bool {
        self.masked() != self.address
    }

    fn contains(self, address: IpAddr) -> bool {
        let length = self.length;
        let other = Network { address, length };
        bits(address) == bits(self.address) && other.masked() == self.masked()
    }
}

/// Why a text is no address.
fn address_fault(text: &str) -> String {
    let is_v4 = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let parts = text.split('.').filter(|part| !part.is_empty()).count();
    if is_v4 && parts < 4 {
        let zeros = ".0".repeat(4 - parts.max(1));
        let whole = text.trim_end_matches('.');
        return format!("`{text}` is no complete IPv4 address; did you mean `{whole}{zeros}`?");
    }
    format!("`{text}` is no IPv4 or IPv6 address")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(pattern: &str, value: &str) -> bool {
        let pattern = PrefixPattern::parse(pattern).unwrap();
        Pattern::Prefix(pattern).matches(Value::Word(value))
    }

    #[test]
    fn prefixes_are_compared_by_their_relation() {
        for (pattern, matching, others) in [
            (
                "192.0.2.0/24",
                &["192.0.2.0/24", "192.0.2.7/24"][..],
                &["192.0.2.0/25", "192.0.2.7", "192.0.0.0/16", "::/24", "text"][..],
            ),
            (
                "192.0.2.7",
                &["192.0.2.7", "192.0.2.7/32", "192.0.2.7/24"],
                &["192.0.2.8", "192.0.2.0/24"],
            ),
            (
                "192.0.2.7/24",
                &["192.0.2.7/24"],
                &["192.0.2.0/24", "192.0.2.7/32"],
            ),
            (
                "within:192.0.2.0/24",
                &[
                    "192.0.2.0/24",
                    "192.0.2.128/25",
                    "192.0.2.7",
                    "192.0.2.7/16",
                ],
                &["192.0.0.0/16", "192.0.3.0/24", "0.0.0.0/0", "2001:db8::1"],
            ),
            (
                "covers:192.0.2.7",
                &["192.0.2.7", "192.0.2.0/24", "0.0.0.0/0", "192.0.2.9/24"],
                &["192.0.2.8/32", "192.0.3.0/24", "::/0"],
            ),
            (
                "covers:192.0.2.0/24",
                &["192.0.2.0/24", "192.0.0.0/16"],
                &["192.0.2.0/25"],
            ),
            ("within:0.0.0.0/0", &["10.0.0.1", "0.0.0.0/0"], &["::1"]),
            ("fe80::/10", &["fe80::/10"], &["fe80::/64"]),
            (
                "dead:beef::1",
                &["dead:beef::1", "dead:beef::1/64"],
                &["dead:beef::/64"],
            ),
            (
                "within:2001:db8::/32",
                &["2001:db8:7::/48"],
                &["2001:db9::/48", "32.1.13.184"],
            ),
            (
                "covers:2001:db8::7",
                &["2001:db8::/32", "::/0"],
                &["2001:db9::/32"],
            ),
            ("::/0", &["::/0"], &["0.0.0.0/0", "2001:db8::/32"]),
        ] {
            for value in matching {
                assert!(prefix(pattern, value), "{pattern} and {value}");
            }
            for value in others {
                assert!(!prefix(pattern, value), "{pattern} but not {value}");
            }
        }
    }

    #[test]
    fn every_length_masks_the_bits_beyond_it() {
        for length in 0..=32 {
            let network = Network::parse(&format!("255.255.255.255/{length}")).unwrap();
            let IpAddr::V4(masked) = network.masked() else {
                panic!("IPv6");
            };
            assert_eq!(masked.to_bits().count_ones(), length);
        }
        for length in 0..=128 {
            let network = Network::parse(&format!("{}/{length}", "ffff:".repeat(7) + "ffff"));
            let IpAddr::V6(masked) = network.unwrap().masked() else {
                panic!("IPv4");
            };
            assert_eq!(masked.to_bits().count_ones(), length);
        }
    }

    #[test]
    fn names_have_wildcards_and_no_case() {
        let word = |pattern: &str, name: &str| Word::parse(pattern).unwrap().matches(name);
        assert!(word("reachable", "REACHABLE") && word("RE*", "reachable"));
        assert!(!word("reach", "REACHABLE") && !word("?", "ab") && word("[a-c]?", "bx"));
        let device = |pattern: &str, name: &'static [u8]| {
            Pattern::Device(glob(pattern).unwrap()).matches(Value::Device(name))
        };
        assert!(device("eth*", b"eth0") && device("eth[!0]", b"eth1") && device("**", b"x"));
        assert!(!device("ETH*", b"eth0") && !device("eth", b"eth0"));
        assert!(device("v\u{fffd}", b"v\xff") && device("v?", b"v\xff"));
    }
}

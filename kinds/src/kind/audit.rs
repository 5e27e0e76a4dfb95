//! `kind:"netfilter_cfg"`: a change of a table of netfilter, as audit records it (`AUDIT_NETFILTER_CFG`). The only
//! message of the kernel about the tables of legacy iptables.

use jiff::Timestamp;
use nlstream_derive::Object;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::context::DecodeContext;
use super::nft::FAMILIES;
use super::spec::KindSpec;
use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::netlink::audit::AUDIT_NETFILTER_CFG;
use crate::value::{Symbol, Text, Time};

/// A change of a table of netfilter: of legacy iptables, ip6tables, arptables or ebtables (`xt_replace` is a change of
/// rules), or of nftables. The record of audit says so while auditing is enabled.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Object)]
#[state(no_property(family, table))]
pub struct NetfilterCfg {
    /// Family of the table: `ip`, `ip6`, `inet`, `arp`, `bridge`, `netdev`.
    pub family: Symbol,
    /// Name of the table.
    pub table: Text,
    /// Number of the transaction of nftables.
    pub generation: Option<u32>,
    /// What was done: `xt_register`, `xt_replace`, `xt_unregister`, `nft_register_rule`, `nft_unregister_chain` …
    /// Linux 5.9 and later.
    pub operation: Option<String>,
    /// Number of entries: of legacy iptables, rules and chains' ends in the table, of nftables, objects of the
    /// operation.
    pub entries: u32,
    /// The process, Linux 5.12 and later: its id in the first process id namespace.
    pub pid: Option<u32>,
    /// Name of the thread.
    pub comm: Option<Text>,
    /// Security label of the process.
    pub subject: Option<Text>,
    /// When the kernel made the record, with milliseconds.
    pub record_time: Option<Time>,
    /// Number of the event in the audit log. Several records may have it.
    pub serial: u64,
}

impl KindSpec for NetfilterCfg {
    const NETLINK_FAMILY: FamilyId = FamilyId::AUDIT;
    const MESSAGES: &'static [u16] = &[AUDIT_NETFILTER_CFG];

    fn from_body(_: &mut DecodeContext<'_>, body: &[u8]) -> Option<Self> {
        Self::parse(body)
    }
}

/// How many places in a record may be where the fields behind the name of the table begin.
const MAX_PLACES: usize = 8;

impl NetfilterCfg {
    /// Reads a record, as `audit_log_nfcfg` writes it. `None` if it has another form.
    ///
    /// `audit(1700000000.123:45): table=filter family=2 entries=4 op=xt_replace pid=7 subj=unconfined comm="iptables"`
    ///
    /// The name of a table of nftables may be any text, and any user who may create namespaces chooses it. So the fields
    /// are those behind the last ` family=` with which all of the rest is what the kernel writes.
    pub fn parse(body: &[u8]) -> Option<Self> {
        const FIELDS: &[u8] = b" family=";
        let end = body.iter().rposition(|byte| !matches!(byte, 0 | b'\n'))?;
        let (record, (record_time, serial)) = stamp(&body[..=end])?;
        let record = record.strip_prefix(b"table=")?;
        let places = record.windows(FIELDS.len()).enumerate().rev();
        let mut places = places
            .filter(|(_, bytes)| *bytes == FIELDS)
            .take(MAX_PLACES);
        let found = places.find_map(|(at, _)| Some((at, fields(&record[at + FIELDS.len()..])?)));
        let (at, found) = found?;
        let is_nft = found
            .operation
            .as_ref()
            .is_some_and(|it| it.starts_with("nft_"));
        let table = &record[..at];
        let (table, generation) = match table.iter().rposition(|byte| *byte == b':') {
            Some(colon) if is_nft => match number(&table[colon + 1..]) {
                Some((generation, [])) => (&table[..colon], u32::try_from(generation).ok()),
                _ => (table, None),
            },
            _ => (table, None),
        };
        Some(NetfilterCfg {
            table: Text(table.into()),
            generation,
            record_time,
            serial,
            ..found
        })
    }
}

/// The time of a record, and its number.
type Stamp = (Option<Time>, u64);

/// Reads `audit(SECONDS.MILLISECONDS:SERIAL): `. Returns what follows, and both.
fn stamp(record: &[u8]) -> Option<(&[u8], Stamp)> {
    let (seconds, rest) = number(record.strip_prefix(b"audit(")?)?;
    let (milliseconds, rest) = number(rest.strip_prefix(b".")?)?;
    let (serial, rest) = number(rest.strip_prefix(b":")?)?;
    let milliseconds = i64::try_from(seconds)
        .ok()?
        .checked_mul(1000)?
        .checked_add_unsigned(milliseconds)?;
    let time = Timestamp::from_millisecond(milliseconds).ok().map(Time);
    Some((rest.strip_prefix(b"): ")?, (time, serial)))
}

/// Reads what follows ` family=`. `None` unless all of it has the form of the kernel.
fn fields(text: &[u8]) -> Option<NetfilterCfg> {
    let (family, rest) = number(text)?;
    let (entries, mut rest) = number(rest.strip_prefix(b" entries=")?)?;
    let mut found = NetfilterCfg {
        family: Symbol::of(u32::try_from(family).ok()?, FAMILIES),
        entries: u32::try_from(entries).ok()?,
        ..NetfilterCfg::default()
    };
    if let Some(text) = rest.strip_prefix(b" op=") {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let length = text.iter().take_while(|byte| is_word(byte)).count();
        let (operation, after) = text.split_at(length);
        found.operation = Some(String::from_utf8_lossy(operation).into_owned());
        rest = after;
    }
    if let Some(text) = rest.strip_prefix(b" pid=") {
        let (pid, after) = number(text)?;
        (found.pid, rest) = (Some(u32::try_from(pid).ok()?), after);
    }
    if let Some(text) = rest.strip_prefix(b" subj=") {
        // A label may have spaces.
        const COMM: &[u8] = b" comm=";
        let length = text.windows(COMM.len()).rposition(|it| it == COMM);
        let (subject, after) = text.split_at(length.unwrap_or(text.len()));
        found.subject = Some(Text(subject.into()));
        rest = after;
    }
    if let Some(text) = rest.strip_prefix(b" comm=") {
        (found.comm, rest) = (untrusted(text)?, b"");
    }
    rest.is_empty().then_some(found)
}

/// Reads a text as `audit_log_untrustedstring` writes it: in quotation marks, or in hexadecimal if it has one of
/// them, a space, a control character or a byte above 126. `(null)` is none.
fn untrusted(text: &[u8]) -> Option<Option<Text>> {
    if text == b"(null)" {
        return Some(None);
    }
    if let Some(quoted) = text
        .strip_prefix(b"\"")
        .and_then(|it| it.strip_suffix(b"\""))
    {
        let is_plain = quoted
            .iter()
            .all(|byte| byte.is_ascii_graphic() && *byte != b'"');
        return is_plain.then(|| Some(Text(quoted.into())));
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (pairs, []) = text.as_chunks::<2>() else {
        return None;
    };
    let byte = |[high, low]: &[u8; 2]| Some((digit(*high)? << 4 | digit(*low)?) as u8); // two digits
    let bytes: Option<Vec<_>> = pairs.iter().map(byte).collect();
    Some(Some(Text(bytes?.into())))
}

/// Reads a decimal number. Returns it, and what follows.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(length);
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Text {
        Text(text.as_bytes().into())
    }

    fn parse(record: &str) -> Option<NetfilterCfg> {
        NetfilterCfg::parse(record.as_bytes())
    }

    #[test]
    fn records_of_every_kernel_are_read() {
        let legacy = parse(
            "audit(1700000000.123:45): table=filter family=2 entries=4 op=xt_replace pid=77 subj=unconfined comm=\"iptables\"\0",
        );
        let expected = NetfilterCfg {
            family: Symbol::Known("ip"),
            table: text("filter"),
            generation: None,
            operation: Some("xt_replace".to_owned()),
            entries: 4,
            pid: Some(77),
            comm: Some(text("iptables")),
            subject: Some(text("unconfined")),
            record_time: Some(Time("2023-11-14T22:13:20.123Z".parse().unwrap())),
            serial: 45,
        };
        assert_eq!(legacy, Some(expected));
        let nft = parse(
            "audit(1.001:2): table=t:18 family=1 entries=3 op=nft_register_rule pid=5 comm=6E667420782200",
        );
        let nft = nft.unwrap();
        assert_eq!((nft.table, nft.generation), (text("t"), Some(18)));
        assert_eq!(nft.comm, Some(text("nft x\"\0")));
        assert_eq!((nft.subject, nft.family), (None, Symbol::Known("inet")));
        // Before 5.12, and before 5.9.
        let older = parse("audit(1.001:2): table=nat family=10 entries=0 op=xt_register").unwrap();
        assert_eq!((older.pid, older.family), (None, Symbol::Known("ip6")));
        let oldest = parse("audit(1.001:2): table=nat family=7 entries=0").unwrap();
        assert_eq!((oldest.operation, oldest.entries), (None, 0));
        // AppArmor has spaces in its labels.
        let label = parse(
            "audit(1.001:2): table=nat family=2 entries=0 op=xt_replace pid=1 subj=/usr/bin/x (enforce) comm=(null)",
        );
        let label = label.unwrap();
        assert_eq!(
            (label.subject, label.comm),
            (Some(text("/usr/bin/x (enforce)")), None)
        );
    }

    /// The name of a table of nftables may look like the fields behind it.
    #[test]
    fn a_hostile_name_of_a_table_is_no_field() {
        let fields = " family=2 entries=1 op=xt_replace pid=1 subj=x comm=\"init\"";
        for name in [
            fields,
            &fields[1..],
            "a\nb): table=c",
            "\" family=9",
            ":7",
            "a:b:3",
            "",
            "é\u{202e}",
            &" family=1".repeat(20),
        ] {
            let record = parse(&format!(
                "audit(1.001:2): table={name}:5 family=10 entries=8 op=nft_register_table pid=99 subj=y comm=\"nft\""
            ));
            let record = record.unwrap();
            assert_eq!(record.table, text(name));
            assert_eq!(
                (record.generation, record.entries, record.pid),
                (Some(5), 8, Some(99))
            );
            assert_eq!(record.comm, Some(text("nft")));
            assert_eq!(record.family, Symbol::Known("ip6"));
        }
    }

    #[test]
    fn what_the_kernel_does_not_write_is_no_record() {
        let whole =
            "audit(1.001:2): table=t family=2 entries=4 op=xt_replace pid=7 subj=u comm=\"x\"";
        assert!(parse(whole).is_some());
        for (from, to) in [
            ("audit(", "audit["),
            ("1.001", "1.x"),
            ("1.001", "99999999999999999999.001"),
            (":2)", ")"),
            ("): ", ")"),
            ("table=", "tables="),
            (" family=", " family"),
            ("family=2", "family=-2"),
            ("family=2", "family=99999999999"),
            ("entries=4", "entries="),
            ("entries=4", "entries=4x"),
            ("op=xt_replace", "op=xt replace"),
            ("pid=7", "pid=99999999999"),
            ("comm=\"x\"", "comm=\"x"),
            ("comm=\"x\"", "comm=\"x y\""),
            ("comm=\"x\"", "comm=abc"),
            ("comm=\"x\"", "comm=zz"),
            ("comm=\"x\"", "comm=\"x\" more"),
        ] {
            assert_eq!(parse(&whole.replace(from, to)), None, "{from} {to}");
        }
        for length in 0..whole.len() {
            // A record that was cut off is read only where a field ends.
            let _ = NetfilterCfg::parse(&whole.as_bytes()[..length]);
        }
        assert_eq!(parse(""), None);
        assert_eq!(parse("\0\n"), None);
        let bytes: Vec<_> = (0..=255).collect();
        assert_eq!(NetfilterCfg::parse(&bytes), None);
        let far = parse("audit(9999999999999.001:2): table=t family=2 entries=4").unwrap();
        assert_eq!(far.record_time, None);
    }
}

//! The tables of `docs/coverage.md` and `docs/guide.md` match the code and the fixtures: each message
//! type, group and kind, its key, and the fixture that has it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nlstream::event::Kind;
use nlstream::event::tables;
use nlstream::family;
use nlstream::netlink::{audit, genl, groups, nfnetlink, raw, rtm, xfrm};
use nlstream::schema;

use crate::common;

fn read(path: &str) -> String {
    let path = common::root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"))
}

/// Returns the rows of the table with this head.
fn table(text: &str, head: &str) -> Vec<Vec<String>> {
    let (_, rest) = text
        .split_once(head)
        .unwrap_or_else(|| panic!("no table {head}"));
    let row = |line: &str| {
        let cells = line.trim().trim_matches('|').split(" | ");
        cells.map(|cell| cell.trim().to_owned()).collect()
    };
    let entries = rest.lines().skip(2);
    entries
        .take_while(|line| line.starts_with('|'))
        .map(row)
        .collect()
}

/// Returns the words in backticks.
fn words(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn kind(name: &str) -> Option<Kind> {
    Kind::ALL.iter().copied().find(|kind| kind.name() == name)
}

/// Returns the key as it is written in the tables.
fn key(kind: Kind) -> String {
    let key = kind.key();
    let quoted = |field: &str| format!("`{}`", field.replace("//", "` else `"));
    let list = |fields: Vec<&str>| {
        fields
            .into_iter()
            .map(quoted)
            .collect::<Vec<_>>()
            .join(", ")
    };
    match kind.fields() {
        None => "a message".to_owned(),
        // The full list would be long, and that of the others is shorter.
        Some(fields) if key.len() > 12 && fields.len() < 2 * key.len() => {
            let other = fields.iter().copied().filter(|field| !key.contains(field));
            format!("all but {}", list(other.collect()))
        }
        Some(_) => list(key.to_vec()),
    }
}

/// The fixtures whose lines have a message type and a kind.
type Proofs = BTreeMap<(String, String), BTreeSet<String>>;

fn proofs() -> Proofs {
    let mut proofs = Proofs::new();
    for folder in common::fixtures() {
        let name = folder.file_name().unwrap().to_str().unwrap();
        // Fixtures of messages without a decoder.
        if name.starts_with("unknown-") {
            continue;
        }
        let lines = std::fs::read(folder.join("expected.ndjson")).unwrap();
        for line in common::lines(&lines) {
            let Some(message) = line["nl"]["type"].as_str() else {
                continue;
            };
            let kind = line["kind"].as_str().unwrap();
            // Its messages are those of every family: the table of families has them.
            if kind == "generic" {
                continue;
            }
            let pair = (message.to_owned(), kind.to_owned());
            proofs.entry(pair).or_default().insert(name.to_owned());
        }
    }
    proofs
}

#[test]
fn every_message_type_has_rows() {
    let text = read("docs/coverage.md");
    let mut entries = table(&text, "| number | type | kind | key | header | fixture |");
    let commands = table(&text, "| command | type | kind | key | header | fixture |");
    let of_rtnetlink = entries.len();
    entries.extend(commands);
    let of_curated = entries.len();
    for head in [
        "| number | message | kind | key | header | fixture |",
        "| message | type | kind | key | header | fixture |",
    ] {
        for (at, _) in text.match_indices(head) {
            entries.extend(table(&text[at..], head));
        }
    }
    let curated = || family::FAMILIES.iter().skip(2);
    let proofs = proofs();
    let mut listed = BTreeSet::new();
    for (at, row) in entries.iter().enumerate() {
        let [number, message, kinds, keys, header, fixture] = &row[..] else {
            panic!("six cells: {row:?}");
        };
        let (message, kind_name) = (words(message)[0], words(kinds)[0]);
        let number = number.parse().unwrap();
        let name = match at {
            _ if at < of_rtnetlink => rtm::rtm(number).map(|(_, name, _)| name),
            _ if at < of_curated => genl::command_name(number.into()),
            _ => curated()
                .filter_map(|family| family.type_name(number))
                .find(|name| *name == message),
        };
        assert_eq!(name, Some(message));
        assert!(["3.12", "4.9", "5.10", "6.1", "6.6", "6.18", "7.2"].contains(&&header[..]));
        let pair = (message.to_owned(), kind_name.to_owned());
        assert!(listed.insert(pair.clone()), "two rows for {pair:?}");
        let kind = kind(kind_name).unwrap_or_else(|| panic!("no kind {kind_name}: {message}"));
        assert_eq!(*keys, key(kind), "the key of {message}");
        match (fixture.strip_prefix("none: "), proofs.get(&pair)) {
            (Some(why), None) => assert!(!why.is_empty(), "{message}"),
            (None, Some(all)) => assert!(all.contains(words(fixture)[0]), "{row:?}: {all:?}"),
            (_, all) => panic!("{message} as {kind_name}: {fixture}, but the fixtures: {all:?}"),
        }
    }
    let types = rtm::TYPES.iter().map(|(_, name, _)| name);
    let commands = [
        genl::COMMANDS,
        genl::ethtool::COMMANDS,
        genl::netdev::COMMANDS,
        genl::nl80211::COMMANDS,
        genl::l2tp::COMMANDS,
        genl::team::COMMANDS,
        genl::ovs::DATAPATH_COMMANDS,
        genl::ovs::VPORT_COMMANDS,
        genl::mptcp::COMMANDS,
        genl::thermal::COMMANDS,
        genl::dpll::COMMANDS,
        genl::devlink::COMMANDS,
        nfnetlink::MESSAGES,
        nfnetlink::CONNTRACK_MESSAGES,
        nfnetlink::EXPECT_MESSAGES,
        xfrm::MESSAGES,
        audit::MESSAGES,
    ]
    .concat();
    for name in types.chain(commands.iter().map(|(_, name)| name)) {
        assert!(
            listed.iter().any(|(row, _)| row == name),
            "no row of {name}"
        );
    }
    for pair in proofs.keys() {
        assert!(listed.contains(pair), "no row of {pair:?}");
    }
    for kind in Kind::ALL {
        assert!(
            matches!(kind, Kind::Meta | Kind::Generic)
                || listed.iter().any(|(_, name)| name == kind.name()),
            "no row of kind {}",
            kind.name()
        );
    }
}

#[test]
fn every_group_has_a_row() {
    let text = read("docs/coverage.md");
    let entries = table(&text, "| number | group | kinds | header |");
    for (row, number) in entries.iter().zip(1..) {
        assert_eq!(row[0], number.to_string());
        let name = format!("RTNLGRP_{}", groups::name(number));
        assert_eq!(words(&row[1]), [name]);
        let kinds = words(&row[2]);
        assert!(
            !kinds.is_empty() || row[2].starts_with("none: "),
            "{row:?} names neither kinds nor a reason"
        );
        for name in kinds {
            assert!(kind(name).is_some(), "{row:?}");
        }
    }
    let next = entries.len() as u32 + 1;
    assert_eq!(groups::name(next), next.to_string(), "a group without row");
}

#[test]
fn the_guide_has_every_kind_and_its_key() {
    let entries = table(&read("docs/guide.md"), "| `kind` | what | key |");
    let names: Vec<_> = entries.iter().map(|row| words(&row[0])[0]).collect();
    let all: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names, all);
    for (row, kind) in entries.iter().zip(Kind::ALL) {
        assert!(*kind == Kind::Meta || row[2] == key(*kind), "{row:?}");
    }
}

/// Each kind but `meta` has a file for its payload, one for its decoder, an example, and a line of
/// the text format with more than the kind.
#[test]
fn every_kind_has_payload_decoder_example_and_text() {
    let mut text = BTreeSet::new();
    for folder in common::fixtures() {
        let capture = folder.join("capture.pcapng");
        let capture = capture.to_str().unwrap();
        let output = common::nlstream(&["replay", "--snapshot", "--format", "text", capture]);
        assert!(output.status.success(), "{capture}");
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let mut words = line.split(' ').skip(1);
            if let (Some(kind), Some(_op), Some(_)) = (words.next(), words.next(), words.next()) {
                text.insert(kind.to_owned());
            }
        }
    }
    let examples = common::lines(schema::EXAMPLES.as_bytes());
    let declared = read("kinds/src/kind/kinds.rs");
    for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::Meta) {
        let name = kind.name();
        // `Link: Rc<link::Link> = "link";`, or without the `Rc`.
        let (before, _) = declared
            .split_once(&format!(" = \"{name}\";"))
            .unwrap_or_else(|| panic!("{name} is not declared"));
        let line = before.lines().next_back().unwrap();
        let (_, path) = line.split_once(": ").unwrap();
        let module = path.split("::").next().unwrap();
        let module = module.split_once('<').map_or(module, |(_, module)| module);
        let exists = |path: &str| common::root().join(Path::new(path)).exists();
        let is_declared = ["route", "genl", "nft"].iter().any(|family| {
            exists(&format!("kinds/src/kind/{family}/{module}.rs"))
                || exists(&format!("kinds/src/kind/{family}/{module}/mod.rs"))
        }) || exists(&format!("kinds/src/kind/{module}/mod.rs"))
            || exists(&format!("kinds/src/kind/{module}.rs"));
        assert!(
            is_declared,
            "{name}: no file {module}.rs below kinds/src/kind"
        );
        assert!(
            examples.iter().any(|line| line["kind"] == name),
            "{name}: no line in schema/examples.ndjson"
        );
        assert!(
            *kind == Kind::Unknown || text.contains(name),
            "{name}: no fixture gives a line of the text format: {text:?}"
        );
    }
}

/// Each family with named attributes has a row that says so, and each row names families that exist.
#[test]
fn every_family_has_a_row() {
    let text = read("docs/coverage.md");
    let rows = table(&text, "| family | tier | to join | remarks |");
    let tier = |name: &str| {
        let mut rows = rows.iter();
        let row = rows.find(|row| words(&row[0]).contains(&name));
        row.map(|row| row[1].clone()).unwrap_or_default()
    };
    for family in family::FAMILIES.iter().filter(|it| !it.kinds().is_empty()) {
        assert_eq!(tier(family.name()), "curated", "{}", family.name());
    }
    for name in tables::names() {
        let mut families = family::FAMILIES.iter();
        let is_curated = families.any(|it| it.name() == name && !it.kinds().is_empty());
        assert_eq!(
            tier(name),
            if is_curated { "curated" } else { "named" },
            "{name}"
        );
    }
    let known: Vec<_> = raw::PROTOCOLS.iter().map(|row| row.1).collect();
    for row in &rows {
        for name in words(&row[0]) {
            let is_pattern = name.ends_with('*');
            let mut subsystems = nfnetlink::SUBSYSTEMS.iter();
            let is_subsystem = subsystems.any(|it| it.name() == name);
            let is_known = known.contains(&name) || genl::NAMES.contains(&name) || is_subsystem;
            assert!(is_pattern || is_known, "{name}");
        }
    }
}

//! The numbers of the declared attributes are those of the kernel's headers (linux-libc-dev).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nlstream::event::Kind;
use nlstream::kind::attributes::AttrDecl;

/// The folder of the headers.
const HEADERS: &str = "/usr/include/linux";

/// Attributes that the headers of Linux 6.1 (Debian 12) lack: where newer headers have one, its
/// number is compared all the same.
const NEWER: &[&str] = &[
    "IFLA_BOND_BROADCAST_NEIGH",
    "IFLA_BOND_LACP_STRICT",
    "NHA_GROUP_STATS",
    "NHA_GROUP_STATS_ENTRY",
    "NHA_GROUP_STATS_ENTRY_ID",
    "NHA_GROUP_STATS_ENTRY_PACKETS",
    "NHA_GROUP_STATS_ENTRY_PACKETS_HW",
    "NHA_HW_STATS_ENABLE",
    "NHA_HW_STATS_USED",
    "NHA_OP_FLAGS",
];

/// The text without comments.
fn without_comments(text: &str) -> String {
    let mut code = String::new();
    for (i, part) in text.split("/*").enumerate() {
        let part = if i == 0 {
            part
        } else {
            part.split_once("*/").map_or("", |(_, rest)| rest)
        };
        code.push_str(part);
    }
    let lines = code
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    // Inside an enum a constant may be defined again as itself.
    lines
        .filter(|line| !line.trim_start().starts_with('#'))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The constants of every enum in the text. One whose value is an expression ends its enum.
fn constants(text: &str) -> BTreeMap<String, i64> {
    let code = without_comments(text);
    let mut all = BTreeMap::new();
    for part in code.split("enum").skip(1) {
        let Some((head, rest)) = part.split_once('{') else {
            continue;
        };
        if head.contains([';', '(', ')']) {
            continue;
        }
        let Some((body, _)) = rest.split_once('}') else {
            continue;
        };
        let mut next = 0;
        for entry in body.split(',') {
            let (name, value) = match entry.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim())),
                None => (entry.trim(), None),
            };
            let value = match value {
                None => Some(next),
                Some(value) => match value.strip_prefix("0x") {
                    Some(digits) => i64::from_str_radix(digits, 16).ok(),
                    None => value.parse().ok().or_else(|| all.get(value).copied()),
                },
            };
            let Some(value) = value else { break };
            all.insert(name.to_owned(), value);
            next = value + 1;
        }
    }
    all
}

fn headers() -> Option<BTreeMap<String, i64>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![Path::new(HEADERS).to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).ok()? {
            let path = entry.ok()?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                all.extend(constants(&text));
            }
        }
    }
    Some(all)
}

/// Every declaration, by name; attributes may nest in themselves.
fn declared(decls: &'static [AttrDecl], into: &mut BTreeMap<&'static str, BTreeSet<u16>>) {
    for decl in decls {
        if into.entry(decl.name).or_default().insert(decl.number) {
            declared((decl.inner)(), into);
        }
    }
}

#[test]
fn every_number_is_that_of_the_headers() {
    let Some(headers) = headers() else {
        assert!(
            std::env::var_os("CI").is_none(),
            "{HEADERS}: install linux-libc-dev"
        );
        eprintln!("skipped: no {HEADERS}");
        return;
    };
    let mut all = BTreeMap::new();
    for kind in Kind::ALL {
        declared(kind.attributes(), &mut all);
    }
    nlstream::kind::declared_elsewhere(&mut |decls| declared(decls, &mut all));
    assert!(all.len() > 50, "found only {} declarations", all.len());
    let mut faults = Vec::new();
    for (name, numbers) in &all {
        let newer = NEWER.contains(name);
        match headers.get(*name) {
            Some(number) if numbers.iter().eq([&(*number as u16)]) => {}
            None if newer => {}
            number => faults.push(format!("{name}: declared {numbers:?}, header {number:?}")),
        }
    }
    for name in NEWER {
        if !all.contains_key(name) {
            faults.push(format!("{name} is not declared"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn constants_are_read_as_the_compiler_reads_them() {
    let text = "enum a { /* no, */ A, B = 5, C, // D,\n D = 0x10,\n#define E E\n E, F = A, G };\n\
                struct s { enum a x; };";
    let expected = [
        ("A", 0),
        ("B", 5),
        ("C", 6),
        ("D", 16),
        ("E", 17),
        ("F", 0),
        ("G", 1),
    ];
    let expected = expected.map(|(name, number)| (name.to_owned(), number));
    assert_eq!(constants(text), BTreeMap::from(expected));
}

//! The tables of `fields/*.txt`: which field of netlink-packet-route is which field of nlstream.
//!
//! A line `[link]` begins the table of a kind. Every other line is one of these:
//! - `Mtu = mtu`: these two are equal. `= a//b`: the first of the two that exists. `= a[]`: the
//!   list as one value, `= a[]+b[]`: two lists as one. `= a.*.b`: the value in each element.
//!   `= ? a`: nlstream leaves the field out if it is zero. `= a : hex`: the value is converted
//!   first, by a function of `convert.rs`.
//! - `Stats - reason`: not compared, for that reason.
//! - `Mtu ~ value | reason`: this value (`*`: each) differs, for that reason.
//!
//! `{}` at the end of a path stands for the rest of the path, and in the field of nlstream for the
//! same in snake case. A line without `{}` precedes one with it, a longer one a shorter one.

use std::cell::Cell;

/// The line of a table.
pub(super) struct Rule {
    pub kind: &'static str,
    pub path: &'static str,
    pub does: Does,
    /// How often the rule was applied. A rule without application is out of date.
    pub used: Cell<usize>,
}

pub(super) enum Does {
    /// Equal to the field, after the conversion; absent if zero.
    Compare {
        field: &'static str,
        convert: &'static str,
        absent_if_zero: bool,
    },
    Skip(&'static str),
    Explain(&'static str, &'static str),
}

const TABLES: [&str; 4] = [
    include_str!("fields/link.txt"),
    include_str!("fields/address.txt"),
    include_str!("fields/route.txt"),
    include_str!("fields/tc.txt"),
];

/// All rules.
pub(super) fn rules() -> Vec<Rule> {
    let mut rules = Vec::new();
    for line in TABLES.iter().flat_map(|table| table.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(kind) = line.strip_prefix('[') {
            let kind = kind.trim_end_matches(']');
            rules.push((kind, "", ""));
            continue;
        }
        let (path, rest) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        let kind = rules.last().expect("a table begins with its kind").0;
        rules.push((kind, path, rest));
    }
    let rules = rules.into_iter().filter(|(_, path, _)| !path.is_empty());
    rules
        .map(|(kind, path, rest)| rule(kind, path, rest))
        .collect()
}

fn rule(kind: &'static str, path: &'static str, rest: &'static str) -> Rule {
    let (sign, rest) = rest
        .split_once(' ')
        .unwrap_or_else(|| panic!("{path} {rest}"));
    let does = match sign {
        "=" => {
            let (field, convert) = rest.split_once(" : ").unwrap_or((rest, ""));
            let absent_if_zero = field.starts_with("? ");
            Does::Compare {
                field: field.trim_start_matches("? "),
                convert,
                absent_if_zero,
            }
        }
        "-" => Does::Skip(rest),
        "~" => {
            let (value, reason) = rest.split_once(" | ").unwrap_or_else(|| panic!("{path}"));
            Does::Explain(value, reason)
        }
        _ => panic!("{path} {sign}"),
    };
    let used = Cell::new(0);
    Rule {
        kind,
        path,
        does,
        used,
    }
}

/// The rules for a path, and the replacement of `{}` in them. Lines with the same path all apply.
pub(super) fn of<'a>(rules: &'a [Rule], kind: &str, path: &str) -> (Vec<&'a Rule>, String) {
    let mut best: Option<(usize, String)> = None;
    let mut found = Vec::new();
    for rule in rules.iter().filter(|rule| rule.kind == kind) {
        let (length, rest) = match rule.path.strip_suffix("{}") {
            None if rule.path == path => (usize::MAX, String::new()),
            Some(start) if path.starts_with(start) => (start.len(), snake(&path[start.len()..])),
            _ => continue,
        };
        match &best {
            Some((longest, _)) if *longest > length => continue,
            Some((longest, _)) if *longest == length => {}
            _ => {
                found.clear();
                best = Some((length, rest));
            }
        }
        found.push(rule);
    }
    (found, best.unwrap_or_default().1)
}

/// Returns true for an attribute that netlink-packet-route keeps as bytes: `Other.` and its number.
pub(super) fn is_undecoded(path: &str) -> bool {
    let other = path.rsplit_once("Other.");
    other.is_some_and(|(_, number)| number.parse::<u16>().is_ok())
}

/// `FdbMaxLearned` as `fdb_max_learned`.
fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (at, c) in chars.iter().enumerate() {
        if c.is_uppercase() && at > 0 {
            let before = chars[at - 1];
            let next = chars.get(at + 1).is_some_and(|c| c.is_lowercase());
            if before.is_lowercase() || before.is_numeric() || (before.is_uppercase() && next) {
                snake.push('_');
            }
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

//! Names for numbers from iproute2's files: rt_tables, rt_protos, rt_scopes, rt_realms, rt_dsfield,
//! group and protodown_reasons.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::value::Symbol;

/// Maximum length of a name, bytes: every object that has the number is written with it.
pub const MAX_NAME: usize = 511;

/// Names of one file.
#[derive(Clone, Debug, Default)]
pub struct Table {
    builtin: &'static [(u32, &'static str)],
    /// Entries of this machine that differ from or extend the built-in table.
    machine: BTreeMap<u32, Arc<str>>,
}

impl Table {
    /// Returns the name of `number`, or the number itself.
    pub fn symbol(&self, number: u32) -> Symbol {
        self.get(number).unwrap_or(Symbol::Number(number))
    }

    /// Returns the name of `number`.
    pub fn get(&self, number: u32) -> Option<Symbol> {
        if !self.machine.is_empty()
            && let Some(name) = self.machine.get(&number)
        {
            return Some(Symbol::Named(name.clone()));
        }
        let entry = self.builtin.iter().find(|(n, _)| *n == number)?;
        Some(Symbol::Known(entry.1))
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let replaced = |number: &u32| self.machine.contains_key(number);
        let builtin = self.builtin.iter().filter(move |row| !replaced(&row.0));
        let builtin = builtin.map(|row| row.1);
        builtin.chain(self.machine.values().map(|name| &**name))
    }

    /// Sets a name, unless it is longer than iproute2 would read.
    fn set(&mut self, number: u32, name: &str) {
        if name.len() > MAX_NAME {
            return;
        }
        if !self.builtin.contains(&(number, name)) {
            self.machine.insert(number, name.into());
        }
    }
}

macro_rules! tables {
    ($($(#[$doc:meta])* $field:ident = $file:literal $builtin:expr;)+) => {
        /// The name tables.
        #[derive(Clone, Debug)]
        pub struct Names {
            $($(#[$doc])* pub $field: Table),+
        }

        impl Names {
            /// Returns the names that iproute2 ships.
            pub fn builtin() -> Self {
                Names { $($field: Table { builtin: $builtin, machine: BTreeMap::new() }),+ }
            }

            /// Reads the names of this machine: /usr/share/iproute2, overridden by /etc/iproute2,
            /// each including its `.d` directory.
            pub fn of_machine() -> Self {
                let mut names = Self::builtin();
                for folder in ["/usr/share/iproute2", "/etc/iproute2"] {
                    $(read(&mut names.$field, &Path::new(folder).join($file));)+
                }
                names
            }

            /// Returns the names of the machine beyond the built-in ones, to be stored in a
            /// recording.
            pub fn recorded(&self) -> Recorded {
                Recorded { $($field: self.$field.machine.iter().map(|(n, s)| (*n, s.to_string())).collect()),+ }
            }
        }

        /// Names of a machine beyond the built-in ones, as stored in a recording.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Recorded {
            $(#[serde(skip_serializing_if = "BTreeMap::is_empty")] $field: BTreeMap<u32, String>),+
        }

        impl Recorded {
            /// Returns the table of a name that is longer than [`MAX_NAME`].
            pub fn too_long(&self) -> Option<&'static str> {
                $(
                    if self.$field.values().any(|name| name.len() > MAX_NAME) {
                        return Some(stringify!($field));
                    }
                )+
                None
            }
        }

        impl From<&Recorded> for Names {
            fn from(recorded: &Recorded) -> Self {
                let mut names = Self::builtin();
                $(for (number, name) in &recorded.$field {
                    names.$field.set(*number, name);
                })+
                names
            }
        }
    };
}

tables! {
    /// Routing tables.
    tables = "rt_tables" &[(253, "default"), (254, "main"), (255, "local")];
    /// Origin of a route, rule or neighbour (`RTPROT_*`, linux/rtnetlink.h).
    protocols = "rt_protos" &[
        (0, "unspec"), (1, "redirect"), (2, "kernel"), (3, "boot"), (4, "static"), (8, "gated"),
        (9, "ra"), (10, "mrt"), (11, "zebra"), (12, "bird"), (13, "dnrouted"), (14, "xorp"),
        (15, "ntk"), (16, "dhcp"), (17, "mrouted"), (18, "keepalived"), (42, "babel"),
        (84, "ovn"), (99, "openr"), (186, "bgp"), (187, "isis"), (188, "ospf"), (189, "rip"),
        (192, "eigrp"),
    ];
    /// Scope of an address or route (`RT_SCOPE_*`, linux/rtnetlink.h).
    scopes = "rt_scopes" &[(0, "global"), (200, "site"), (253, "link"), (254, "host"), (255, "nowhere")];
    /// Routing realms.
    realms = "rt_realms" &[(0, "cosmos")];
    /// Values of the differentiated services field.
    dsfield = "rt_dsfield" &[
        (0x00, "default"), (0x20, "CS1"), (0x28, "AF11"), (0x30, "AF12"), (0x38, "AF13"),
        (0x40, "CS2"), (0x48, "AF21"), (0x50, "AF22"), (0x58, "AF23"), (0x60, "CS3"),
        (0x68, "AF31"), (0x70, "AF32"), (0x78, "AF33"), (0x80, "CS4"), (0x88, "AF41"),
        (0x90, "AF42"), (0x98, "AF43"), (0xa0, "CS5"), (0xb8, "EF"), (0xc0, "CS6"),
        (0xe0, "CS7"),
    ];
    /// Device groups.
    groups = "group" &[(0, "default")];
    /// Reason bits of `proto_down`.
    protodown_reasons = "protodown_reasons" &[];
}

/// Reads `file` and the `.conf` files of `file.d`. Missing and unreadable files count as empty, as
/// in `ip`.
fn read(table: &mut Table, file: &Path) {
    let mut files = vec![file.to_owned()];
    let mut folder = file.as_os_str().to_owned();
    folder.push(".d");
    if let Ok(entries) = std::fs::read_dir(folder) {
        let entries = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let mut more: Vec<_> = entries
            .filter(|path| path.extension().is_some_and(|e| e == "conf"))
            .collect();
        more.sort();
        files.extend(more);
    }
    for file in files {
        let text = std::fs::read(file).unwrap_or_default();
        for (number, name) in parse(&String::from_utf8_lossy(&text)) {
            table.set(number, name);
        }
    }
}

/// Parses lines of `number name`; the number is decimal or hexadecimal, `#` starts a comment.
fn parse(text: &str) -> impl Iterator<Item = (u32, &str)> {
    text.lines().filter_map(|line| {
        let mut words = line.split('#').next()?.split_whitespace();
        let (number, name) = (words.next()?, words.next()?);
        let number = match number.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        Some((number.ok()?, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_files_are_parsed_like_iproute2() {
        let text = "# reserved\n255\tlocal\n 100 blue # mine\n0x65 red\nx y\n7\n";
        let entries: Vec<_> = parse(text).collect();
        assert_eq!(entries, [(255, "local"), (100, "blue"), (101, "red")]);
    }

    #[test]
    fn recordings_contain_only_names_beyond_the_built_in_ones() {
        let mut names = Names::builtin();
        names.tables.set(254, "main");
        names.tables.set(100, "blue");
        names.tables.set(253, "fallback");
        let json = serde_json::to_string(&names.recorded()).unwrap();
        assert_eq!(json, r#"{"tables":{"100":"blue","253":"fallback"}}"#);
        let back = Names::from(&names.recorded());
        assert_eq!(back.tables.symbol(253).to_string(), "fallback");
        assert_eq!(back.tables.symbol(254).to_string(), "main");
        assert_eq!(back.tables.symbol(7), Symbol::Number(7));
    }
}

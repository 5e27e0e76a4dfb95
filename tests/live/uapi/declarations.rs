//! Finds the kernel constants in the sources: `#[nla(NAME = 7)]` of a field, `NAME = 7 name: …` of a
//! row of traffic control, and `const NAME: u16 = 7`.

use std::path::{Path, PathBuf};

/// A constant with its number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Declaration {
    pub name: String,
    pub number: i64,
    /// Path below the project's root, and line.
    pub place: String,
}

/// Every Rust file below `folder`, in order.
pub(super) fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn code(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

/// The source without its unit tests, which may declare wrong numbers on purpose.
fn product(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or(text)
}

/// Returns the constants that a source declares.
pub(super) fn constants(text: &str, path: &str) -> Vec<Declaration> {
    let mut found = Vec::new();
    for (index, line) in product(text).lines().enumerate() {
        let mut rest = code(line);
        while let Some((name, number, behind)) = next_constant(rest) {
            found.push(Declaration {
                name,
                number,
                place: format!("{path}:{}", index + 1),
            });
            rest = behind;
        }
    }
    found
}

/// Returns the names of all constants in the code of a source, also of those that `libc` declares.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = product(text)
        .lines()
        .flat_map(move |line| code(line).split(move |c| !is_word(c)));
    words.filter(|word| is_constant(word))
}

fn is_constant(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.contains('_') && name.chars().all(allowed)
}

/// The next `NAME = 7` or `NAME: u16 = 7` of a line, and what follows it.
fn next_constant(line: &str) -> Option<(String, i64, &str)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut from = 0;
    loop {
        let at = from + line[from..].find(|c: char| c.is_ascii_uppercase())?;
        let end = at + line[at..].find(|c| !is_word(c))?;
        from = end;
        let name = &line[at..end];
        let begins = !line[..at].ends_with(is_word);
        if !begins || !is_constant(name) {
            continue;
        }
        let mut behind = line[end..].trim_start();
        for unsigned in [": u8", ": u16", ": u32"] {
            behind = behind.strip_prefix(unsigned).unwrap_or(behind).trim_start();
        }
        let Some(value) = behind.strip_prefix("= ") else {
            continue;
        };
        let length = value.find(|c| !is_word(c)).unwrap_or(value.len());
        let digits = value[..length].replace('_', "");
        let number = match digits.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16),
            None => digits.parse(),
        };
        let behind = &value[length..];
        // An expression such as `1 << 3` is no declaration of an attribute number.
        let next = behind.trim_start();
        let is_row = next.starts_with(|c: char| c.is_ascii_lowercase());
        let ends = is_row || next.starts_with([',', ')', ';', '=', '}']);
        if let Ok(number) = number
            && ends
        {
            return Some((name.to_owned(), number, behind));
        }
    }
}

pub(super) fn declarations_are_found() {
    let text = "    #[nla(IFLA_MTU = 4, details)]\nconst NDA_DST: u16 = 1; // NDA_X = 9\n\
                const LOCAL: u32 = 1 << 3;\nskip(IFLA_A = 1, IFLA_B = 0x2)\n\
                TCA_FQ_RATE_ENABLE = 5 pacing: Yes, \"\";\n";
    let names: Vec<_> = names("match kind { libc::IFLA_X => 1, // IFLA_Y\n IFLA_Z = 2").collect();
    assert_eq!(names, ["IFLA_X", "IFLA_Z"]);
    let found = constants(text, "a.rs");
    let found: Vec<_> = found
        .iter()
        .map(|it| (it.name.as_str(), it.number))
        .collect();
    let expected = [
        ("IFLA_MTU", 4),
        ("NDA_DST", 1),
        ("IFLA_A", 1),
        ("IFLA_B", 2),
        ("TCA_FQ_RATE_ENABLE", 5),
    ];
    assert_eq!(found, expected);
}

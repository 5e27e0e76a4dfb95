//! Reads constants from the kernel's uapi headers: enumerators and simple `#define`s.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The constants of a set of headers.
#[derive(Debug, Default)]
pub(super) struct Headers {
    values: HashMap<String, i64>,
    pub enums: Vec<Enum>,
    /// `LINUX_VERSION_CODE`: major and minor version.
    pub version: (u32, u32),
}

/// One `enum { … }`.
#[derive(Debug)]
pub(super) struct Enum {
    /// File name of the header.
    pub header: String,
    pub names: Vec<String>,
}

/// Folders below the include folder whose headers declare netlink attributes.
const FOLDERS: [&str; 5] = [
    "linux",
    "linux/can",
    "linux/netfilter",
    "linux/tc_act",
    "linux/tc_ematch",
];

/// The include folder: that of `NLSTREAM_UAPI`, else the one of the distribution.
pub(super) fn folder() -> PathBuf {
    std::env::var_os("NLSTREAM_UAPI").map_or_else(|| "/usr/include".into(), PathBuf::from)
}

impl Headers {
    /// Reads every header of [`FOLDERS`] below the include folder.
    pub(super) fn read(include: &Path) -> Self {
        let mut headers = Headers::default();
        for folder in FOLDERS {
            let entries = std::fs::read_dir(include.join(folder)).unwrap();
            let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
            files.retain(|file| file.extension().is_some_and(|ext| ext == "h"));
            // A constant may refer to one of another header: read_dir gives no fixed order.
            files.sort();
            for file in files {
                let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
                let name = file.file_name().unwrap().to_string_lossy();
                headers.add(&name, &without_comments(&text));
            }
        }
        let code = headers.value("LINUX_VERSION_CODE").unwrap();
        headers.version = ((code >> 16) as u32, (code >> 8 & 0xff) as u32);
        headers
    }

    pub(super) fn value(&self, name: &str) -> Option<i64> {
        self.values.get(name).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    fn add(&mut self, header: &str, text: &str) {
        // Enumerators refer to defines, and defines to enumerators.
        self.add_defines(text);
        self.add_enums(header, text);
        self.add_defines(text);
    }

    fn add_defines(&mut self, text: &str) {
        for line in text.lines().filter(is_directive) {
            let rest = line.trim_start().trim_start_matches('#').trim_start();
            if let Some(rest) = rest.strip_prefix("define")
                && let Some((name, value)) = rest.trim_start().split_once(char::is_whitespace)
                && let Some(value) = self.evaluate(value)
            {
                self.values.entry(name.to_owned()).or_insert(value);
            }
        }
    }

    fn add_enums(&mut self, header: &str, text: &str) {
        let code: Vec<_> = text.lines().filter(|line| !is_directive(line)).collect();
        let code = code.join("\n");
        for part in code.split("enum").skip(1) {
            let Some((tag, rest)) = part.split_once('{') else {
                continue;
            };
            let is_tag = |c: char| c.is_alphanumeric() || c == '_' || c.is_whitespace();
            let Some((body, _)) = rest.split_once('}') else {
                continue;
            };
            if tag.chars().all(is_tag) {
                self.add_enum(header, body);
            }
        }
    }

    fn add_enum(&mut self, header: &str, body: &str) {
        let mut next = Some(0);
        let mut names = Vec::new();
        for item in body
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
        {
            let (name, value) = match item.split_once('=') {
                Some((name, value)) => (name.trim(), self.evaluate(value)),
                None => (item, next),
            };
            next = value.map(|value| value + 1);
            if let Some(value) = value {
                self.values.insert(name.to_owned(), value);
                names.push(name.to_owned());
            }
        }
        let header = header.to_owned();
        self.enums.push(Enum { header, names });
    }

    /// The value of an expression of numbers, known constants, `+`, `-`, `|`, `<<` and
    /// parentheses; `None` for any other.
    fn evaluate(&self, text: &str) -> Option<i64> {
        let mut tokens = tokens(text)?;
        tokens.reverse();
        let value = self.or(&mut tokens)?;
        tokens.is_empty().then_some(value)
    }

    fn or(&self, tokens: &mut Vec<String>) -> Option<i64> {
        let mut value = self.shift(tokens)?;
        while tokens.pop_if(|token| token == "|").is_some() {
            value |= self.shift(tokens)?;
        }
        Some(value)
    }

    fn shift(&self, tokens: &mut Vec<String>) -> Option<i64> {
        let mut value = self.sum(tokens)?;
        while tokens.pop_if(|token| token == "<<").is_some() {
            value = value.checked_shl(self.sum(tokens)?.try_into().ok()?)?;
        }
        Some(value)
    }

    fn sum(&self, tokens: &mut Vec<String>) -> Option<i64> {
        let mut value = self.atom(tokens)?;
        while let Some(sign) = tokens.pop_if(|token| token == "+" || token == "-") {
            let other = self.atom(tokens)?;
            value += if sign == "+" { other } else { -other };
        }
        Some(value)
    }

    fn atom(&self, tokens: &mut Vec<String>) -> Option<i64> {
        let token = tokens.pop()?;
        if token == "(" {
            let value = self.or(tokens)?;
            return (tokens.pop()? == ")").then_some(value);
        }
        if token.starts_with(|c: char| c.is_ascii_digit()) {
            let digits = token.trim_end_matches(['u', 'U', 'l', 'L']);
            return match digits.strip_prefix("0x") {
                Some(hex) => i64::from_str_radix(hex, 16).ok(),
                None => digits.parse().ok(),
            };
        }
        self.value(&token)
    }
}

fn is_directive(line: &&str) -> bool {
    line.trim_start().starts_with('#')
}

fn tokens(text: &str) -> Option<Vec<String>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = match first {
            '(' | ')' | '+' | '-' | '|' => 1,
            '<' if rest.starts_with("<<") => 2,
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => return None,
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    Some(tokens)
}

fn without_comments(text: &str) -> String {
    let text = text.replace("\\\n", " ");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find("/*") {
        out.push_str(&rest[..start]);
        out.push(' ');
        rest = match rest[start..].find("*/") {
            Some(end) => &rest[start + end + 2..],
            None => "",
        };
    }
    out.push_str(rest);
    let lines = out.lines();
    let lines = lines.map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    lines.collect::<Vec<_>>().join("\n")
}

pub(super) fn enumerators_and_defines_are_read() {
    let mut headers = Headers::default();
    let text = "#define A 0x10 /* a\ncomment */\n#define B (A | 1 << 3)\nenum kind {\n\tX_UNSPEC,\n\
                \tX_ONE, // first\n#define X_ONE X_ONE\n\tX_TEN = A - 6,\n\tX_NEXT,\n\t__X_MAX\n};\n\
                #define X_MAX (__X_MAX - 1)\n#define C \"text\"\n";
    headers.add("test.h", &without_comments(text));
    let value = |name| headers.value(name);
    assert_eq!(
        (value("A"), value("B"), value("C")),
        (Some(16), Some(24), None)
    );
    assert_eq!((value("X_UNSPEC"), value("X_ONE")), (Some(0), Some(1)));
    assert_eq!((value("X_TEN"), value("X_NEXT")), (Some(10), Some(11)));
    assert_eq!(headers.enums[0].names.len(), 5);
}

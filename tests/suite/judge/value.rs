//! Compares the values of netlink-packet-route with those of nlstream.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::Value;

/// Returns the values of nlstream's field `path`, in order.
pub(super) fn values<'a>(event: &'a Value, path: &str) -> Vec<std::borrow::Cow<'a, Value>> {
    use std::borrow::Cow;
    for path in path.split("//") {
        let found: Vec<_> = match path.split_once("[]+") {
            None => one(event, path).into_iter().map(Cow::Borrowed).collect(),
            Some((first, second)) => {
                let both = [first, second.trim_end_matches("[]")];
                let both = both.iter().flat_map(|path| one(event, path));
                let both = both.filter_map(Value::as_array).flatten().cloned();
                vec![Cow::Owned(Value::Array(both.collect()))]
            }
        };
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// Returns the values that [`values`] reads, where they are in the event.
pub(super) fn places<'a>(event: &'a Value, path: &str) -> impl Iterator<Item = &'a Value> {
    let paths = path.split("//").flat_map(|path| path.split("[]+"));
    let places: Vec<_> = paths.flat_map(|path| one(event, path)).collect();
    places.into_iter()
}

fn one<'a>(event: &'a Value, path: &str) -> Vec<&'a Value> {
    let path = path.trim_end_matches("[]");
    let mut found = vec![event];
    for name in path.split('.') {
        found = match name {
            "*" => found
                .iter()
                .filter_map(|v| v.as_array())
                .flatten()
                .collect(),
            _ => found.iter().filter_map(|v| v.get(name)).collect(),
        };
    }
    found
}

/// Returns true for zero, an empty list, an unspecified address.
pub(super) fn is_zero(text: &str) -> bool {
    const ZERO: [&str; 9] = [
        "", "0", "0x0", "None", "false", "0.0.0.0", "::", "Unspec", "0:0",
    ];
    ZERO.contains(&text) || text.split(',').all(|byte| byte == "0")
}

/// Letters and digits, in lower case.
fn word(text: &str) -> String {
    let chars = text.chars().filter(char::is_ascii_alphanumeric);
    chars.map(|c| c.to_ascii_lowercase()).collect()
}

fn words<'a>(list: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut words: Vec<_> = list.map(word).filter(|word| !word.is_empty()).collect();
    words.sort();
    words
}

/// Bytes as the texts that nlstream writes them as: a hardware address, an IP address, hex.
fn texts(bytes: &[u8]) -> Vec<String> {
    let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut texts = vec![hex.join(":"), hex.concat()];
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        texts.push(IpAddr::from(Ipv4Addr::from(bytes)).to_string());
    }
    if let Ok(bytes) = <[u8; 16]>::try_from(bytes) {
        texts.push(IpAddr::from(Ipv6Addr::from(bytes)).to_string());
    }
    texts
}

/// Returns true if a text of netlink-packet-route and a value of nlstream are equal.
pub(super) fn same(text: &str, value: &Value) -> bool {
    match value {
        Value::Bool(yes) => text == yes.to_string() || text == u8::from(*yes).to_string(),
        Value::Number(number) => match text {
            "true" => number.as_u64() == Some(1),
            "false" => number.as_u64() == Some(0),
            _ => text == number.to_string() || text.parse().ok() == number.as_f64(),
        },
        Value::String(string) => {
            let named = text.starts_with(|c: char| c.is_ascii_alphabetic())
                && !text.contains([':', '.', '/'])
                && word(text) == word(string);
            let bytes = || {
                text.split(',')
                    .map(|byte| byte.parse::<u8>().ok())
                    .collect()
            };
            let bytes: Option<Vec<u8>> = if text == string || named {
                None
            } else {
                bytes()
            };
            let bytes = bytes.is_some_and(|bytes| texts(&bytes).contains(string));
            text == string || named || bytes
        }
        Value::Array(list) => {
            let flags = text.split('|').map(str::trim).filter(|flag| *flag != "0x0");
            let list: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            list.is_some_and(|list| words(flags) == words(list.into_iter()))
        }
        Value::Null | Value::Object(_) => false,
    }
}

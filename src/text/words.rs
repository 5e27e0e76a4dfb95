//! Values as words, as `ip` and `tc` print them.

use super::node::{Fields, Node};

/// How the values of a kind are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// As `ip` prints them: `on` and `off`.
    Ip,
    /// As `tc` prints options: a name alone is a switch that is on, and rates have units.
    Tc,
}

/// Returns a value as text. Values in an object are preceded by their names: `{ id 1 weight 3 }`.
pub(super) fn value(style: Style, name: &str, value: &Node) -> String {
    match value {
        Node::Null => "none".to_owned(),
        Node::Bool(true) => "on".to_owned(),
        Node::Bool(false) => "off".to_owned(),
        Node::Text(text) if text.is_empty() => "\"\"".to_owned(),
        Node::Text(text) => text.clone(),
        Node::Number(number) => match (number.as_u64(), style) {
            (Some(number), Style::Ip) => ip_number(name, number),
            (Some(number), Style::Tc) => tc_number(name, number),
            (None, _) => number.to_string(),
        },
        Node::List(items) if items.is_empty() => "none".to_owned(),
        Node::List(items) => {
            let has_objects = items.iter().any(|item| matches!(item, Node::Object(_)));
            let items = items.iter().map(|item| self::value(style, name, item));
            match has_objects {
                true => format!("[ {} ]", items.collect::<Vec<_>>().join(" ")),
                false => items.collect::<Vec<_>>().join(","),
            }
        }
        Node::Object(fields) => match control_action(fields) {
            Some(text) => text,
            None => format!("{{{} }}", self::fields(style, fields)),
        },
    }
}

/// Returns fields with their names, each preceded by a space.
pub(super) fn fields(style: Style, fields: &Fields) -> String {
    let fields = fields.0.iter();
    fields
        .map(|(name, value)| field(style, name, value))
        .collect()
}

/// Returns ` name value`.
pub(super) fn field(style: Style, name: &str, node: &Node) -> String {
    match (style, node) {
        (Style::Tc, Node::Bool(true)) => format!(" {name}"),
        // The opposite of `no_csum` has no word.
        (Style::Tc, Node::Bool(false)) if name.starts_with("no") => String::new(),
        (Style::Tc, Node::Bool(false)) => format!(" no{name}"),
        (Style::Tc, Node::List(keys)) if name == "matches" => matches(keys),
        (_, Node::List(items)) if items.is_empty() => String::new(),
        _ => format!(" {name} {}", value(style, name, node)),
    }
}

/// What happens after an action: `pass`, `goto 3`.
fn control_action(fields: &Fields) -> Option<String> {
    match &fields.0[..] {
        [(name, Node::Text(kind))] if name == "type" => Some(kind.clone()),
        [(name, Node::Text(kind)), (_, Node::Number(number))] if name == "type" => {
            Some(format!("{kind} {number}"))
        }
        _ => None,
    }
}

/// The matches of a filter: of `u32` as `match value/mask at offset`.
fn matches(keys: &[Node]) -> String {
    let text = |key: &Node| {
        if let Node::Object(fields) = key
            && let (Some(value), Some(mask), Some(offset)) = (
                fields.text("value"),
                fields.text("mask"),
                fields.text("off"),
            )
        {
            return format!("match {value}/{mask} at {offset}");
        }
        value(Style::Tc, "", key)
    };
    let texts: Vec<_> = keys.iter().map(text).collect();
    match texts.iter().all(|text| text.starts_with("match ")) {
        true => format!(" {}", texts.join(" ")),
        false => format!(" matches [ {} ]", texts.join(" ")),
    }
}

fn ip_number(name: &str, number: u64) -> String {
    match name {
        "valid_life_time" | "preferred_life_time" | "lifetime" | "preferred_lifetime" => {
            lifetime(number)
        }
        _ => number.to_string(),
    }
}

/// A lifetime in seconds.
pub(super) fn lifetime(seconds: u64) -> String {
    match u32::try_from(seconds) {
        Ok(u32::MAX) => "forever".to_owned(),
        _ => format!("{seconds}sec"),
    }
}

fn tc_number(name: &str, number: u64) -> String {
    match name {
        "rate" | "ceil" | "peakrate" | "avrate" | "maxrate" | "low_rate_threshold" | "m1"
        | "m2" => rate(number),
        "burst" | "cburst" | "minburst" | "memory_limit" => size(number),
        "version" => format!("{}.{}", number >> 16, number & 0xffff),
        "target" | "interval" | "ce_threshold" | "tupdate" | "refill_delay" | "horizon" => {
            time(number)
        }
        _ => number.to_string(),
    }
}

/// A rate in bytes per second, as `tc` prints it: in the largest unit of bits in which it is a whole
/// number, or of which it has thousands.
fn rate(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["", "K", "M", "G", "T"];
    let mut rate = u128::from(bytes) * 8;
    let mut unit = 0;
    while unit + 1 < UNITS.len() && rate >= 1000 && (rate % 1000 == 0 || rate >= 1_000_000) {
        rate /= 1000;
        unit += 1;
    }
    format!("{rate}{}bit", UNITS[unit])
}

/// A size in bytes, as `tc` prints it.
fn size(bytes: u64) -> String {
    let near = |unit: u64, tolerance: u64| {
        let rounded = (bytes + unit / 2) / unit * unit;
        bytes >= unit && rounded.abs_diff(bytes) < tolerance
    };
    match bytes {
        _ if near(1 << 20, 1024) => format!("{}Mb", (bytes + (1 << 19)) >> 20),
        _ if near(1 << 10, 16) => format!("{}Kb", (bytes + (1 << 9)) >> 10),
        _ => format!("{bytes}b"),
    }
}

/// A time in microseconds, as `tc` prints it: three significant digits.
fn time(us: u64) -> String {
    let digits = |value: f64| {
        let precision = match value {
            ..9.995 => 2,
            ..99.95 => 1,
            _ => 0,
        };
        let text = format!("{value:.precision$}");
        match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        }
    };
    match us {
        1_000_000.. => format!("{}s", digits(us as f64 / 1e6)),
        1_000.. => format!("{}ms", digits(us as f64 / 1e3)),
        _ => format!("{us}us"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `tc -d qdisc show` of iproute2 6.1 prints for these values.
    #[test]
    fn rates_sizes_and_times_are_those_of_tc() {
        for (bytes, text) in [
            (125_000, "1Mbit"),
            (1_250_000, "10Mbit"),
            (188, "1504bit"),
            (125, "1Kbit"),
            (5_000_000_000, "40Gbit"),
            (12_500_000, "100Mbit"),
        ] {
            assert_eq!(rate(bytes), text);
        }
        for (bytes, text) in [
            (1600, "1600b"),
            (10_240, "10Kb"),
            (33_554_432, "32Mb"),
            (1_048_320, "1048320b"),
            (1_048_600, "1Mb"),
            (0, "0b"),
        ] {
            assert_eq!(size(bytes), text);
        }
        for (us, text) in [
            (4999, "5ms"),
            (99_999, "100ms"),
            (10, "10us"),
            (10_000_000, "10s"),
        ] {
            assert_eq!(time(us), text);
        }
        assert_eq!(lifetime(u64::from(u32::MAX)), "forever");
    }
}

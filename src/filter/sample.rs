//! The value of `--conntrack-sample`: which flows a run receives.

use super::Fault;
use crate::event::meta::Settings;
use crate::kind::route::rule::IP_PROTOCOLS;
use crate::netlink::sample::{MAX_PARTS, MAX_VALUES, Sample, Values};

/// What a value of the option looks like.
const EXAMPLES: &str = "1/16 or proto=tcp,zone=3,mark=0x1/0xff";
const NAMES: &[&str] = &["proto", "zone", "mark"];

/// A part of the text, with the byte where it begins.
#[derive(Clone, Copy)]
struct Part<'a> {
    whole: &'a str,
    at: usize,
    text: &'a str,
}

impl<'a> Part<'a> {
    fn from(self, bytes: usize) -> Self {
        Part {
            at: self.at + bytes,
            text: &self.text[bytes..],
            ..self
        }
    }

    fn until(self, bytes: usize) -> Self {
        Part {
            text: &self.text[..bytes],
            ..self
        }
    }

    /// What is before and after the first such character.
    fn split(self, separator: char) -> Option<(Self, Self)> {
        let at = self.text.find(separator)?;
        Some((self.until(at), self.from(at + separator.len_utf8())))
    }

    fn fault(self, reason: impl Into<String>) -> Fault {
        Fault::at(self.whole, self.at, reason)
    }

    /// Reads a number, decimal or with `0x`.
    fn number(self, what: &str, most: u32) -> Result<u32, Fault> {
        let is_digits =
            |text: &str, radix| !text.is_empty() && text.chars().all(|it| it.is_digit(radix));
        let number = match self.text.strip_prefix("0x") {
            Some(digits) if is_digits(digits, 16) => u32::from_str_radix(digits, 16).ok(),
            None if is_digits(self.text, 10) => self.text.parse().ok(),
            _ => None,
        };
        number.filter(|it| *it <= most).ok_or_else(|| {
            self.fault(format!(
                "expected {what}, a number of at most {most} ({most:#x})"
            ))
        })
    }
}

/// Reads a value of the option: conditions, separated by commas, all of which a flow has to meet. `1/16` is a share of
/// the flows; `proto=`, `zone=` and `mark=` have a value, of several with one name one has to match, and `!` before
/// a value means that it must not match.
///
/// # Errors
/// What is wrong, and where.
pub fn sample(text: &str) -> Result<Sample, Fault> {
    let mut sample = Sample::default();
    let mut rest = Some(Part {
        whole: text,
        at: 0,
        text,
    });
    while let Some(part) = rest {
        let (term, next) = match part.split(',') {
            Some((term, next)) => (term, Some(next)),
            None => (part, None),
        };
        rest = next;
        let Some((name, value)) = term.split('=') else {
            let share = share(term)?;
            if sample.share.replace(share).is_some() {
                return Err(term.fault("there is a share already"));
            }
            continue;
        };
        match name.text {
            "proto" => add(&mut sample.protocols, value, protocol),
            "zone" => add(&mut sample.zones, value, |it| {
                it.number("a zone", u16::MAX.into()).map(|zone| zone as u16) // at most that
            }),
            "mark" => add(&mut sample.marks, value, mark),
            other => Err(Fault::unknown(text, name.at, "name", other, NAMES)),
        }?;
    }
    Ok(sample)
}

/// The flows of a run with these settings; `None`: all.
///
/// # Errors
/// As for [`sample`].
pub fn of(settings: &Settings) -> Result<Option<Sample>, Fault> {
    let text = settings.conntrack_sample.as_deref();
    let sample = text.map(sample).transpose();
    sample.map_err(|fault| fault.of("conntrack-sample"))
}

fn share(term: Part<'_>) -> Result<(u32, u32), Fault> {
    let Some((taken, parts)) = term.split('/') else {
        return Err(term.fault(format!("expected a share, or a name with `=`: {EXAMPLES}")));
    };
    let of = parts.number("the number of parts", MAX_PARTS)?;
    if of == 0 {
        return Err(parts.fault("expected at least one part"));
    }
    let number = taken.number("the number of parts that are received", of)?;
    match number {
        0 => Err(taken.fault("nothing would be received; leave out --family conntrack for that")),
        _ => Ok((number, of)),
    }
}

fn add<'a, T>(
    values: &mut Values<T>,
    value: Part<'a>,
    parse: impl Fn(Part<'a>) -> Result<T, Fault>,
) -> Result<(), Fault> {
    let (list, value) = match value.text.starts_with('!') {
        true => (&mut values.none, value.from(1)),
        false => (&mut values.any, value),
    };
    if list.len() == MAX_VALUES {
        return Err(value.fault(format!("expected at most {MAX_VALUES} values of one name")));
    }
    list.push(parse(value)?);
    Ok(())
}

fn protocol(value: Part<'_>) -> Result<u8, Fault> {
    let named = IP_PROTOCOLS
        .iter()
        .find(|(_, name)| name.eq_ignore_ascii_case(value.text));
    if let Some((number, _)) = named {
        return Ok(*number as u8); // numbers of protocols have eight bits
    }
    match value.text.starts_with(|first: char| first.is_ascii_digit()) {
        true => value
            .number("an IP protocol", u8::MAX.into())
            .map(|it| it as u8), // at most that
        false => {
            let names: Vec<_> = IP_PROTOCOLS.iter().map(|(_, name)| *name).collect();
            let fault = Fault::unknown(value.whole, value.at, "IP protocol", value.text, &names);
            Err(fault.with("; any other one by its number".to_owned()))
        }
    }
}

fn mark(value: Part<'_>) -> Result<(u32, u32), Fault> {
    let (number, mask) = match value.split('/') {
        Some((number, mask)) => (number, mask.number("a mask", u32::MAX)?),
        None => (value, u32::MAX),
    };
    let mark = number.number("a mark", u32::MAX)?;
    match mark & !mask {
        0 => Ok((mark, mask)),
        _ => Err(number.fault(format!("no mark has bits outside of its mask {mask:#x}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read() {
        let values = |text| sample(text).unwrap();
        assert_eq!(values("1/16").share, Some((1, 16)));
        let all = values("proto=tcp,proto=132,zone=!0,mark=0x1/0xff,mark=!7,3/10,proto=!UDP");
        assert_eq!(
            (&all.protocols.any[..], &all.protocols.none[..]),
            (&[6, 132][..], &[17][..])
        );
        assert_eq!(
            (&all.zones.any[..], &all.zones.none[..]),
            (&[][..], &[0][..])
        );
        assert_eq!(all.marks.any, [(1, 0xff)]);
        assert_eq!(all.marks.none, [(7, u32::MAX)]);
        assert_eq!(all.share, Some((3, 10)));
        assert_eq!(values("proto=ipv6-icmp").protocols.any, [58]);
    }

    #[test]
    fn a_fault_names_the_place() {
        for (text, reason, character) in [
            ("", "expected a share, or a name with `=`", 1),
            ("1/16,", "expected a share, or a name with `=`", 6),
            ("tcp", "expected a share, or a name with `=`", 1),
            ("1/0", "at least one part", 3),
            ("0/4", "nothing would be received", 1),
            ("5/4", "at most 4", 1),
            ("1/65537", "at most 65536", 3),
            ("1/2,1/3", "a share already", 5),
            ("proto=tcp,ports=1", "unknown name `ports`", 11),
            ("prot=tcp", "did you mean `proto`?", 1),
            ("proto=tpc", "did you mean `tcp`?", 7),
            ("proto=", "unknown IP protocol ``", 7),
            ("proto=256", "at most 255", 7),
            ("1/4,zone=!x", "expected a zone", 11),
            ("zone=65536", "at most 65535", 6),
            ("zone=+3", "expected a zone", 6),
            ("mark=0x", "expected a mark", 6),
            ("mark=0x100/0xff", "outside of its mask 0xff", 6),
            ("mark=1/", "expected a mask", 8),
            ("mark=0x1ffffffff", "expected a mark", 6),
        ] {
            let fault = sample(text).unwrap_err().to_string();
            let place = format!("at character {character} of `{text}`");
            assert!(
                fault.contains(reason) && fault.ends_with(&place),
                "{text}: {fault}"
            );
        }
        let many = vec!["zone=1"; MAX_VALUES + 1].join(",");
        assert!(sample(&many[7..]).is_ok());
        assert!(
            sample(&many)
                .unwrap_err()
                .to_string()
                .contains("at most 64 values")
        );
    }
}

//! The parts of written records that a sink has to read or change. The sink itself knows no format:
//! it uses a [`RecordReader`].

use std::fmt::Debug;
use std::ops::Range;

use serde::Deserialize;

use super::Framing;
use super::envelope::{self, RECORD_START};
use crate::event::meta::Follows;
use crate::event::values::Time;

/// Reads the records of one format. Records are passed without their framing.
pub trait RecordReader: Debug + Sync {
    /// Returns true if `tail`, the unended last record of a file, is the beginning of a record of
    /// this program: the machine or the program died while it was written.
    fn is_torn(&self, tail: &[u8]) -> bool;

    /// Returns true if a file that begins with `head` has records of this format, or no content.
    fn is_own(&self, head: &[u8]) -> bool;

    /// Returns what the format is called in messages.
    fn describe(&self) -> &'static str;

    /// Returns run and number of a record; `None` if it is not a record of this program.
    fn key(&self, record: &[u8]) -> Option<Follows>;

    /// Returns the time of the first record of a file, of which `head` are the first bytes.
    fn first_time(&self, head: &[u8]) -> Option<Time>;

    /// Inserts `first`, the framed record that a new file begins with, before the framed records in
    /// `waiting`, which were numbered before it. `first` takes number and time of the first of
    /// them, and each of them the number that follows its own: so the numbers in the file ascend.
    fn insert_first(&self, framing: Framing, first: &[u8], waiting: &mut Vec<u8>);
}

/// Reader of the JSON format.
#[derive(Debug)]
pub(super) struct JsonRecords;

impl RecordReader for JsonRecords {
    fn is_torn(&self, tail: &[u8]) -> bool {
        tail.starts_with(RECORD_START) || RECORD_START.starts_with(tail)
    }

    fn is_own(&self, head: &[u8]) -> bool {
        self.is_torn(first_text(head))
    }

    fn describe(&self) -> &'static str {
        "lines of nlstream in the format json"
    }

    fn key(&self, record: &[u8]) -> Option<Follows> {
        #[derive(Deserialize)]
        struct Key {
            run: String,
            seq: u64,
        }
        let Key { run, seq } = serde_json::from_slice(record).ok()?;
        Some(Follows { run, seq })
    }

    fn first_time(&self, head: &[u8]) -> Option<Time> {
        let head = String::from_utf8_lossy(head);
        let (_, rest) = head.split_once("\"time\":\"")?;
        rest.split_once('"')?.0.parse().ok().map(Time)
    }

    fn insert_first(&self, framing: Framing, first: &[u8], waiting: &mut Vec<u8>) {
        let first_waiting = Stamp::of(framing.prefix().len(), waiting).map(|stamp| stamp.number);
        let mut all = Vec::with_capacity(first.len() + waiting.len() + waiting.len() / 64);
        let prefix = framing.prefix().len();
        match (Stamp::of(prefix, first), Stamp::of(prefix, waiting)) {
            (Some(own), Some(next)) => {
                all.extend_from_slice(&first[..own.seq.start]);
                all.extend_from_slice(&waiting[next.seq.start..next.time.end]);
                all.extend_from_slice(&first[own.time.end..]);
            }
            _ => all.extend_from_slice(first),
        }
        for record in framing.split(waiting) {
            match Stamp::of(prefix, record) {
                Some(Stamp { seq, number, .. }) => {
                    all.extend_from_slice(&record[..seq.start]);
                    all.extend_from_slice(itoa::Buffer::new().format(number + 1).as_bytes());
                    let rest = &record[seq.end..];
                    match checkpoint_of_sync(rest).zip(first_waiting) {
                        // Its `checkpoint` line waits as well, and is renumbered too.
                        Some(((digits, number), first_waiting)) if number >= first_waiting => {
                            all.extend_from_slice(&rest[..digits.start]);
                            let mut buffer = itoa::Buffer::new();
                            all.extend_from_slice(buffer.format(number + 1).as_bytes());
                            all.extend_from_slice(&rest[digits.end..]);
                        }
                        _ => all.extend_from_slice(rest),
                    }
                }
                None => all.extend_from_slice(record),
            }
        }
        *waiting = all;
    }
}

/// The number of the `checkpoint` line that a `sync` record completes, and its digits in `record`,
/// which may lack its beginning. `None` for any other record.
fn checkpoint_of_sync(record: &[u8]) -> Option<(Range<usize>, u64)> {
    // The envelope precedes the payload; in other records the search ends soon.
    const ENVELOPE: usize = 512;
    let find = |bytes: &[u8], what: &[u8]| {
        let at = bytes.windows(what.len()).position(|it| it == what);
        at.map(|at| at + what.len())
    };
    let head = &record[..record.len().min(ENVELOPE)];
    find(head, b",\"kind\":\"meta\",\"op\":\"sync\"")?;
    let start = find(head, b",\"checkpoint\":")?;
    let digits = head[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    let digits = start..start + digits.count();
    let number = std::str::from_utf8(&record[digits.clone()])
        .ok()?
        .parse()
        .ok()?;
    Some((digits, number))
}

/// Returns the first line that has content, without its newline. File systems leave NULs after a power
/// loss.
fn first_text(head: &[u8]) -> &[u8] {
    let is_empty = |byte: &u8| matches!(byte, 0 | b'\n');
    let start = head.iter().position(|byte| !is_empty(byte));
    let text = &head[start.unwrap_or(head.len())..];
    text.split(|byte| *byte == b'\n').next().unwrap_or(text)
}

/// Number and time of a record that the [envelope](envelope) has written. Every record begins with the
/// version, the id of the run, the number and the time.
struct Stamp {
    number: u64,
    /// The digits of the number.
    seq: Range<usize>,
    /// From the comma before the field `time` to the end of the field.
    time: Range<usize>,
}

impl Stamp {
    /// Reads the stamp of the framed record at the beginning of `bytes`. `prefix`: the length of
    /// what the framing has before the record, bytes.
    fn of(prefix: usize, bytes: &[u8]) -> Option<Self> {
        let record = bytes.get(prefix..)?;
        let mut rest = record.strip_prefix(RECORD_START)?;
        let until = |bytes: &[u8], is_end: fn(&u8) -> bool| bytes.iter().position(is_end);
        rest = &rest[until(rest, |byte| !byte.is_ascii_digit())?..];
        rest = rest.strip_prefix(envelope::RUN_START)?;
        rest = &rest[until(rest, |byte| *byte == b'"')?..];
        rest = rest.strip_prefix(envelope::SEQ_START)?;
        let start = bytes.len() - rest.len();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
        let seq = start..start + digits;
        let fields = rest[digits..].strip_prefix(envelope::TIME_START)?;
        let length = fields.iter().position(|byte| *byte == b'"')?;
        let time = seq.end..seq.end + envelope::TIME_START.len() + length + 1;
        Some(Stamp { number, seq, time })
    }
}

/// How a line of the text format begins; `0` stands for a digit.
const TEXT_STARTS: [&[u8]; 4] = [
    b"-- 0000-00-00 ",
    b"[00:00:00.000]",
    b"[0000-00-00 00:00:00.000]",
    b"[0000-00-00T00:00:00.000",
];

/// Reader of the text format. Sentences have neither numbers nor a recognizable beginning. A file
/// may hold JSON records of an earlier run, which are read as such.
#[derive(Debug)]
pub(super) struct TextRecords;

impl RecordReader for TextRecords {
    fn is_torn(&self, tail: &[u8]) -> bool {
        JsonRecords.is_torn(tail)
    }

    fn is_own(&self, head: &[u8]) -> bool {
        // With colour an escape sequence precedes the time.
        let text = first_text(head);
        let end = text.iter().position(|byte| *byte == b'm');
        let text = match end.filter(|_| text.starts_with(b"\x1b[")) {
            Some(end) => &text[end + 1..],
            None => text,
        };
        let like = |text: &[u8], pattern: &[u8]| {
            let mut pairs = text.iter().zip(pattern);
            pairs.all(|(byte, like)| match like {
                b'0' => byte.is_ascii_digit(),
                like => byte == like,
            })
        };
        let is_relative = text.starts_with(b"[+") || text.starts_with(b"[-");
        let is_stamped = TEXT_STARTS.iter().any(|pattern| like(text, pattern));
        // Without times the first line of a file is that of its `start`.
        let is_start = text.starts_with(b"meta") && head.windows(8).any(|it| it == b"nlstream");
        is_relative || is_stamped || is_start || JsonRecords.is_own(head)
    }

    fn describe(&self) -> &'static str {
        "lines of nlstream"
    }

    fn key(&self, record: &[u8]) -> Option<Follows> {
        JsonRecords.key(record)
    }

    fn first_time(&self, head: &[u8]) -> Option<Time> {
        JsonRecords.first_time(head)
    }

    fn insert_first(&self, _: Framing, first: &[u8], waiting: &mut Vec<u8>) {
        waiting.splice(..0, first.iter().copied());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{Encoder, Format};
    use crate::event::meta::{Meta, Start, Sync};
    use crate::event::{Event, Op};

    /// Lines of the given numbers and times (seconds), as the encoder writes them.
    fn lines(stamps: &[(u64, i64)]) -> Vec<u8> {
        let stamps: Vec<_> = stamps
            .iter()
            .map(|(seq, second)| (*seq, *second, None))
            .collect();
        syncs(&stamps)
    }

    /// The same, of `sync` lines with the number of a checkpoint.
    fn syncs(stamps: &[(u64, i64, Option<u64>)]) -> Vec<u8> {
        let mut encoder = Encoder::new(Format::Json, "0000002a", &Start::default());
        let mut lines = Vec::new();
        for (seq, second, checkpoint) in stamps {
            let sync = Sync {
                objects: 0,
                checkpoint: *checkpoint,
                incomplete: None,
            };
            let event = Event {
                netns: Default::default(),
                time: Time(jiff::Timestamp::from_second(*second).unwrap()),
                op: Op::Sync,
                origin: None,
                payload: Meta::Sync(sync).into(),
                change: None,
                uncertain: false,
                by: None,
                nl: None,
                unparsed: Vec::new(),
                raw: None,
            };
            encoder.write(*seq, &event, &mut lines).unwrap();
        }
        lines
    }

    #[test]
    fn a_json_record_is_inserted_before_those_that_wait() {
        let first = lines(&[(102, 9)]);
        let mut waiting = lines(&[(98, 1), (99, 2), (101, 3)]);
        JsonRecords.insert_first(Framing::Newline, &first, &mut waiting);
        let expected = lines(&[(98, 1), (99, 1), (100, 2), (102, 3)]);
        assert_eq!(
            String::from_utf8(waiting).unwrap(),
            String::from_utf8(expected).unwrap()
        );
        let mut empty = Vec::new();
        JsonRecords.insert_first(Framing::Newline, &first, &mut empty);
        assert_eq!(empty, first);
    }

    #[test]
    fn a_sync_that_waits_still_names_its_checkpoint() {
        let first = lines(&[(102, 9)]);
        // The checkpoint of the first is in the file before, that of the second waits.
        let mut waiting = syncs(&[(98, 1, Some(97)), (99, 1, None), (100, 2, Some(99))]);
        JsonRecords.insert_first(Framing::Newline, &first, &mut waiting);
        let expected = syncs(&[
            (98, 1, None),
            (99, 1, Some(97)),
            (100, 1, None),
            (101, 2, Some(100)),
        ]);
        assert_eq!(
            String::from_utf8(waiting).unwrap(),
            String::from_utf8(expected).unwrap()
        );
    }

    #[test]
    fn a_sentence_is_inserted_unchanged() {
        let mut waiting = b"[00:00:01.000] link add\n".to_vec();
        TextRecords.insert_first(
            Framing::Newline,
            b"[00:00:02.000] meta start\n",
            &mut waiting,
        );
        let expected = b"[00:00:02.000] meta start\n[00:00:01.000] link add\n";
        assert_eq!(waiting, expected);
    }

    #[test]
    fn a_json_record_tells_its_key_and_time() {
        let line = lines(&[(7, 1_790_000_000)]);
        let key = JsonRecords.key(&line).unwrap();
        assert_eq!((&*key.run, key.seq), ("0000002a", 7));
        let time = JsonRecords.first_time(&line).unwrap();
        assert_eq!(time.0.as_second(), 1_790_000_000);
        assert!((1..line.len()).all(|length| JsonRecords.is_torn(&line[..length])));
        assert!(!JsonRecords.is_torn(b"notes"));
        assert!(JsonRecords.key(b"notes").is_none());
    }
}

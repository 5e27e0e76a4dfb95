//! Delimiters by which a reader of the output finds the end of a record. Framing knows nothing
//! about the content of records: a binary format can have a framing of its own, and a sink works
//! with any.

/// How records are delimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// A newline ends every record, and no record contains one.
    #[default]
    Newline,
}

impl Framing {
    /// Returns how many bytes the framing adds to a record.
    pub fn overhead(self) -> usize {
        match self {
            Framing::Newline => 1,
        }
    }

    /// Returns what stands before every record.
    #[inline]
    pub fn prefix(self) -> &'static [u8] {
        match self {
            Framing::Newline => b"",
        }
    }

    /// Begins a record at the end of `out`.
    #[inline]
    pub fn begin_record(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.prefix());
    }

    /// Ends the record at the end of `out`.
    #[inline]
    pub fn end_record(self, out: &mut Vec<u8>) {
        match self {
            Framing::Newline => out.push(b'\n'),
        }
    }

    /// Returns where the last complete record in `bytes` ends, 0 if there is none. `bytes` begin at
    /// a record, or within one.
    pub fn last_end(self, bytes: &[u8]) -> usize {
        match self {
            Framing::Newline => {
                let newline = bytes.iter().rposition(|byte| *byte == b'\n');
                newline.map_or(0, |at| at + 1)
            }
        }
    }

    /// Returns the last record of `bytes`, which end with a complete record, and where it begins;
    /// `None` if `bytes` are empty. If that is 0 the record may have begun before `bytes`.
    pub fn last_record(self, bytes: &[u8]) -> Option<(usize, &[u8])> {
        let (prefix, suffix) = (self.prefix().len(), self.overhead() - self.prefix().len());
        let end = bytes.len().checked_sub(suffix)?;
        let start = self.last_end(&bytes[..end]);
        Some((start, bytes.get(start + prefix..end)?))
    }

    /// Returns `torn`, the beginning of a framed record, without what the framing has before the
    /// record; `None` if it does not begin as the framing begins a record.
    pub fn strip_prefix(self, torn: &[u8]) -> Option<&[u8]> {
        match self.prefix().starts_with(torn) {
            true => Some(&[]),
            false => torn.strip_prefix(self.prefix()),
        }
    }

    /// Splits `bytes`, which begin at a record, into records with their framing. What follows the
    /// last complete record comes as it is.
    pub fn split(self, bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
        match self {
            Framing::Newline => bytes.split_inclusive(|byte| *byte == b'\n'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newline_framing_finds_the_last_whole_record() {
        let framing = Framing::Newline;
        for (bytes, end, last) in [
            ("", 0, None),
            ("torn", 0, None),
            ("a\n", 2, Some((0, "a"))),
            ("a\nbc\nto", 5, Some((2, "bc"))),
            ("\n", 1, Some((0, ""))),
            ("a\n\n", 3, Some((2, ""))),
        ] {
            let bytes = bytes.as_bytes();
            assert_eq!(framing.last_end(bytes), end);
            let last = last.map(|(start, record)| (start, record.as_bytes()));
            assert_eq!(framing.last_record(&bytes[..end]), last);
        }
    }

    #[test]
    fn split_gives_back_what_end_record_framed() {
        let mut bytes = Vec::new();
        for record in ["a", "", "bc"] {
            bytes.extend_from_slice(record.as_bytes());
            Framing::Newline.end_record(&mut bytes);
        }
        let records: Vec<_> = Framing::Newline.split(&bytes).collect();
        assert_eq!(records, [&b"a\n"[..], b"\n", b"bc\n"]);
    }
}

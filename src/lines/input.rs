//! Reads lines, and says what a file without them is.

use std::io::{self, BufRead, Read as _};

/// Maximum length of a line, bytes: a longer one is damage, and is not read into memory.
pub const LONGEST: u64 = 64 << 20;

/// How the text of a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a newline.
    Newline,
    /// With the end of the input.
    Torn,
    /// It is longer than [`LONGEST`].
    TooLong,
    /// There is no further line.
    Nothing,
}

/// Reads the next line into `line`, without its newline.
///
/// # Errors
/// Those of the input.
pub fn next(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Ending> {
    line.clear();
    let read = input.take(LONGEST).read_until(b'\n', line)? as u64;
    Ok(match line.last() {
        None => Ending::Nothing,
        Some(b'\n') => {
            line.pop();
            Ending::Newline
        }
        Some(_) if read == LONGEST => Ending::TooLong,
        Some(_) => Ending::Torn,
    })
}

/// Returns true if `text` is the beginning of a line whose rest was not written: a killed run or a
/// power loss, after which the file system may have zeros in place of the data.
pub fn is_torn(text: &[u8]) -> bool {
    text.starts_with(b"{") || text.iter().all(|byte| *byte == 0)
}

/// What a file is by its first bytes, and what to do with it; `None` if it may have lines.
pub fn foreign(head: &[u8]) -> Option<&'static str> {
    const MAGIC: &[(&[u8], &str)] = &[
        (
            &[0x0a, 0x0d, 0x0d, 0x0a],
            "a recording or pcapng capture: `nlstream replay FILE` writes its lines, which a pipe can bring as the standard input (`-`)",
        ),
        (&[0xa1, 0xb2, 0xc3, 0xd4], PCAP),
        (&[0xd4, 0xc3, 0xb2, 0xa1], PCAP),
        (&[0xa1, 0xb2, 0x3c, 0x4d], PCAP),
        (&[0x4d, 0x3c, 0xb2, 0xa1], PCAP),
        (
            &[0x28, 0xb5, 0x2f, 0xfd],
            "compressed with zstd: pipe `zstdcat FILE` into the standard input (`-`)",
        ),
        (
            &[0x1f, 0x8b],
            "compressed with gzip: pipe `zcat FILE` into the standard input (`-`)",
        ),
        (
            b"BZh",
            "compressed with bzip2: pipe `bzcat FILE` into the standard input (`-`)",
        ),
        (
            &[0xfd, b'7', b'z', b'X', b'Z', 0],
            "compressed with xz: pipe `xzcat FILE` into the standard input (`-`)",
        ),
        (
            &[0x04, 0x22, 0x4d, 0x18],
            "compressed with lz4: pipe `lz4cat FILE` into the standard input (`-`)",
        ),
        (b"PK\x03\x04", "a zip archive: unpack it first"),
        (
            b"[{",
            "one JSON array, not one object per line: pipe `jq -c '.[]' FILE` into the standard input (`-`)",
        ),
    ];
    const PCAP: &str = "a pcap capture: `nlstream replay FILE` writes its lines, which a pipe can bring as the standard input (`-`)";
    let found = MAGIC.iter().find(|(magic, _)| head.starts_with(magic));
    if let Some((_, name)) = found {
        return Some(name);
    }
    // `[21:26:54.897] link add …`
    let digits = |at: usize| {
        head.get(at..at + 2)
            .is_some_and(|it| it.iter().all(u8::is_ascii_digit))
    };
    if head.first() == Some(&b'[') && digits(1) && digits(4) && digits(7) {
        return Some("in the format `text`: only lines in the format `json` can be read");
    }
    if head.iter().any(|byte| *byte != 0) && head.contains(&0) && !head.starts_with(b"{") {
        return Some("binary data: if it is a recording or a capture, `nlstream replay` reads it");
    }
    let first = head.split(|byte| *byte == b'\n').next().unwrap_or(head);
    if first.trim_ascii() == b"{" {
        return Some(
            "JSON in several lines per object: pipe `jq -c . FILE` into the standard input (`-`)",
        );
    }
    None
}

//! Reads files that zstd or gzip compressed. The first bytes tell them from files that are not
//! compressed.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use zstd::stream::read::Decoder;

const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const GZIP: &[u8] = &[0x1f, 0x8b];
/// Size of the first part of an input, bytes.
const HEAD: usize = 4096;

/// Returns true if a file that begins with these bytes is decompressed by [`reader`].
pub fn is_compressed(head: &[u8]) -> bool {
    head.starts_with(ZSTD) || head.starts_with(GZIP)
}

/// Returns the content of `input`, decompressed if the input is compressed.
///
/// # Errors
/// If the first bytes cannot be read. Damage in a compressed input is an error of a later read.
pub fn reader<'a>(mut input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    // As much as there is, so that a reader sees in one piece what the input is; but a pipe need not have
    // more than the first bytes.
    let (mut head, mut length) = (vec![0; HEAD], 0);
    while length < ZSTD.len() {
        match input.read(&mut head[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    head.truncate(length);
    let (is_zstd, is_gzip) = (head.starts_with(ZSTD), head.starts_with(GZIP));
    let whole = io::Cursor::new(head).chain(input);
    Ok(match (is_zstd, is_gzip) {
        (true, _) => Box::new(Decoder::new(whole)?),
        (_, true) => Box::new(MultiGzDecoder::new(whole)),
        _ => Box::new(whole),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn read(input: &[u8]) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        reader(input)?.read_to_end(&mut content)?;
        Ok(content)
    }

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn compressed_and_plain_inputs_have_the_same_content() {
        let zstd = |content: &[u8]| zstd::encode_all(content, 1).unwrap();
        for content in [&b""[..], b"a", b"{\"v\":1}\n", &[7; 300_000]] {
            assert_eq!(read(content).unwrap(), content);
            assert_eq!(read(&zstd(content)).unwrap(), content);
            assert_eq!(read(&gzip(content)).unwrap(), content);
        }
        // `cat a.zst b.zst`, `cat a.gz b.gz`.
        assert_eq!(
            read(&[zstd(b"a\n"), zstd(b"b\n")].concat()).unwrap(),
            b"a\nb\n"
        );
        assert_eq!(
            read(&[gzip(b"a\n"), gzip(b"b\n")].concat()).unwrap(),
            b"a\nb\n"
        );
    }

    #[test]
    fn a_compressed_input_that_is_cut_is_an_error() {
        let content: Vec<u8> = (0..100_000_u32).flat_map(u32::to_ne_bytes).collect();
        for whole in [zstd::encode_all(&content[..], 1).unwrap(), gzip(&content)] {
            let error = read(&whole[..whole.len() / 2]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{error}");
        }
    }
}

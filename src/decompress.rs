//! Reads files that zstd or gzip compressed. The first bytes tell them from files that are not
//! compressed.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use zstd::stream::read::Decoder;

const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Returns the content of `input`, decompressed if the input is compressed.
///
/// # Errors
/// If the first bytes cannot be read. Damage in a compressed input is an error of a later read.
pub fn reader<'a>(mut input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut magic = Vec::with_capacity(ZSTD.len());
    (&mut input)
        .take(ZSTD.len() as u64)
        .read_to_end(&mut magic)?;
    let (is_zstd, is_gzip) = (magic.starts_with(ZSTD), magic.starts_with(GZIP));
    let whole = io::Cursor::new(magic).chain(input);
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

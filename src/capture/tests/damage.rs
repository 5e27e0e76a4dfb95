//! Truncated and damaged captures.

use super::*;

/// The inputs in `bytes`, and if a fault occurred, on opening or later.
fn attempt(bytes: &[u8]) -> (Vec<Owned>, Option<Fault>) {
    match reader(bytes) {
        Ok(mut reader) => drain(&mut reader),
        Err(error) => (Vec::new(), Some(error.fault)),
    }
}

#[test]
fn a_recording_cut_anywhere_gives_what_was_whole() {
    let inputs = inputs();
    let bytes = record(&header(), &inputs);
    let borders = borders(&bytes);
    assert_eq!(borders.len(), 1 + 3 + inputs.len());
    for cut in 0..=bytes.len() {
        let (back, fault) = attempt(&bytes[..cut]);
        let whole = borders.iter().filter(|b| **b <= cut).count() - 1;
        assert_eq!(back, inputs[..whole.saturating_sub(3)], "cut at {cut}");
        match fault {
            None => assert!(cut > 0 && borders.contains(&cut), "cut at {cut}"),
            Some(Fault::NotACapture) => assert!(cut < 4),
            Some(Fault::Truncated { offset, have, .. }) => {
                assert_eq!(
                    (offset, have),
                    (borders[whole] as u64, cut - borders[whole])
                );
            }
            Some(other) => panic!("cut at {cut}: {other}"),
        }
    }
}

#[test]
fn the_fault_says_where_and_what() {
    let bytes = record(&header(), &inputs());
    let start = borders(&bytes)[3];
    let mut reader = reader(&bytes[..start + 40]).unwrap();
    let error = reader.next().unwrap_err();
    let expected = format!(
        "x: truncated at byte {start} (a block of 88 bytes has 40): the events before it were read"
    );
    assert_eq!(error.to_string(), expected);
}

#[test]
fn no_flipped_byte_of_a_recording_does_harm() {
    let bytes = record(&header(), &inputs());
    flip_every_byte(bytes);
}

#[test]
fn no_flipped_byte_of_another_capture_does_harm() {
    flip_every_byte(foreign::pcapng(true, &foreign::packets()));
    flip_every_byte(foreign::pcap(false, true, &foreign::packets()));
    flip_every_byte(foreign::rtmon());
}

fn flip_every_byte(mut bytes: Vec<u8>) {
    for at in 0..bytes.len() {
        for flip in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff] {
            bytes[at] ^= flip;
            attempt(&bytes);
            bytes[at] ^= flip;
        }
    }
}

#[test]
fn garbage_is_no_capture() {
    for bytes in [&b""[..], b"abc", b"{\"v\":1}\n", &[0; 64], &[0xff; 64]] {
        assert!(
            matches!(attempt(bytes).1, Some(Fault::NotACapture)),
            "{bytes:?}"
        );
    }
}

/// Random blocks after a valid beginning: their lengths are valid, so that reading continues.
#[test]
fn random_blocks_do_no_harm() {
    let good = record(&header(), &inputs());
    let mut seed = 1u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as u32
    };
    for _ in 0..20_000 {
        let mut bytes = good.clone();
        for _ in 0..4 {
            let words = random() as usize % 24;
            let length = (words as u32 * 4 + 12).to_ne_bytes();
            bytes.extend((random() % 8).to_ne_bytes());
            bytes.extend(length);
            // Small numbers pass more checks than arbitrary ones.
            bytes.extend((0..words).flat_map(|_| (random() >> (random() % 32)).to_ne_bytes()));
            bytes.extend(length);
        }
        let (back, _) = attempt(&bytes);
        assert!(back.len() >= inputs().len());
    }
}

#[test]
fn a_length_that_nothing_has_is_refused_without_memory_for_it() {
    let mut bytes = record(&header(), &[]);
    let offset = bytes.len() as u64;
    bytes.extend(6u32.to_ne_bytes());
    bytes.extend(0x8000_0000u32.to_ne_bytes());
    bytes.extend([0; 64]);
    let fault = attempt(&bytes).1;
    assert!(
        matches!(fault, Some(Fault::TooLong { offset: o, .. }) if o == offset),
        "{fault:?}"
    );
}

#[test]
fn a_fault_of_the_input_is_passed_on() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("broken"))
        }
    }
    let bytes = record(&header(), &inputs()[..1]);
    let mut reader = Reader::new(Cursor::new(bytes).chain(Broken), "x").unwrap();
    let (back, fault) = drain(&mut reader);
    assert_eq!(back.len(), 1);
    assert!(matches!(fault, Some(Fault::Io(_))));
    let missing = super::super::open("/nonexistent/x".as_ref());
    assert!(matches!(missing.err().unwrap().fault, Fault::Io(_)));
}

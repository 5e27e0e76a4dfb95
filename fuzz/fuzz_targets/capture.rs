//! The bytes of a file (pcapng, pcap, rtmon) through the reader and the pipeline.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nlstream::capture::Reader;
use nlstream::encode::Format;
use nlstream::pipeline::{Config, Pipeline};

fuzz_target!(|data: &[u8]| {
    let Ok(mut reader) = Reader::new(std::io::Cursor::new(data.to_vec()), "fuzzed") else {
        return;
    };
    let header = reader.header().cloned().unwrap_or_default();
    let config = Config::new(Format::Json, "00000000".to_owned(), &header);
    let mut lines = Vec::new();
    let mut pipeline = Pipeline::new(config, &mut lines).unwrap();
    while let Ok(Some(input)) = reader.next() {
        pipeline.feed(&[input], &mut lines).unwrap();
    }
    assert!(lines.ends_with(b"\n"));
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        let read: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(line);
        assert!(read.is_ok(), "{}", String::from_utf8_lossy(line));
    }
});

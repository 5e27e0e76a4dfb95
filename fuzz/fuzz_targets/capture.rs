//! The bytes of a file (pcapng, pcap, rtmon) through the reader and the pipeline.
#![no_main]

#[path = "../../tests/common/oracle.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod oracle;

use std::cell::RefCell;

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
    ORACLE.with_borrow_mut(|oracle| {
        if let Err(fault) = oracle.check(&lines) {
            panic!("{fault}");
        }
    });
});

thread_local! {
    static ORACLE: RefCell<oracle::LineOracle> = RefCell::new(oracle::LineOracle::new());
}

//! The lines and counters of the pipeline do not depend on how its inputs are divided into
//! batches, and a run that has reached its `--count` takes no more inputs.

use nlstream::capture::Reader;
use nlstream::encode::Format;
use nlstream::event::meta::Pulse;
use nlstream::event::values::Time;
use nlstream::input::{Channel, ControlRecord, Header, Input, InputData};
use nlstream::pipeline::{Config, Pipeline};

use crate::common;

/// An input that owns its datagram.
struct Owned(Time, Result<(Channel, Vec<u8>), ControlRecord>);

impl Owned {
    fn lend(&self) -> Input<'_> {
        match &self.1 {
            Ok((source, bytes)) => Input {
                time: self.0,
                data: InputData::Datagram(*source, bytes),
            },
            Err(mark) => Input::control(self.0, mark.clone()),
        }
    }
}

/// Returns the inputs of every fixture, and its header. Every fifth input is followed by a
/// heartbeat, which has the counters so far.
fn captures() -> Vec<(String, Header, Vec<Owned>)> {
    let read = |folder: std::path::PathBuf| {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(folder.join("capture.pcapng")).unwrap();
        let mut reader = Reader::new(std::io::Cursor::new(bytes), "capture").unwrap();
        let header = reader.header().unwrap().clone();
        let mut inputs = Vec::new();
        while let Some(Input { time, data }) = reader.next().unwrap() {
            let data = match data {
                InputData::Datagram(source, bytes) => Ok((source, bytes.to_vec())),
                InputData::Control(_, mark) => Err(*mark),
            };
            inputs.push(Owned(time, data));
            if inputs.len() % 5 == 0 {
                inputs.push(Owned(time, Err(ControlRecord::Heartbeat(Pulse::default()))));
            }
        }
        (name, header, inputs)
    };
    common::fixtures().into_iter().map(read).collect()
}

/// Returns the lines of a run with batches of `batch` inputs, and how many inputs it took.
fn run(header: &Header, inputs: &[Input<'_>], batch: usize) -> (String, usize) {
    let mut lines = Vec::new();
    let config = Config::new(Format::Json, "00000000".to_owned(), header);
    let mut pipeline = Pipeline::new(config, &mut lines).unwrap();
    let mut taken = 0;
    for some in inputs.chunks(batch) {
        taken += pipeline.feed(some, &mut lines).unwrap();
        if pipeline.is_full() {
            break;
        }
    }
    (String::from_utf8(lines).unwrap(), taken)
}

#[test]
fn lines_do_not_depend_on_the_batches() {
    let mut full = 0;
    for (name, mut header, inputs) in captures() {
        let inputs: Vec<_> = inputs.iter().map(Owned::lend).collect();
        for count in [None, Some(1), Some(3), Some(20)] {
            header.start.settings.count = count;
            let one_by_one = run(&header, &inputs, 1);
            full += usize::from(one_by_one.1 < inputs.len());
            assert!(count.is_some() || one_by_one.1 == inputs.len(), "{name}");
            for batch in [2, 16, 17, inputs.len()] {
                let result = run(&header, &inputs, batch);
                assert_eq!(result, one_by_one, "{name}: {batch} of count {count:?}");
            }
        }
    }
    assert!(full > 50, "only {full} runs were full");
}

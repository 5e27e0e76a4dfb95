//! Mutated replays in one process. Whatever the inputs are: no panic (the build checks overflows),
//! every line is valid by the schema, an independent fold of the lines equals `nlstream::fold` and the
//! state of the pipeline, and text has no control character.
//!
//! `NLSTREAM_TEST_MUTATIONS=SECONDS` sets how long the test runs, `NLSTREAM_TEST_MUTATIONS=N..M` runs the
//! replays with these numbers: a million of them can be run in parts. `NLSTREAM_TEST_MUTATION=N` runs
//! only the replay with that number, which a failure names, and prints its inputs and lines.

mod mutate;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nlstream::capture::Reader;
use nlstream::channel::{Channel, NetnsId};
use nlstream::encode::Format;
use nlstream::event::Kind;
use nlstream::event::meta::{CheckpointReason, Part, Stop};
use nlstream::event::values::Time;
use nlstream::input::{ControlRecord, Header, Input, InputData, MAX_SLICE};
use nlstream::pipeline::{Config, Pipeline};
use nlstream::text::TextStyle;
use serde_json::Value;

use crate::common::oracle::{Checked, FoldRules, LineOracle, Objects, difference};
use mutate::{Data, Owned, Random, mutate};

/// A fixture: its capture, and the same as inputs.
struct Fixture {
    name: String,
    capture: Vec<u8>,
    header: Header,
}

fn owned(input: &Input<'_>) -> Owned {
    let (channel, data) = match &input.data {
        InputData::Datagram(channel, bytes) => (*channel, Data::Datagram(bytes.to_vec())),
        InputData::Control(channel, record) => (*channel, Data::Control((**record).clone())),
    };
    Owned {
        time: input.time,
        channel,
        data,
    }
}

/// Reads a capture to its end, or to its damage.
fn inputs(capture: &[u8]) -> (Option<Header>, Vec<Owned>) {
    let Ok(mut reader) = Reader::new(std::io::Cursor::new(capture.to_vec()), "mutated") else {
        return (None, Vec::new());
    };
    let mut inputs = Vec::new();
    while let Ok(Some(input)) = reader.next() {
        inputs.push(owned(&input));
    }
    (reader.header().cloned(), inputs)
}

/// What is the same for all replays.
struct Corpus {
    fixtures: Vec<Fixture>,
    inputs: Vec<Vec<Owned>>,
}

impl Corpus {
    fn new() -> Self {
        let mut corpus = Corpus {
            fixtures: Vec::new(),
            inputs: Vec::new(),
        };
        for (name, capture) in crate::damage::captures() {
            let (header, inputs) = inputs(&capture);
            let header = header.unwrap_or_default();
            corpus.fixtures.push(Fixture {
                name,
                capture,
                header,
            });
            corpus.inputs.push(inputs);
        }
        corpus
    }

    /// Makes the replay of that random sequence.
    fn replay(&self, random: &mut Random) -> Replay<'_> {
        let at = random.below(self.fixtures.len());
        let fixture = &self.fixtures[at];
        let (mut header, mut inputs) = (fixture.header.clone(), self.inputs[at].clone());
        let is_file = fixture.capture.len() < 200_000 && random.one_in(8);
        if is_file {
            let mut capture = fixture.capture.clone();
            for _ in 0..=random.below(6) {
                let at = random.below(capture.len());
                match random.below(4) {
                    0 => capture[at] = random.next() as u8,
                    1 => capture[at] ^= 1 << random.below(8),
                    2 => drop(capture.drain(at..(at + 4).min(capture.len()))),
                    _ => capture.truncate(capture.len() - random.below(64).min(capture.len() - 1)),
                }
            }
            let read = self::inputs(&capture);
            header = read.0.unwrap_or_default();
            inputs = read.1;
        } else if !random.one_in(64) {
            // A part: most faults need few inputs.
            let begin = match random.one_in(2) {
                true => 0,
                false => random.below(inputs.len()),
            };
            let end = (begin + 1 + random.below(32)).min(inputs.len());
            inputs = inputs[begin..end].to_vec();
            mutate(random, &mut inputs, &self.inputs);
        } else {
            mutate(random, &mut inputs, &self.inputs);
        }
        if !is_file || random.one_in(2) {
            mutate::settings(random, &mut header.start.settings);
        }
        // A run watches one namespace, and its lines do not name it.
        inputs.retain(|input| input.channel.netns == NetnsId::OWN);
        Replay {
            name: &fixture.name,
            is_file,
            header,
            inputs,
        }
    }
}

/// What is replayed.
struct Replay<'a> {
    /// The fixture that it was made of.
    name: &'a str,
    /// Whether the bytes of the file were damaged, and its header with them.
    is_file: bool,
    header: Header,
    inputs: Vec<Owned>,
}

/// A run, and what its lines must be.
struct Run {
    pipeline: Pipeline,
    lines: Vec<u8>,
}

impl Run {
    fn feed(&mut self, inputs: &[Owned]) -> Result<(), String> {
        // In parts, as a replay does.
        for part in inputs.chunks(64) {
            let inputs: Vec<_> = part
                .iter()
                .map(|it| Input {
                    time: it.time,
                    data: match &it.data {
                        Data::Datagram(bytes) => InputData::Datagram(it.channel, bytes),
                        Data::Control(record) => {
                            InputData::Control(it.channel, record.clone().into())
                        }
                    },
                })
                .collect();
            let fed = self.pipeline.feed(&inputs, &mut self.lines);
            fed.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Feeds control records of the run, and returns the lines that follow from them.
    fn control(&mut self, records: Vec<ControlRecord>) -> Result<String, String> {
        let before = self.lines.len();
        for record in records {
            let input = Input::control(Time::default(), record);
            let fed = self.pipeline.feed(&[input], &mut self.lines);
            fed.map_err(|error| error.to_string())?;
        }
        Ok(String::from_utf8_lossy(&self.lines[before..]).into_owned())
    }

    /// Prints the inputs, and the lines that follow from each, of a copy of the run.
    fn show(&self, header: &Header, inputs: &[Owned]) -> Result<(), String> {
        println!("settings {:?}", header.start.settings);
        let config = Config::new(Format::Json, "00000000".to_owned(), header);
        let pipeline = Pipeline::new(config, &mut Vec::new()).map_err(|it| it.to_string())?;
        let mut copy = Run {
            pipeline,
            lines: Vec::new(),
        };
        for input in inputs {
            match &input.data {
                Data::Datagram(bytes) => {
                    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                    println!("> {:?} {hex}", input.channel);
                }
                Data::Control(record) => println!("> {:?} {record:?}", input.channel),
            }
            copy.lines.clear();
            copy.feed(std::slice::from_ref(input))?;
            print!("{}", String::from_utf8_lossy(&copy.lines));
        }
        copy.lines.clear();
        copy.end()?;
        print!("> end\n{}", String::from_utf8_lossy(&copy.lines));
        Ok(())
    }

    /// Ends the run: lines may wait for the end of a dump, the name of a device, or the next slice.
    fn end(&mut self) -> Result<(), String> {
        let slice = || ControlRecord::Slice(1 << 20);
        let end = ControlRecord::EndReconcile(false);
        let stop = ControlRecord::Stop(Stop::default());
        self.control(vec![end, slice(), stop, slice()]).map(drop)
    }

    /// Ends the run, and checks its lines. Returns their number.
    fn check_json(&mut self, header: &Header, oracle: &mut LineOracle) -> Result<u64, String> {
        self.end()?;
        let checked = oracle.check(&self.lines)?;
        let settings = &header.start.settings;
        // With `details` objects have counters and ages, which change without a line.
        let has_details = settings.with.contains(&Part::Details);
        let compares =
            checked.is_complete && settings.snapshot && !has_details && !self.pipeline.is_full();
        if compares {
            self.check_state(header, &checked, &oracle.rules)?;
        }
        Ok(checked.lines)
    }

    /// Compares the folded objects with the state, which a checkpoint writes.
    fn check_state(
        &mut self,
        header: &Header,
        checked: &Checked,
        rules: &FoldRules,
    ) -> Result<(), String> {
        let mut records = vec![ControlRecord::BeginCheckpoint(CheckpointReason::Signal)];
        records.extend(std::iter::repeat_n(ControlRecord::Slice(MAX_SLICE), 64));
        records.push(ControlRecord::EndCheckpoint);
        let text = self.control(records)?;
        let mut objects = checked.objects.clone();
        let mut state = Objects::new();
        for line in text.lines() {
            let line: Value =
                serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
            rules.fold(&line, &mut state);
        }
        let settings = &header.start.settings;
        let is_stored = |name: &str| {
            let kind = Kind::ALL.iter().find(|kind| kind.name() == name).unwrap();
            settings.tracks(*kind)
        };
        objects.retain(|(_, kind, _), _| is_stored(kind));
        // They change with time alone, so that a difference in them is no change.
        for objects in [&mut objects, &mut state] {
            for ((_, kind, _), payload) in objects.iter_mut() {
                if let Some(fields) = payload.as_object_mut() {
                    match kind.as_str() {
                        "neightbl" => drop(fields.remove("reachable")),
                        "nexthop" => drop(fields.remove("group_stats")),
                        // The attribute RTA_CACHEINFO, which is not stored.
                        "route" => fields.retain(|name, _| name != "expires" && name != "error"),
                        _ => {}
                    }
                }
            }
        }
        match difference(&objects, &state) {
            Some(difference) => Err(format!("fold and state: {difference}")),
            None => Ok(()),
        }
    }
}

/// Replays the mutation with that number. Returns the number of lines.
fn replay(corpus: &Corpus, number: u64, oracle: &mut LineOracle) -> Result<u64, String> {
    let mut random = Random(number.wrapping_mul(0x5851_f42d_4c95_7f2d));
    let Replay {
        name,
        is_file,
        header,
        inputs,
    } = corpus.replay(&mut random);
    let json = !random.one_in(10);
    let format = match json {
        true => Format::Json,
        false => Format::Text(TextStyle::new(jiff::tz::TimeZone::UTC)),
    };
    let config = Config::new(format, "00000000".to_owned(), &header);
    let mut lines = Vec::new();
    let pipeline = match Pipeline::new(config, &mut lines) {
        Ok(pipeline) => pipeline,
        // A damaged filter, which a replay refuses as it does one of the command line.
        Err(_) if is_file => return Ok(0),
        Err(error) => return Err(error.to_string()),
    };
    let mut run = Run { pipeline, lines };
    // As in a replay; a live run has no index, and the same lines.
    if number.is_multiple_of(2) {
        run.pipeline.index_devices();
    }
    if std::env::var_os("NLSTREAM_TEST_MUTATION").is_some() {
        run.show(&header, &inputs)?;
    }
    run.feed(&inputs)?;
    let checked = match json {
        true => run.check_json(&header, oracle),
        false => check_text(&run.lines),
    };
    checked.map_err(|error| format!("{error} (of {name})"))
}

/// Returns the number of lines of text without a control or bidirectional character.
fn check_text(lines: &[u8]) -> Result<u64, String> {
    let text = std::str::from_utf8(lines).map_err(|error| error.to_string())?;
    let is_hostile = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    match text.lines().find(|line| line.chars().any(is_hostile)) {
        Some(line) => Err(format!("a control character in {line:?}")),
        None => Ok(text.lines().count() as u64),
    }
}

#[test]
fn mutated_replays_are_valid_by_the_schema_and_fold_to_the_state() {
    let corpus = Corpus::new();
    let setting = |name| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    if let Some(number) = setting("NLSTREAM_TEST_MUTATION") {
        let mut oracle = LineOracle::new();
        assert_eq!(replay(&corpus, number, &mut oracle).err(), None);
        return;
    }
    // Without a time or numbers the first replays, always the same.
    let (mut numbers, mut end) = (0..200, None);
    if let Ok(text) = std::env::var("NLSTREAM_TEST_MUTATIONS") {
        match text.split_once("..") {
            Some((from, to)) => numbers = from.parse().unwrap()..to.parse().unwrap(),
            None => {
                numbers.end = u64::MAX;
                end = Some(Instant::now() + Duration::from_secs(text.parse().unwrap()));
            }
        }
    }
    let goes_on = |number| numbers.contains(&number) && end.is_none_or(|it| Instant::now() < it);
    let (next, lines) = (AtomicU64::new(numbers.start), AtomicU64::new(0));
    let replays = AtomicU64::new(0);
    let faults: Mutex<BTreeMap<String, (u64, u64, String)>> = Mutex::default();
    let slowest = Mutex::new((Duration::ZERO, 0));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let mut oracle = LineOracle::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if !goes_on(number) {
                        break;
                    }
                    replays.fetch_add(1, Ordering::Relaxed);
                    let begun = Instant::now();
                    let result =
                        catch_unwind(AssertUnwindSafe(|| replay(&corpus, number, &mut oracle)));
                    let time = begun.elapsed();
                    let mut slowest = slowest.lock().unwrap();
                    *slowest = (*slowest).max((time, number));
                    let fault = match result {
                        Ok(Ok(count)) => {
                            lines.fetch_add(count, Ordering::Relaxed);
                            continue;
                        }
                        Ok(Err(fault)) => fault,
                        Err(panic) => {
                            let text = panic.downcast_ref::<String>().cloned();
                            format!("panic: {}", text.unwrap_or_default())
                        }
                    };
                    // Faults of one sort once, without what differs between them.
                    let sort: String = fault
                        .chars()
                        .filter(|c| !c.is_ascii_digit())
                        .take(60)
                        .collect();
                    let mut faults = faults.lock().unwrap();
                    faults.entry(sort).or_insert((0, number, fault)).0 += 1;
                }
            });
        }
    });
    let (replays, lines) = (replays.into_inner(), lines.into_inner());
    let (time, number) = slowest.into_inner().unwrap();
    println!("{replays} replays, {lines} lines, slowest {time:?} (number {number})");
    let faults = faults.into_inner().unwrap();
    for (times, number, fault) in faults.values() {
        let fault: String = fault.chars().take(1500).collect();
        println!("{times} times, first number {number}: {fault}\n");
    }
    assert!(faults.is_empty(), "{} sorts of faults", faults.len());
    assert!(
        replays > 20 && lines > 100,
        "{replays} replays, {lines} lines"
    );
}

/// No integer of a line exceeds 63 bits, whichever eight bytes of a message are all ones; the bytes
/// are kept.
#[test]
fn numbers_of_64_bits_are_valid_by_the_schema() {
    // Some datagrams of each message type: most lines differ, and each is validated.
    let mut seen = BTreeMap::<u16, u32>::new();
    let mut samples = crate::damage::samples(1);
    for (_, datagrams) in &mut samples {
        datagrams.retain(|(_, datagram)| {
            let kind = u16::from_ne_bytes([datagram[4], datagram[5]]);
            let count = seen.entry(kind).or_default();
            *count += 1;
            *count <= 2 && datagram.len() < 4096
        });
    }
    assert!(seen.len() > 30, "{seen:?}");
    crate::damage::each(&samples, |(header, datagrams)| {
        let mut oracle = LineOracle::new();
        let mut header = header.clone();
        header.start.settings.with = vec![Part::Details];
        for (_, datagram) in datagrams {
            let config = Config::new(Format::Json, "00000000".to_owned(), &header);
            let mut lines = Vec::new();
            let pipeline = Pipeline::new(config, &mut lines).unwrap();
            let mut run = Run { pipeline, lines };
            let at = (16..datagram.len().saturating_sub(7)).step_by(4);
            let inputs: Vec<_> = at
                .map(|at| {
                    let mut bytes = datagram.clone();
                    bytes[at..at + 8].fill(0xff);
                    let (time, channel) = (Time::default(), Channel::ROUTE_EVENTS);
                    Owned {
                        time,
                        channel,
                        data: Data::Datagram(bytes),
                    }
                })
                .collect();
            run.feed(&inputs).unwrap();
            run.end().unwrap();
            assert_eq!(oracle.check(&run.lines).err(), None);
        }
    });
}

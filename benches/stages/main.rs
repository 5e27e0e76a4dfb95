//! Time and allocations of the stages decode, encode and of the complete pipeline, per kind, over
//! the events of the fixtures.
//!
//! One iteration is one event, the next of its kind; a sample is a thousand iterations.
#![allow(clippy::unwrap_used, reason = "a bench fails by a panic")]

#[path = "../common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use common::fixtures;
use common::made;
use divan::{AllocProfiler, Bencher, black_box};
use made::{Links, Maker as _, Neighs, Routes};
use nlstream::decode::context::DecodeContext;
use nlstream::encode::{Encoder, Format};
use nlstream::event::kind_set::KindSet;
use nlstream::event::meta::Start;
use nlstream::event::values::Time;
use nlstream::event::{Event, Kind, Nl, NlType, Op, Origin};
use nlstream::family::Family as _;
use nlstream::input::{Channel, ControlRecord, Header, Input, InputData, NetnsId};
use nlstream::names::Names;
use nlstream::netlink::frame::{Message, Messages};
use nlstream::netlink::rtm::Rtnetlink;
use nlstream::pipeline::{Config, Pipeline};
use nlstream::state::State;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    let mut divan = divan::Divan::from_args();
    if std::env::var("NLSTREAM_BENCH").as_deref() == Ok("small") {
        divan = divan.sample_count(5);
    }
    divan.main();
}

/// The datagrams with one message, by the kind of its first event.
static EVENTS: LazyLock<BTreeMap<&'static str, Vec<Vec<u8>>>> = LazyLock::new(|| {
    let names = Names::builtin();
    let mut events = BTreeMap::<_, Vec<_>>::new();
    for scenario in fixtures::names() {
        for datagram in fixtures::events(&scenario) {
            if fixtures::single(&datagram).is_none() {
                continue;
            }
            let mut kind = None;
            let mut context = DecodeContext::new(&names, false);
            Rtnetlink.decode(&mut context, &message(&datagram), &mut |decoded, _| {
                kind.get_or_insert(decoded.payload.kind());
            });
            if let Some(kind) = kind {
                events.entry(kind.name()).or_default().push(datagram);
            }
        }
    }
    assert!(events.len() >= 15, "only {} kinds", events.len());
    events
});

fn kinds() -> Vec<&'static str> {
    EVENTS.keys().copied().collect()
}

fn message(datagram: &[u8]) -> Message<'_> {
    let message = Messages::new(datagram).next();
    message.and_then(Result::ok).expect("one complete message")
}

/// Benches of decoding: message to payload.
#[divan::bench(args = kinds(), sample_size = 1000, sample_count = 50)]
fn decoding(bencher: Bencher<'_, '_>, kind: &str) {
    let names = Names::builtin();
    let messages: Vec<_> = EVENTS[kind].iter().map(|event| message(event)).collect();
    let mut turn = messages.iter().cycle();
    bencher.bench_local(|| {
        let message = turn.next().expect("there is no end");
        let mut context = DecodeContext::new(&names, false);
        Rtnetlink.decode(
            &mut context,
            black_box(message),
            &mut |decoded, unparsed| {
                black_box((decoded, unparsed));
            },
        );
    });
}

/// Benches of encoding: event to line.
#[divan::bench(args = kinds(), sample_size = 1000, sample_count = 50)]
fn encoding(bencher: Bencher<'_, '_>, kind: &str) {
    let events = events_of(kind);
    let run = "00000000".to_owned();
    let mut encoder = Encoder::new(Format::Json, &run, &Start::default());
    let mut turn = events.iter().cycle();
    let mut line = Vec::new();
    bencher
        .with_inputs(|| turn.next().expect("there is no end").clone())
        .bench_local_values(|event| {
            line.clear();
            encoder
                .put(0, black_box(event), &mut line)
                .and_then(|()| encoder.flush(&mut line))
                .expect("memory can be written");
            black_box(&line);
        });
}

/// Returns the events of the messages of a kind.
fn events_of(kind: &str) -> Vec<Event> {
    let mut state = State::new(Names::builtin(), KindSet::of(Kind::ALL));
    state.complete();
    let mut events = Vec::new();
    for datagram in &EVENTS[kind] {
        let message = message(datagram);
        let names = Names::builtin();
        let mut context = DecodeContext::new(&names, false);
        let mut all = Vec::new();
        Rtnetlink.decode(&mut context, &message, &mut |decoded, unparsed| {
            all.push((decoded, unparsed));
        });
        for (decoded, unparsed) in all {
            let key = state.key(&decoded);
            let mut event = Event {
                netns: NetnsId::OWN,
                time: Time::default(),
                op: Op::Notify,
                origin: Some(Origin::Kernel),
                payload: decoded.payload,
                change: None,
                uncertain: false,
                by: None,
                nl: Some(Nl {
                    r#type: NlType::route(message.kind),
                    proto: None,
                    family: None,
                    portid: Some(message.portid),
                    seq: Some(message.seq),
                    flags: None,
                }),
                unparsed,
                raw: None,
            };
            state.apply_event(decoded.action, key, &message, &mut event);
            events.push(event);
        }
    }
    events
}

/// Benches of the pipeline: datagram to line.
#[divan::bench(args = kinds(), sample_size = 1000, sample_count = 50)]
fn pipeline(bencher: Bencher<'_, '_>, kind: &str) {
    let mut run = Run::new();
    let mut turn = EVENTS[kind].iter().cycle();
    bencher.bench_local(|| {
        let datagram = turn.next().expect("there is no end");
        run.feed(black_box(datagram));
    });
}

/// The most frequent events: a change of one of a thousand objects.
#[divan::bench(args = ["route", "neigh", "link"], sample_size = 1000, sample_count = 50)]
fn change(bencher: Bencher<'_, '_>, kind: &str) {
    const OBJECTS: u32 = 1000;
    let mut run = Run::new();
    let (mut routes, mut neighs, mut links) = (Routes::new(), Neighs::new(), Links::new());
    let mut make = |key, round| match (kind, round) {
        ("route", 0) => routes.add(key).to_vec(),
        ("route", _) => routes.change(key, round).to_vec(),
        ("neigh", _) => neighs.change(key, round).to_vec(),
        _ => links.change(key, round).to_vec(),
    };
    let mut datagrams = Vec::new();
    for round in 0..3 {
        datagrams.push((0..OBJECTS).map(|key| make(key, round)).collect::<Vec<_>>());
    }
    datagrams[0].iter().for_each(|datagram| run.feed(datagram));
    // Two values alternate, so that each event is a change.
    let mut turn = datagrams[1..].iter().flatten().cycle();
    bencher.bench_local(|| {
        let datagram = turn.next().expect("there is no end");
        run.feed(black_box(datagram));
    });
}

/// A pipeline, and the buffer of its lines.
struct Run {
    pipeline: Pipeline,
    lines: Vec<u8>,
}

impl Run {
    fn new() -> Self {
        let mut lines = Vec::new();
        let config = Config::new(Format::Json, "00000000".to_owned(), &Header::default());
        let pipeline = Pipeline::new(config, &mut lines).expect("memory can be written");
        let mut run = Run { pipeline, lines };
        run.take(Input::control(Time::default(), ControlRecord::Sync));
        run
    }

    fn feed(&mut self, datagram: &[u8]) {
        self.take(Input {
            time: Time::default(),
            data: InputData::Datagram(Channel::ROUTE_EVENTS, datagram),
        });
        black_box(&self.lines);
    }

    fn take(&mut self, input: Input<'_>) {
        self.lines.clear();
        let fed = self.pipeline.feed(&[input], &mut self.lines);
        fed.expect("memory can be written");
    }
}

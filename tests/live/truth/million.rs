//! Memory and time per event with a million routes.

use std::time::{Duration, Instant};

use nlstream::encode::Format;
use nlstream::event::values::Time;
use nlstream::input::{Channel, Header, Input, InputData};
use nlstream::pipeline::{Config, Pipeline};

use super::random::Random;

crate::trial::trials! {
    a_million_routes_are_small_and_as_fast() long "takes a quarter of a minute; meaningful in a release build only",
}

/// Routes of the large and the small run.
const MANY: u32 = 1_000_000;
const FEW: u32 = 1_000;
/// How many bytes a route may take.
const MAX_ROUTE_BYTES: usize = 150;
/// How many times as long an event may take with many routes as with few.
const MAX_RATIO: f64 = 1.3;
/// Inputs per batch, as in a replay; a live run has up to 128.
const BATCH: u32 = 64;

/// RTM_NEWROUTE of 20.0.0.0 + `number`/32, as the kernel writes that of
/// `ip route replace … via … dev …`.
fn route(number: u32, gateway: u8) -> Vec<u8> {
    let mut message = vec![0; 16];
    message[4] = 24;
    // NLM_F_REPLACE | NLM_F_CREATE
    message[6..8].copy_from_slice(&0x500u16.to_ne_bytes());
    // AF_INET, /32, table main, protocol boot, scope universe, unicast
    message.extend([2, 32, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0]);
    let mut attribute = |kind: u16, value: [u8; 4]| {
        message.extend(8u16.to_ne_bytes());
        message.extend(kind.to_ne_bytes());
        message.extend(value);
    };
    attribute(15, 254u32.to_ne_bytes());
    attribute(1, (0x1400_0000 + number).to_be_bytes());
    attribute(5, [10, 1, 0, gateway]);
    attribute(4, 2u32.to_ne_bytes());
    let length = message.len() as u32;
    message[..4].copy_from_slice(&length.to_ne_bytes());
    message
}

struct Run {
    pipeline: Pipeline,
    lines: Vec<u8>,
    routes: u32,
    random: Random,
}

impl Run {
    fn new(routes: u32) -> Self {
        let mut lines = Vec::new();
        let config = Config::new(Format::Json, "00000000".to_owned(), &Header::default());
        let pipeline = Pipeline::new(config, &mut lines).unwrap();
        let random = Random(1);
        let mut run = Run {
            pipeline,
            lines,
            routes,
            random,
        };
        for number in 0..routes {
            run.feed(&[route(number, 2)]);
        }
        run
    }

    fn feed(&mut self, messages: &[Vec<u8>]) {
        let input = |message| Input {
            time: Time::default(),
            data: InputData::Datagram(Channel::ROUTE_EVENTS, message),
        };
        let inputs: Vec<_> = messages.iter().map(|message| input(message)).collect();
        self.lines.clear();
        self.pipeline.feed(&inputs, &mut self.lines).unwrap();
        assert!(!self.lines.is_empty());
    }

    /// Returns the mean time of one change of a random route, nanoseconds.
    fn cost(&mut self) -> f64 {
        const ROUNDS: u32 = 32;
        let mut spent = Duration::ZERO;
        for _ in 0..ROUNDS {
            let mut change = |_| {
                let number = self.random.below(u64::from(self.routes)) as u32;
                let gateway = 3 + self.random.below(200) as u8;
                route(number, gateway)
            };
            let messages: Vec<_> = (0..BATCH).map(&mut change).collect();
            let begun = Instant::now();
            self.feed(&messages);
            spent += begun.elapsed();
        }
        spent.as_nanos() as f64 / f64::from(ROUNDS * BATCH)
    }
}

/// Returns the resident memory of this process, bytes.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

fn a_million_routes_are_small_and_as_fast() {
    let mut few = Run::new(FEW);
    let before = resident();
    let mut many = Run::new(MANY);
    let each = (resident() - before) / MANY as usize;
    // Alternately, and the minimum of each: other processes use the machine too.
    let (mut least_few, mut least_many) = (f64::MAX, f64::MAX);
    for _ in 0..100 {
        least_few = least_few.min(few.cost());
        least_many = least_many.min(many.cost());
    }
    let ratio = least_many / least_few;
    println!(
        "{each} B a route with {MANY} of them; an event: {least_few:.0} ns with {FEW} routes, \
         {least_many:.0} ns with {MANY}: {ratio:.2} times as much"
    );
    assert!(each <= MAX_ROUTE_BYTES, "{each} B");
    assert!(ratio <= MAX_RATIO, "{ratio}");
}

//! The stream between source and sink: frame → decode → state → encode, some inputs at a time. No
//! socket, no clock: the same inputs give the same lines, however they are divided.

mod looks;
mod missed;
mod stage;
mod totals;

use std::collections::HashMap;
use std::io;

use crate::encode::{Encoder, Format};
use crate::event::kind_set::KindSet;
use crate::event::meta::{GapCause, Heartbeat, Meta, Part, Pulse, Resync, Start, Stop, Sync};
use crate::event::unknown::Unknown;
use crate::event::values::{Hex, Time};
use crate::event::{Event, Kind, Nl, NlType, Op, Origin, Payload, Unparsed};
use crate::input::{Header, Input, Mark, Source, What};
use crate::names::Names;
use crate::state::{Meaning, State, Verdict};
use missed::Missed;
use stage::{Item, Object, Parts};
use totals::Totals;

/// What a run's lines depend on beside its inputs.
#[derive(Clone, Debug)]
pub struct Config {
    pub format: Format,
    /// 8 hexadecimal digits.
    pub run: String,
    /// How the run began: the content of its `start` record.
    pub start: Start,
    /// When it began.
    pub time: Time,
    pub names: Names,
}

impl Config {
    /// For a run that began as `header` says.
    pub fn new(format: Format, run: String, header: &Header) -> Self {
        Config {
            format,
            run,
            start: header.start.clone(),
            time: header.time,
            names: Names::from(&header.names),
        }
    }
}

/// Inputs that go through a stage together. The code of each of the stages fits into a processor's
/// cache for instructions, and that of all of them does not.
const TOGETHER: usize = 16;

/// One run.
#[derive(Debug)]
pub struct Pipeline {
    parts: Parts,
    snapshot: bool,
    state: State,
    encoder: Encoder,
    /// Where the rows of the devices came from: what they say is told when all of them were read.
    rows: HashMap<u32, (Time, Provenance)>,
    /// What came of the last look.
    verdict: Option<Verdict>,
    /// The kinds whose last look was not clean.
    unclean: KindSet,
    /// Since when all is read again after a gap, or a reader told what it has missed.
    resync: Option<Resync>,
    /// Events were lost, and not everything was read again yet.
    lost: bool,
    /// The objects of which lines were dropped.
    missed: Option<Missed>,
    totals: Totals,
    /// When the run began, and its `start` record.
    begun: Time,
    start: Start,
}

/// Where an event comes from.
#[derive(Debug, Default)]
struct Provenance {
    nl: Option<Nl>,
    unparsed: Vec<Unparsed>,
    raw: Option<Hex>,
}

impl Pipeline {
    /// Begins a run: appends its `start` record to `out`.
    ///
    /// # Errors
    /// See [`Encoder::flush`].
    pub fn new(config: Config, out: &mut Vec<u8>) -> io::Result<Self> {
        let settings = &config.start.settings;
        let host = config.start.host.clone();
        let encoder = Encoder::new(config.format, &config.run, settings, host);
        let mut tracked = KindSet::EMPTY;
        for kind in Kind::ALL
            .iter()
            .copied()
            .filter(|kind| encoder.wants(*kind) && kind.is_listed())
        {
            tracked.insert(kind);
        }
        for kind in &settings.no_track {
            tracked.remove(*kind);
        }
        let mut pipeline = Pipeline {
            parts: Parts {
                details: settings.with.contains(&Part::Details),
                raw: settings.with.contains(&Part::Raw),
            },
            snapshot: settings.snapshot,
            state: State::new(config.names, tracked),
            encoder,
            rows: HashMap::new(),
            verdict: None,
            unclean: KindSet::EMPTY,
            resync: None,
            lost: false,
            missed: None,
            totals: Totals::default(),
            begun: config.time,
            start: config.start.clone(),
        };
        pipeline.meta(
            config.time,
            Op::Start,
            Meta::Start(Box::new(config.start)),
            out,
        )?;
        pipeline.encoder.flush(out)?;
        Ok(pipeline)
    }

    /// Were as many events written as were asked for?
    pub fn is_full(&self) -> bool {
        self.encoder.is_full()
    }

    /// What came of the look that ended last.
    pub fn verdict(&self) -> Option<Verdict> {
        self.verdict
    }

    /// The kinds that may have changed without a word since this was last asked.
    pub fn take_doubtful(&mut self) -> KindSet {
        self.state.take_doubtful()
    }

    /// Takes inputs, and appends the lines that follow from them to `out`. Returns how many of them
    /// it took: those behind the one with which the run [is full](Self::is_full) are left.
    ///
    /// # Errors
    /// See [`Encoder::flush`].
    pub fn feed(&mut self, inputs: &[Input<'_>], out: &mut Vec<u8>) -> io::Result<usize> {
        let mut taken = 0;
        let mut items = Vec::with_capacity(2 * TOGETHER);
        'inputs: for together in inputs.chunks(TOGETHER) {
            items.clear();
            stage::items(together, &self.state, self.parts, &mut items);
            // Where the events begin whose lines are not written yet.
            let mut from = 0;
            for at in 0..items.len() {
                if taken > 0 && self.is_full() && matches!(items[at], Item::Input(_)) {
                    self.write(&items[from..at], out)?;
                    break 'inputs;
                }
                match &mut items[at] {
                    Item::Object(object) if object.source == Source::Events => {
                        self.make_whole(object);
                        continue;
                    }
                    Item::Control => {
                        self.totals.control += 1;
                        continue;
                    }
                    Item::Input(input) => {
                        taken += 1;
                        if let What::Datagram(source, _) = input.what {
                            self.totals.datagrams += u64::from(source == Source::Events);
                            continue;
                        }
                    }
                    Item::Object(_) | Item::Malformed(..) => {}
                }
                // Anything else may have lines of its own.
                self.write(&items[from..at], out)?;
                from = at + 1;
                match std::mem::replace(&mut items[at], Item::Control) {
                    Item::Input(Input {
                        time,
                        what: What::Mark(mark),
                    }) => self.mark(*time, mark, out)?,
                    Item::Object(row) => self.row(row, out)?,
                    Item::Malformed(time, rest) => self.malformed(time, rest, out)?,
                    Item::Input(_) | Item::Control => {}
                }
            }
            self.write(&items[from..], out)?;
        }
        self.encoder.flush(out)?;
        Ok(taken)
    }

    /// Makes an event whole, and numbers its line.
    fn make_whole(&mut self, object: &mut Object<'_>) {
        let Object {
            message,
            verb,
            key,
            event,
            ..
        } = object;
        self.state.event(*verb, *key, message, event);
        object.seq = self.number(event);
    }

    /// Writes the lines of events that have numbers.
    fn write(&mut self, items: &[Item<'_>], out: &mut Vec<u8>) -> io::Result<()> {
        let mut events = items.iter().filter_map(|item| match item {
            Item::Object(Object { event, seq, .. }) => Some((seq.as_ref()?, event)),
            _ => None,
        });
        let Some((seq, event)) = events.next() else {
            return Ok(());
        };
        self.encoder.flush(out)?;
        self.encoder.write(*seq, event, out)?;
        events.try_for_each(|(seq, event)| self.encoder.write(*seq, event, out))
    }

    fn mark(&mut self, time: Time, mark: &Mark, out: &mut Vec<u8>) -> io::Result<()> {
        match mark {
            Mark::Look(kind, origin) => {
                if *origin == Origin::Resync {
                    self.begin_resync(time);
                }
                self.state.look(*kind, *origin);
                Ok(())
            }
            Mark::Looked(whole) => self.looked(time, *whole, out),
            Mark::Sync => {
                self.tell_links(time, out)?;
                self.state.complete();
                if !self.snapshot {
                    return Ok(());
                }
                let sync = Sync {
                    objects: self.totals.snapshot,
                    incomplete: self.incomplete(),
                };
                self.meta(time, Op::Sync, Meta::Sync(sync), out)
            }
            Mark::Resync => {
                self.lost = false;
                self.end_resync(time, out)
            }
            Mark::Gap(gap) => {
                self.lost |= gap.cause != GapCause::Output;
                self.totals.gap(gap);
                self.meta(time, Op::Gap, Meta::Gap(gap.clone()), out)
            }
            Mark::Refused(refused) => {
                self.totals.refused += refused.datagrams;
                self.meta(time, Op::Refused, Meta::Refused(refused.clone()), out)
            }
            Mark::Heartbeat(pulse) => {
                let heartbeat = self.counts(*pulse);
                self.meta(time, Op::Heartbeat, Meta::Heartbeat(heartbeat), out)
            }
            Mark::Clock(clock) => self.meta(time, Op::Clock, Meta::Clock(clock.clone()), out),
            Mark::Rotate(rotate) => self.meta(time, Op::Rotate, Meta::Rotate(rotate.clone()), out),
            Mark::File(opened) => {
                let start = Start {
                    since: Some(self.begun),
                    tail_repaired: opened.tail_repaired,
                    follows: opened.follows.clone(),
                    ..self.start.clone()
                };
                self.meta(time, Op::Start, Meta::Start(Box::new(start)), out)
            }
            Mark::Stop(stop) => {
                self.tell_links(time, out)?;
                let stop = Stop {
                    events: self.encoder.events(),
                    ..self.totals.stop(stop)
                };
                self.meta(time, Op::Stop, Meta::Stop(stop), out)
            }
        }
    }

    /// The counts so far.
    pub fn counts(&self, pulse: Pulse) -> Heartbeat {
        let count = |kind| self.state.count(kind) as u64;
        self.totals.heartbeat(pulse, count)
    }

    /// Bytes that are no whole message: nothing is dropped.
    fn malformed(&mut self, time: Time, rest: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let meaning = Meaning {
            op: Op::Notify,
            payload: Payload::from(Unknown {
                r#type: NlType(0),
                data: Some(Hex(rest.into())),
                ..Unknown::default()
            }),
            change: None,
        };
        let event = event(time, Origin::Kernel, meaning, Provenance::default());
        self.tell(event, out)
    }

    fn meta(&mut self, time: Time, op: Op, meta: Meta, out: &mut Vec<u8>) -> io::Result<()> {
        self.account(time, out)?;
        let meaning = Meaning {
            op,
            payload: meta.into(),
            change: None,
        };
        let event = Event {
            origin: None,
            ..event(time, Origin::Kernel, meaning, Provenance::default())
        };
        match self.encoder.number(&event) {
            Some(seq) => self.encoder.put(seq, event, out),
            None => Ok(()),
        }
    }

    /// Tells an event.
    fn tell(&mut self, event: Event, out: &mut Vec<u8>) -> io::Result<()> {
        match self.number(&event) {
            Some(seq) => self.encoder.put(seq, event, out),
            None => Ok(()),
        }
    }

    /// The number of the line of the next event, or, while the reader is too slow, none: it is
    /// remembered that the line is missing.
    fn number(&mut self, event: &Event) -> Option<u64> {
        let kind = event.payload.kind();
        if !self.encoder.wants(kind) {
            return None;
        }
        self.totals.line(kind);
        if self.is_deaf() {
            self.miss(event);
            self.encoder.skip();
            return None;
        }
        self.told(&event.payload);
        self.encoder.number(event)
    }
}

fn event(time: Time, origin: Origin, meaning: Meaning, provenance: Provenance) -> Event {
    Event {
        time,
        op: meaning.op,
        origin: Some(origin),
        payload: meaning.payload,
        change: meaning.change,
        nl: provenance.nl,
        unparsed: provenance.unparsed,
        raw: provenance.raw,
    }
}

//! The stream between source and sink: frame → decode → state → filter → encode, some inputs at a time. No
//! socket, no clock: the same inputs give the same lines, however they are divided.

mod backpressure;
mod decode_batch;
mod reconcile;
mod totals;

use std::collections::HashMap;
use std::io;

use crate::encode::{Encoder, Format};
use crate::event::kind_set::KindSet;
use crate::event::meta::{GapCause, Heartbeat, Meta, Part, Pulse, Resync, Start, Stop, Sync};
use crate::event::unknown::Unknown;
use crate::event::values::{Hex, Time};
use crate::event::{Event, Kind, Nl, NlType, Op, Origin, Payload, Unparsed};
use crate::filter::Filter;
use crate::input::{ControlRecord, Header, Input, InputData, Source};
use crate::names::Names;
use crate::state::{ReconcileResult, State, StateChange};
use backpressure::DroppedObjects;
use decode_batch::{DecodedItem, DecodedObject, OptionalParts};
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
const BATCH_SIZE: usize = 16;

/// One run.
#[derive(Debug)]
pub struct Pipeline {
    optional_parts: OptionalParts,
    snapshot: bool,
    state: State,
    filter: Filter,
    encoder: Encoder,
    /// Where the rows of the devices came from: what they say is told when all of them were read.
    dump_entries: HashMap<u32, (Time, Provenance)>,
    /// What came of the last look.
    reconcile_result: Option<ReconcileResult>,
    /// The kinds whose last look was not clean.
    incomplete_kinds: KindSet,
    /// Since when all is read again after a gap, or a reader told what it has missed.
    resync: Option<Resync>,
    /// Events were lost, and not everything was read again yet.
    lost: bool,
    /// The objects of which lines were dropped.
    dropped: Option<DroppedObjects>,
    totals: Totals,
    /// When the run began, and its `start` record.
    started_at: Time,
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
        let filter = Filter::new(settings);
        let encoder = Encoder::new(config.format, &config.run, settings, host);
        let mut tracked = KindSet::EMPTY;
        for kind in Kind::ALL
            .iter()
            .copied()
            .filter(|kind| filter.selects_kind(*kind) && kind.is_listed())
        {
            tracked.insert(kind);
        }
        for kind in &settings.no_track {
            tracked.remove(*kind);
        }
        let mut pipeline = Pipeline {
            optional_parts: OptionalParts {
                details: settings.with.contains(&Part::Details),
                raw: settings.with.contains(&Part::Raw),
            },
            snapshot: settings.snapshot,
            state: State::new(config.names, tracked),
            filter,
            encoder,
            dump_entries: HashMap::new(),
            reconcile_result: None,
            incomplete_kinds: KindSet::EMPTY,
            resync: None,
            lost: false,
            dropped: None,
            totals: Totals::default(),
            started_at: config.time,
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
        self.filter.is_full()
    }

    /// What came of the look that ended last.
    pub fn reconcile_result(&self) -> Option<ReconcileResult> {
        self.reconcile_result
    }

    /// The kinds that may have changed without a word since this was last asked.
    pub fn take_stale(&mut self) -> KindSet {
        self.state.take_stale()
    }

    /// Takes inputs, and appends the lines that follow from them to `out`. Returns how many of them
    /// it took: those behind the one with which the run [is full](Self::is_full) are left.
    ///
    /// # Errors
    /// See [`Encoder::flush`].
    pub fn feed(&mut self, inputs: &[Input<'_>], out: &mut Vec<u8>) -> io::Result<usize> {
        let mut taken = 0;
        let mut items = Vec::with_capacity(2 * BATCH_SIZE);
        'inputs: for together in inputs.chunks(BATCH_SIZE) {
            items.clear();
            decode_batch::items(together, &self.state, self.optional_parts, &mut items);
            // Where the events begin whose lines are not written yet.
            let mut from = 0;
            for at in 0..items.len() {
                if taken > 0 && self.is_full() && matches!(items[at], DecodedItem::Input(_)) {
                    self.write(&items[from..at], out)?;
                    break 'inputs;
                }
                match &mut items[at] {
                    DecodedItem::Object(object) if object.source == Source::Events => {
                        self.apply_event(object);
                        continue;
                    }
                    DecodedItem::Control => {
                        self.totals.control += 1;
                        continue;
                    }
                    DecodedItem::Input(input) => {
                        taken += 1;
                        if let InputData::Datagram(source, _) = input.what {
                            self.totals.datagrams += u64::from(source == Source::Events);
                            continue;
                        }
                    }
                    DecodedItem::Object(_) | DecodedItem::Malformed(..) => {}
                }
                // Anything else may have lines of its own.
                self.write(&items[from..at], out)?;
                from = at + 1;
                match std::mem::replace(&mut items[at], DecodedItem::Control) {
                    DecodedItem::Input(Input {
                        time,
                        what: InputData::Control(control),
                    }) => self.control(*time, control, out)?,
                    DecodedItem::Object(entry) => self.apply_dump_entry(entry, out)?,
                    DecodedItem::Malformed(time, rest) => self.emit_malformed(time, rest, out)?,
                    DecodedItem::Input(_) | DecodedItem::Control => {}
                }
            }
            self.write(&items[from..], out)?;
        }
        self.encoder.flush(out)?;
        Ok(taken)
    }

    /// Makes an event whole, and numbers its line.
    fn apply_event(&mut self, object: &mut DecodedObject<'_>) {
        let DecodedObject {
            message,
            action,
            key,
            event,
            ..
        } = object;
        self.state.apply_event(*action, *key, message, event);
        object.seq = self.number(event);
    }

    /// Writes the lines of events that have numbers.
    fn write(&mut self, items: &[DecodedItem<'_>], out: &mut Vec<u8>) -> io::Result<()> {
        let mut events = items.iter().filter_map(|item| match item {
            DecodedItem::Object(DecodedObject { event, seq, .. }) => Some((seq.as_ref()?, event)),
            _ => None,
        });
        let Some((seq, event)) = events.next() else {
            return Ok(());
        };
        self.encoder.flush(out)?;
        self.encoder.write(*seq, event, out)?;
        events.try_for_each(|(seq, event)| self.encoder.write(*seq, event, out))
    }

    fn control(
        &mut self,
        time: Time,
        control: &ControlRecord,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        match control {
            ControlRecord::BeginReconcile(kind, origin) => {
                if *origin == Origin::Resync {
                    self.begin_resync(time);
                }
                self.state.begin_reconcile(*kind, *origin);
                Ok(())
            }
            ControlRecord::EndReconcile(whole) => self.finish_reconcile(time, *whole, out),
            ControlRecord::Sync => {
                self.emit_links(time, out)?;
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
            ControlRecord::Resync => {
                self.lost = false;
                self.end_resync(time, out)
            }
            ControlRecord::Gap(gap) => {
                self.lost |= gap.cause != GapCause::Output;
                self.totals.gap(gap);
                self.meta(time, Op::Gap, Meta::Gap(gap.clone()), out)
            }
            ControlRecord::Refused(refused) => {
                self.totals.refused += refused.datagrams;
                self.meta(time, Op::Refused, Meta::Refused(refused.clone()), out)
            }
            ControlRecord::Heartbeat(pulse) => {
                let heartbeat = self.counts(*pulse);
                self.meta(time, Op::Heartbeat, Meta::Heartbeat(heartbeat), out)
            }
            ControlRecord::Clock(clock) => {
                self.meta(time, Op::Clock, Meta::Clock(clock.clone()), out)
            }
            ControlRecord::Rotate(rotate) => {
                self.meta(time, Op::Rotate, Meta::Rotate(rotate.clone()), out)
            }
            ControlRecord::File(opened) => {
                let start = Start {
                    since: Some(self.started_at),
                    tail_repaired: opened.tail_repaired,
                    follows: opened.follows.clone(),
                    ..self.start.clone()
                };
                self.meta(time, Op::Start, Meta::Start(Box::new(start)), out)
            }
            ControlRecord::Stop(stop) => {
                self.emit_links(time, out)?;
                let stop = Stop {
                    events: self.filter.events(),
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
    fn emit_malformed(&mut self, time: Time, rest: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let state_change = StateChange {
            op: Op::Notify,
            payload: Payload::from(Unknown {
                r#type: NlType(0),
                data: Some(Hex(rest.into())),
                ..Unknown::default()
            }),
            change: None,
        };
        let event = event(time, Origin::Kernel, state_change, Provenance::default());
        self.emit(event, out)
    }

    fn meta(&mut self, time: Time, op: Op, meta: Meta, out: &mut Vec<u8>) -> io::Result<()> {
        self.emit_drop_gap(time, out)?;
        let state_change = StateChange {
            op,
            payload: meta.into(),
            change: None,
        };
        let event = Event {
            origin: None,
            ..event(time, Origin::Kernel, state_change, Provenance::default())
        };
        match self.filter.next_seq(&event) {
            Some(seq) => self.encoder.put(seq, event, out),
            None => Ok(()),
        }
    }

    /// Tells an event.
    fn emit(&mut self, event: Event, out: &mut Vec<u8>) -> io::Result<()> {
        match self.number(&event) {
            Some(seq) => self.encoder.put(seq, event, out),
            None => Ok(()),
        }
    }

    /// Returns the number of the event's line, or `None` if the event has no line: a filter rejects
    /// it, or the output is paused, in which case the dropped line keeps its number.
    fn number(&mut self, event: &Event) -> Option<u64> {
        if !self.filter.selects(event) {
            return None;
        }
        self.totals.line(event.payload.kind());
        if self.is_output_paused() {
            self.record_dropped(event);
            self.filter.skip_seq();
            return None;
        }
        self.mark_delivered(&event.payload);
        self.filter.next_seq(event)
    }
}

fn event(time: Time, origin: Origin, state_change: StateChange, provenance: Provenance) -> Event {
    Event {
        time,
        op: state_change.op,
        origin: Some(origin),
        payload: state_change.payload,
        change: state_change.change,
        nl: provenance.nl,
        unparsed: provenance.unparsed,
        raw: provenance.raw,
    }
}

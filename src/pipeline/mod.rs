//! The stream between source and sink: frame → decode → state → encode for one input. No
//! socket, no clock: the same inputs give the same lines.

mod missed;
mod totals;

use std::collections::HashMap;
use std::io;

use crate::decode::cx::Cx;
use crate::decode::words::{NEW_FLAGS, family};
use crate::decode::{Decoded, Verb, decode, unknown};
use crate::encode::{Encoder, Format};
use crate::event::kind_set::KindSet;
use crate::event::meta::{GapCause, Heartbeat, Meta, Part, Pulse, Resync, Start, Stop, Sync};
use crate::event::unknown::Unknown;
use crate::event::values::{Flags, Hex, Time};
use crate::event::{Event, Kind, Nl, NlType, Op, Origin, Payload, Unparsed};
use crate::input::{Header, Input, Mark, Source, What};
use crate::names::Names;
use crate::netlink::frame::{Message, Messages};
use crate::state::{Meaning, State, Verdict};
use missed::Missed;
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

/// One run.
#[derive(Debug)]
pub struct Pipeline {
    details: bool,
    raw: bool,
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
    /// See [`Encoder::write`].
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
            details: settings.with.contains(&Part::Details),
            raw: settings.with.contains(&Part::Raw),
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

    /// Takes one input, and appends the lines that follow from it to `out`.
    ///
    /// # Errors
    /// See [`Encoder::write`].
    pub fn feed(&mut self, input: &Input<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        match &input.what {
            What::Datagram(source, bytes) => self.datagram(input.time, *source, bytes, out),
            What::Mark(mark) => self.mark(input.time, mark, out),
        }
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

    fn begin_resync(&mut self, now: Time) {
        self.resync.get_or_insert_with(|| Resync {
            from: now,
            to: now,
            corrections: Vec::new(),
            incomplete: None,
        });
    }

    /// Whoever folds the lines holds everything again, unless something else is still missing.
    fn end_resync(&mut self, now: Time, out: &mut Vec<u8>) -> io::Result<()> {
        if self.lost || self.has_missed() {
            return Ok(());
        }
        let Some(mut resync) = self.resync.take() else {
            return Ok(());
        };
        resync.to = now;
        resync.incomplete = self.incomplete();
        self.meta(now, Op::Resync, Meta::Resync(resync), out)
    }

    fn incomplete(&self) -> Option<Vec<Kind>> {
        let kinds: Vec<_> = self.unclean.iter().collect();
        (!kinds.is_empty()).then_some(kinds)
    }

    /// A look is over.
    fn looked(&mut self, time: Time, whole: bool, out: &mut Vec<u8>) -> io::Result<()> {
        let Some((kind, origin)) = self.state.looking() else {
            return Ok(());
        };
        let (verdict, told) = self.state.look_over(whole);
        self.verdict = Some(verdict);
        match verdict.clean {
            true => self.unclean.remove(kind),
            false => self.unclean.insert(kind),
        }
        for meaning in told {
            self.found(time, origin, meaning, out)?;
        }
        self.rows.clear();
        Ok(())
    }

    /// Tells what the end of a look found.
    fn found(
        &mut self,
        time: Time,
        origin: Origin,
        meaning: Meaning,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let row = match &meaning.payload {
            Payload::Link(link) => self.rows.remove(&link.ifindex),
            _ => None,
        };
        let (time, provenance) = row.unwrap_or_else(|| (time, Provenance::default()));
        self.correct(time, origin, meaning, provenance, out)
    }

    /// Tells what a look found.
    fn correct(
        &mut self,
        time: Time,
        origin: Origin,
        meaning: Meaning,
        provenance: Provenance,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let kind = meaning.payload.kind();
        if origin == Origin::Snapshot {
            if !self.snapshot {
                return Ok(());
            }
            self.totals.snapshot += 1;
        } else {
            self.totals.corrected(kind, meaning.op);
            if let Some(resync) = &mut self.resync
                && origin == Origin::Resync
            {
                totals::count(&mut resync.corrections, kind, meaning.op);
            }
        }
        self.tell(event(time, origin, meaning, provenance), out)
    }

    fn datagram(
        &mut self,
        time: Time,
        source: Source,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        if source == Source::Events {
            self.totals.datagrams += 1;
        }
        for message in Messages::new(bytes) {
            match message {
                Ok(message) if message.kind < NLMSG_MIN_TYPE => {
                    self.totals.control += u64::from(source == Source::Events);
                }
                Ok(message) => self.message(time, source, &message, out)?,
                Err(rest) => self.malformed(time, rest, out)?,
            }
        }
        Ok(())
    }

    fn message(
        &mut self,
        time: Time,
        source: Source,
        message: &Message<'_>,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let mut cx = Cx::new(self.state.names(), self.details);
        let (mut first, mut others) = (None, Vec::new());
        decode(&mut cx, message, &mut |decoded, unparsed| match &first {
            None => first = Some((decoded, unparsed)),
            Some(_) => others.push((decoded, unparsed)),
        });
        if first.is_none() && source == Source::Events {
            let payload = unknown::decode(message).into();
            let verb = Verb::Notify;
            first = Some((Decoded { verb, payload }, Vec::new()));
        }
        if let Some(first) = first {
            self.decoded(time, source, message, first, out)?;
        }
        for other in others {
            self.decoded(time, source, message, other, out)?;
        }
        Ok(())
    }

    /// Tells what a message says of one object.
    fn decoded(
        &mut self,
        time: Time,
        source: Source,
        message: &Message<'_>,
        (decoded, unparsed): (Decoded, Vec<Unparsed>),
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let provenance = Provenance {
            unparsed,
            nl: Some(nl(message, source, &decoded)),
            raw: self.raw.then(|| Hex(message.whole.into())),
        };
        if source == Source::Events {
            let meaning = self.state.event(decoded, message);
            let event = event(time, Origin::Kernel, meaning, provenance);
            return self.tell(event, out);
        }
        match &decoded.payload {
            Payload::Link(link) if decoded.verb == Verb::New => {
                self.rows.insert(link.ifindex, (time, provenance));
                self.state.row(decoded, message);
                Ok(())
            }
            payload => {
                if !matches!(payload, Payload::Link(_)) {
                    self.tell_links(time, out)?;
                }
                match self.state.row(decoded, message) {
                    Some(meaning) => {
                        self.correct(time, self.state.origin(), meaning, provenance, out)
                    }
                    None => Ok(()),
                }
            }
        }
    }

    /// Tells what the rows of devices say, where no mark says that all of them were read: in
    /// recordings of the first version.
    fn tell_links(&mut self, time: Time, out: &mut Vec<u8>) -> io::Result<()> {
        if self.rows.is_empty() || self.state.looking().is_some() {
            return Ok(());
        }
        for meaning in self.state.looked_at_links(Origin::Snapshot) {
            self.found(time, Origin::Snapshot, meaning, out)?;
        }
        self.rows.clear();
        Ok(())
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
        self.encoder.write(&event, out)
    }

    /// Writes an event's line, or, while the reader is too slow, remembers that it is missing.
    fn tell(&mut self, event: Event, out: &mut Vec<u8>) -> io::Result<()> {
        let kind = event.payload.kind();
        if !self.encoder.wants(kind) {
            return Ok(());
        }
        self.totals.line(kind);
        if self.is_deaf() {
            self.miss(event);
            self.encoder.skip();
            return Ok(());
        }
        self.told(&event.payload);
        self.encoder.write(&event, out)
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

/// The first message type that is no control message (`NLMSG_MIN_TYPE`, linux/netlink.h).
const NLMSG_MIN_TYPE: u16 = 0x10;

/// Where a message comes from. A row of a dump was asked for by ourselves: that says nothing.
fn nl(message: &Message<'_>, source: Source, decoded: &Decoded) -> Nl {
    let about_part =
        decoded.payload.kind() == Kind::Link && matches!(decoded.verb, Verb::Part | Verb::Leave);
    let asked = source == Source::Events;
    let makes = decoded.verb == Verb::New;
    let flags = message.flags & 0xf00;
    Nl {
        r#type: NlType(message.kind),
        family: message
            .body
            .first()
            .filter(|af| about_part && **af != 0)
            .map(|af| family(*af)),
        portid: Some(message.portid).filter(|portid| asked && *portid != 0),
        seq: Some(message.seq).filter(|seq| asked && *seq != 0),
        flags: (asked && makes && flags != 0).then(|| Flags::new(u64::from(flags), NEW_FLAGS)),
    }
}

//! The stream between source and sink: frame → decode → state → encode for one input. No
//! socket, no clock: the same inputs give the same lines.

use std::io;

use crate::decode::cx::Cx;
use crate::decode::words::{NEW_FLAGS, family};
use crate::decode::{Decoded, Verb, decode};
use crate::encode::{Encoder, Format};
use crate::event::meta::{Gap, GapCause, Meta, Part, Start, Stop, Sync};
use crate::event::unknown::Unknown;
use crate::event::values::{Flags, Hex, Time};
use crate::event::{Event, Nl, NlType, Op, Origin, Payload};
use crate::input::{Header, Input, Mark, Source, What};
use crate::names::Names;
use crate::netlink::frame::{Message, Messages};
use crate::state::State;

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
    names: Names,
    details: bool,
    raw: bool,
    snapshot: bool,
    state: State,
    encoder: Encoder,
    /// Rows of the links' dump: their names are whole only when all of them were read.
    rows: Vec<Event>,
    objects: u64,
    totals: Stop,
}

impl Pipeline {
    /// Begins a run: appends its `start` record to `out`.
    ///
    /// # Errors
    /// See [`Encoder::write`].
    pub fn new(config: Config, out: &mut Vec<u8>) -> io::Result<Self> {
        let settings = &config.start.settings;
        let host = config.start.host.clone();
        let mut pipeline = Pipeline {
            names: config.names,
            details: settings.with.contains(&Part::Details),
            raw: settings.with.contains(&Part::Raw),
            snapshot: settings.snapshot,
            state: State::default(),
            encoder: Encoder::new(config.format, config.run, settings, host),
            rows: Vec::new(),
            objects: 0,
            totals: Stop::default(),
        };
        pipeline.meta(config.time, Op::Start, Meta::Start(config.start), out)?;
        Ok(pipeline)
    }

    /// Were as many events written as were asked for?
    pub fn is_full(&self) -> bool {
        self.encoder.is_full()
    }

    /// Takes one input, and appends the lines that follow from it to `out`.
    ///
    /// # Errors
    /// See [`Encoder::write`].
    pub fn feed(&mut self, input: &Input<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        match &input.what {
            What::Datagram(source, bytes) => self.datagram(input.time, *source, bytes, out),
            What::Mark(Mark::Sync) => {
                self.tell_links(out)?;
                self.state.complete();
                match self.snapshot {
                    true => {
                        let objects = self.objects;
                        self.meta(input.time, Op::Sync, Meta::Sync(Sync { objects }), out)
                    }
                    false => Ok(()),
                }
            }
            What::Mark(Mark::Gap(gap)) => {
                match gap.cause {
                    GapCause::Output => self.totals.dropped += gap.lost.unwrap_or(1),
                    _ => self.totals.lost += gap.lost.unwrap_or(1),
                }
                self.meta(input.time, Op::Gap, Meta::Gap(Gap::clone(gap)), out)
            }
            What::Mark(Mark::Stop(stop)) => {
                self.tell_links(out)?;
                let stop = Stop {
                    reason: stop.reason,
                    refused: stop.refused,
                    events: self.encoder.events(),
                    ..self.totals.clone()
                };
                self.meta(input.time, Op::Stop, Meta::Stop(stop), out)
            }
        }
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
        let mut cx = Cx::new(&self.names, self.details);
        let decoded = decode(&mut cx, message);
        let unparsed = cx.into_unparsed();
        let nl = nl(message, source, &decoded);
        let raw = self.raw.then(|| Hex(message.whole.into()));
        let event = |op, origin, payload, change| Event {
            time,
            op,
            origin: Some(origin),
            payload,
            change,
            nl: Some(nl),
            unparsed,
            raw,
        };
        if source == Source::Events {
            let meaning = self.state.apply(decoded, message.flags);
            let event = event(meaning.op, Origin::Kernel, meaning.payload, meaning.change);
            return self.encoder.write(&event, out);
        }
        if !matches!(decoded.payload, Payload::Link(_)) {
            self.tell_links(out)?;
        }
        let Some(payload) = self.state.learn(decoded) else {
            return Ok(());
        };
        if self.snapshot {
            self.objects += 1;
            let event = event(Op::Present, Origin::Snapshot, payload, None);
            match event.payload {
                Payload::Link(_) => self.rows.push(event),
                _ => self.encoder.write(&event, out)?,
            }
        }
        Ok(())
    }

    /// Writes the rows of the links' dump, now that every link has its name.
    fn tell_links(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        for mut event in std::mem::take(&mut self.rows) {
            if let Payload::Link(link) = &event.payload
                && let Some(whole) = self.state.link(link.ifindex)
            {
                event.payload = whole;
            }
            self.encoder.write(&event, out)?;
        }
        Ok(())
    }

    /// Bytes that are no whole message: nothing is dropped.
    fn malformed(&mut self, time: Time, rest: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let event = Event {
            time,
            op: Op::Notify,
            origin: Some(Origin::Kernel),
            payload: Payload::Unknown(Unknown {
                r#type: NlType(0),
                data: Some(Hex(rest.into())),
                ..Unknown::default()
            }),
            change: None,
            nl: None,
            unparsed: Vec::new(),
            raw: None,
        };
        self.encoder.write(&event, out)
    }

    fn meta(&mut self, time: Time, op: Op, meta: Meta, out: &mut Vec<u8>) -> io::Result<()> {
        let event = Event {
            time,
            op,
            origin: None,
            payload: Payload::Meta(Box::new(meta)),
            change: None,
            nl: None,
            unparsed: Vec::new(),
            raw: None,
        };
        self.encoder.write(&event, out)
    }
}

/// The first message type that is no control message (`NLMSG_MIN_TYPE`, linux/netlink.h).
const NLMSG_MIN_TYPE: u16 = 0x10;

/// Where a message comes from. A row of a dump was asked for by ourselves: that says nothing.
fn nl(message: &Message<'_>, source: Source, decoded: &Decoded) -> Nl {
    let about_part = matches!(decoded.verb, Verb::Part | Verb::Leave);
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

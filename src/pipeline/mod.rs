//! The pipeline between source and sink: decode → state → filter → encode, a batch of inputs at a time. It
//! uses neither sockets nor the clock: equal inputs give equal lines, however they are divided.

mod backpressure;
mod checkpoint;
mod control;
mod decode_batch;
mod emit;
mod ending;
mod implied;
mod moves;
mod names;
mod namespaces;
mod network;
mod reconcile;
mod sweep;
mod totals;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;

use crate::channel::{Channel, FamilyId, NetnsId};
use crate::encode::{Encoder, Format};
use crate::event::kind_set::KindSet;
use crate::event::meta::{self, Heartbeat, Meta, Part, Pulse, Start};
use crate::event::values::Time;
use crate::event::{By, Event, Kind, Op, Origin, Payload};
use crate::family::known::GenericFamilies;
use crate::filter::{Filter, Surroundings};
use crate::input::{Found, Header, Input, InputData};
use crate::names::Names;
use crate::state::{NameEffect, ReconcileResult, Stale, State};
use crate::text;
use backpressure::DroppedObjects;
use checkpoint::Checkpoint;
pub use checkpoint::CheckpointProgress;
use decode_batch::{DecodedItem, DecodedObject, Learnt, OptionalParts};
use emit::{Provenance, event};
use ending::EndedNamespace;
pub use names::NAME_WAIT;
use names::WithheldEvents;
use namespaces::Namespaces;
pub use network::NetworkTotals;
use sweep::Sweep;
use totals::Totals;

/// Everything that determines a run's lines, apart from its inputs.
#[derive(Clone, Debug)]
pub struct Config {
    pub format: Format,
    /// The id of the run, see [`check_run`](meta::check_run).
    pub run: String,
    /// The content of the `start` record.
    pub start: Start,
    /// Start time of the run.
    pub time: Time,
    pub names: Names,
}

impl Config {
    /// The configuration of a run with that header. A shorter `max_line` than the command line allows is
    /// lengthened: a recording with one is refused, and a program that uses the library may have one.
    pub fn new(format: Format, run: String, header: &Header) -> Self {
        let mut start = header.start.clone();
        let max_line = &mut start.settings.max_line;
        *max_line = max_line.map(|max| max.max(meta::MIN_LINE));
        Config {
            format,
            run,
            start,
            time: header.time,
            names: Names::from(&header.names),
        }
    }
}

/// Inputs that pass each stage together. The code of one stage fits into the processor's instruction
/// cache, the code of all stages does not.
const BATCH_SIZE: usize = 16;

/// The pipeline of one run: a state for each network namespace, and one encoder.
#[derive(Debug)]
pub struct Pipeline {
    optional_parts: OptionalParts,
    snapshot: bool,
    /// Every kind was dumped once.
    synced: bool,
    learnt: Learnt,
    namespaces: Namespaces,
    filter: Filter,
    encoder: Encoder,
    /// The result of the last reconciliation.
    reconcile_result: Option<ReconcileResult>,
    /// The objects of which lines were dropped.
    dropped: Option<DroppedObjects>,
    /// The kinds that the latest `sync` or `resync` listed as incomplete, without those that a
    /// `complete` named since.
    reported_incomplete: KindSet,
    withheld: WithheldEvents,
    /// The objects that may have former names of devices, and their kinds.
    renaming: Option<Sweep>,
    renaming_kinds: KindSet,
    /// Number of objects that may be renamed at once.
    rename_budget: u32,
    /// The message in progress has given a line, or a dropped one.
    has_line: bool,
    /// The events of the next datagram, and those of the present one, may be requests.
    next_in_doubt: bool,
    in_doubt: bool,
    /// Who caused the events from here on.
    by: Option<Arc<By>>,
    /// The checkpoint that is being written.
    checkpoint: Option<Checkpoint>,
    /// The namespaces that have ended, in the order of their ends.
    ended: VecDeque<EndedNamespace>,
    /// Time of the first event whose implied changes have no lines yet.
    unsettled: Option<Time>,
    /// The descriptions of the namespaces that have a `netns` in their lines, until the last line of each.
    listed: BTreeMap<NetnsId, Found>,
    /// The device that left a namespace last.
    moving: Option<moves::Move>,
    totals: Totals,
    /// Counted if metrics are requested.
    network: Option<Box<NetworkTotals>>,
    /// Size of the lines after which [`Pipeline::feed`] returns, bytes.
    portion: usize,
    /// Start time of the run, and its `start` record.
    started_at: Time,
    start: Start,
}

impl Pipeline {
    /// Begins a run: appends its `start` record to `out`.
    ///
    /// # Errors
    /// See [`Encoder::flush`]. `InvalidInput` if the value of a filter is invalid.
    pub fn new(config: Config, out: &mut Vec<u8>) -> io::Result<Self> {
        let settings = &config.start.settings;
        let has = |part| settings.with.contains(&part);
        let namespaces = config.start.namespaces.iter().flatten();
        let surroundings = Surroundings {
            run: config.run.clone(),
            host: config.start.host.clone().filter(|_| has(Part::Host)),
            namespaces: namespaces.cloned().map(Some).collect(),
            sentence: has(Part::Message).then_some(text::write_sentence),
            has_id: has(Part::Id),
        };
        let filter = Filter::new(settings, &config.names, surroundings)
            .map_err(|fault| io::Error::new(io::ErrorKind::InvalidInput, fault))?;
        let has_raw = config.format.has_raw();
        let encoder = Encoder::new(config.format, &config.run, &config.start);
        let mut tracked = KindSet::EMPTY;
        let is_tracked = |kind: &Kind| filter.selects_kind(*kind) && settings.tracks(*kind);
        for kind in Kind::ALL.iter().copied().filter(is_tracked) {
            tracked.insert(kind);
        }
        let is_foreign = config.start.is_foreign();
        let listed = config.start.namespaces.iter().flatten().enumerate();
        let mut pipeline = Pipeline {
            optional_parts: OptionalParts {
                details: settings.with.contains(&Part::Details),
                // Sentences have no place for it.
                raw: settings.with.contains(&Part::Raw) && has_raw,
                secrets: settings.with.contains(&Part::Secrets),
                by: settings.with.contains(&Part::By),
            },
            snapshot: settings.snapshot,
            synced: false,
            learnt: Learnt {
                families: GenericFamilies::new(settings, is_foreign),
                ..Learnt::default()
            },
            namespaces: Namespaces::new(config.names, tracked, is_foreign),
            filter,
            encoder,
            reconcile_result: None,
            dropped: None,
            reported_incomplete: KindSet::EMPTY,
            withheld: WithheldEvents::default(),
            renaming: None,
            renaming_kinds: KindSet::EMPTY,
            rename_budget: names::FIRST_SLICE,
            has_line: false,
            next_in_doubt: false,
            in_doubt: false,
            by: None,
            checkpoint: None,
            ended: VecDeque::new(),
            unsettled: None,
            listed: listed
                .map(|(at, it)| (NetnsId::of_listed(at), Found::named(it.clone())))
                .collect(),
            moving: None,
            totals: Totals::default(),
            network: None,
            portion: usize::MAX,
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

    /// From now on [`Pipeline::feed`] returns after the input with which `out` exceeds this number of
    /// bytes, so that the lines can be written before there are more.
    pub fn set_portion(&mut self, bytes: usize) {
        self.portion = bytes;
    }

    /// From now on a reconciliation takes time for the objects that it is about, and not for each object of its kind;
    /// see [`State::index_devices`](crate::state::State::index_devices).
    pub fn index_devices(&mut self) {
        self.namespaces.index_devices();
    }

    /// Returns true if the text format has not yet written how often its last line was repeated.
    pub fn has_repetitions(&self) -> bool {
        self.encoder.has_repetitions()
    }

    /// Appends a line with their number, if there are any.
    pub fn end_repetitions(&mut self, out: &mut Vec<u8>) {
        self.encoder.end_repetitions(out);
    }

    /// Returns true if as many events were written as requested (`--count`).
    pub fn is_full(&self) -> bool {
        self.filter.is_full()
    }

    /// Returns true if every kind was dumped once: all objects are stored.
    pub fn is_synced(&self) -> bool {
        self.synced
    }

    /// The result of the reconciliation that ended last.
    pub fn reconcile_result(&self) -> Option<&ReconcileResult> {
        self.reconcile_result.as_ref()
    }

    /// The objects of each namespace that may have changed without a notification since the last
    /// call. Namespaces without such objects are left out.
    pub fn take_stale(&mut self) -> impl Iterator<Item = (NetnsId, Stale)> {
        let stale = |(netns, namespace): (_, &mut namespaces::Namespace)| {
            let stale = namespace.state.take_stale();
            (!stale.is_empty()).then_some((netns, stale))
        };
        self.namespaces.iter_mut().filter_map(stale)
    }

    /// The numbers of the namespaces.
    pub fn netns_ids(&self) -> Vec<NetnsId> {
        self.namespaces.ids()
    }

    /// The state of a namespace.
    pub fn state(&self, netns: NetnsId) -> &State {
        &self.namespaces.get(netns).state
    }

    /// Processes inputs, and appends the resulting lines to `out`. Returns the number of inputs
    /// that were processed: those after the one with which the run [is full](Self::is_full), or the
    /// [portion](Self::set_portion), are not.
    ///
    /// # Errors
    /// See [`Encoder::flush`].
    pub fn feed(&mut self, inputs: &[Input<'_>], out: &mut Vec<u8>) -> io::Result<usize> {
        let mut taken = 0;
        let mut items = Vec::with_capacity(2 * BATCH_SIZE);
        'inputs: for batch in inputs.chunks(BATCH_SIZE) {
            items.clear();
            self.namespaces.add_missing(batch);
            decode_batch::items(
                batch,
                &mut self.learnt,
                &self.namespaces,
                self.optional_parts,
                &mut items,
            );
            // Index of the first event whose line is not written yet.
            let mut from = 0;
            for at in 0..items.len() {
                if taken > 0
                    && (self.is_full() || out.len() > self.portion)
                    && matches!(items[at], DecodedItem::Input(_))
                {
                    self.write(&items[from..at], out)?;
                    break 'inputs;
                }
                if self.has_withheld()
                    && (self.withheld.end_before(&items[at]) || self.overtakes_withheld(&items[at]))
                {
                    self.write(&items[from..at], out)?;
                    from = at;
                    self.release_withheld(true, out)?;
                }
                if self.settles_before(&items[at]) {
                    self.write(&items[from..at], out)?;
                    from = at;
                    self.settle(&items[at], out)?;
                }
                if let DecodedItem::Object(object) = &items[at]
                    && object.is_range_event()
                {
                    let (netns, time) = (object.event.netns, object.event.time);
                    let state = &mut self.namespaces.get_mut(netns).state;
                    let cuts = state.make_room(&object.event.payload);
                    if !cuts.is_empty() {
                        self.write(&items[from..at], out)?;
                        from = at;
                        self.emit_cuts(netns, time, cuts, out)?;
                    }
                }
                match &mut items[at] {
                    DecodedItem::Object(object) if object.channel.is_events() => {
                        match self.apply_event(object) {
                            NameEffect::None
                                if object.channel.family != FamilyId::ROUTE
                                    && object.event.payload.deletes_others().is_some() =>
                            {
                                let event = &object.event;
                                let (netns, time) = (event.netns, event.time);
                                let cause = event.payload.clone();
                                self.write(&items[from..=at], out)?;
                                from = at + 1;
                                self.delete_others(netns, time, &cause, out)?;
                            }
                            NameEffect::None => {}
                            NameEffect::Unnamed => {
                                let item =
                                    std::mem::replace(&mut items[at], DecodedItem::Processed);
                                self.withhold(item);
                            }
                            NameEffect::Changed => {
                                let (netns, time) = (object.event.netns, object.event.time);
                                self.write(&items[from..=at], out)?;
                                from = at + 1;
                                self.apply_name_changes(netns, time, out)?;
                            }
                        }
                        continue;
                    }
                    DecodedItem::Control(channel, message) => {
                        let (channel, message) = (*channel, *message);
                        meta::add(&mut self.totals.control, channel.is_events().into());
                        if !self.is_own_dump(channel) {
                            self.totals.skip_control(message);
                        }
                        continue;
                    }
                    DecodedItem::NoObject(channel) => {
                        let channel = *channel;
                        self.skip_entry(channel);
                        continue;
                    }
                    DecodedItem::Input(input) => {
                        taken += 1;
                        self.add_to_rename_budget();
                        if let InputData::Datagram(channel, _) = input.data {
                            meta::add(&mut self.totals.datagrams, channel.is_events().into());
                            self.in_doubt = std::mem::take(&mut self.next_in_doubt);
                            continue;
                        }
                    }
                    DecodedItem::Object(_)
                    | DecodedItem::Malformed(..)
                    | DecodedItem::Processed => {}
                }
                // Every other item may write lines itself: those of the events before it go first.
                self.write(&items[from..at], out)?;
                from = at + 1;
                match std::mem::replace(&mut items[at], DecodedItem::Processed) {
                    DecodedItem::Input(Input {
                        time,
                        data: InputData::Control(channel, record),
                    }) => {
                        self.control(*channel, *time, record, out)?;
                        self.has_line = false;
                    }
                    DecodedItem::Object(entry) => self.apply_dump_entry(entry, out)?,
                    DecodedItem::Malformed(channel, time, rest) => {
                        self.emit_malformed(channel, time, rest, out)?
                    }
                    // Processed above.
                    DecodedItem::Input(_)
                    | DecodedItem::Control(..)
                    | DecodedItem::NoObject(_)
                    | DecodedItem::Processed => {}
                }
            }
            self.write(&items[from..], out)?;
        }
        self.encoder.flush(out)?;
        Ok(taken)
    }

    /// Applies an event to its namespace's state, and numbers its line unless that waits for the
    /// name of a device.
    fn apply_event(&mut self, object: &mut DecodedObject<'_>) -> NameEffect {
        let DecodedObject {
            message,
            action,
            key,
            event,
            ..
        } = object;
        if event.netns != NetnsId::OWN && event.payload.kind() == Kind::Link {
            self.note_move(*action, event);
        }
        let state = &mut self.namespaces.get_mut(event.netns).state;
        let effect = state.apply_event(*action, *key, message, event);
        if self.start.is_foreign() && state.is_unsettled() {
            self.unsettled.get_or_insert(event.time);
        }
        // A message of a kind that is no state concerns no object.
        event.uncertain |= self.in_doubt && event.payload.kind().fields().is_some();
        // An earlier line of the message has it.
        if event.raw.is_some() && self.has_line {
            event.raw = None;
        }
        event.by.clone_from(&self.by);
        match effect {
            NameEffect::Unnamed => self.has_line = true,
            _ => object.seq = self.number(event),
        }
        if object.is_last && !std::mem::take(&mut self.has_line) {
            meta::add(&mut self.totals.skipped.filtered, 1);
        }
        effect
    }

    /// Writes the lines about the objects that the kernel deleted together, without a message about
    /// each: all states of IPsec, say.
    fn delete_others(
        &mut self,
        netns: NetnsId,
        time: Time,
        cause: &Payload,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let state = &mut self.namespaces.get_mut(netns).state;
        for change in state.delete_others(cause) {
            let event = event(netns, time, Origin::Inferred, change, Provenance::default());
            let event = Event {
                by: self.by.clone(),
                ..event
            };
            self.emit_apart(event, out)?;
        }
        Ok(())
    }

    /// Returns true if a datagram of this channel belongs to a dump that the run itself requested.
    fn is_own_dump(&self, channel: Channel) -> bool {
        !channel.is_events() && !self.start.is_foreign()
    }

    /// Counts a dump entry that gives no line, unless it is one of the run's own dumps.
    fn skip_entry(&mut self, channel: Channel) {
        if !self.is_own_dump(channel) {
            meta::add(&mut self.totals.skipped.dump_entries, 1);
        }
    }

    /// The counts so far, over all namespaces.
    pub fn counts(&self, pulse: Pulse) -> Heartbeat {
        self.totals
            .heartbeat(pulse, |kind| self.namespaces.count(kind))
    }

    /// Counts changes by kind and device from now on.
    pub fn count_network(&mut self) {
        self.network.get_or_insert_default();
    }

    /// The counts, and the name of a namespace that has one in its lines.
    pub fn network(&self) -> Option<(&NetworkTotals, impl Fn(NetnsId) -> Option<String>)> {
        let name = |netns: NetnsId| Some(self.listed.get(&netns)?.netns.name.clone());
        Some((self.network.as_deref()?, name))
    }
}

#[cfg(test)]
mod tests;

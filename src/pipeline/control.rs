//! What the control records of a run do.

use std::io;

use super::Pipeline;
use crate::channel::{Channel, FamilyId, NetnsId};
use crate::event::kind_set::KindSet;
use crate::event::meta::{self, Gap, GapCause, Meta, Start, Stop, Sync};
use crate::event::values::Time;
use crate::event::{Op, Origin};
use crate::input::{ControlRecord, MAX_SLICE};
use crate::netlink::protocols::protocol;

impl Pipeline {
    /// Does what a control record says, and writes its line.
    pub(super) fn control(
        &mut self,
        channel: Channel,
        time: Time,
        record: &ControlRecord,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let netns = channel.netns;
        match record {
            ControlRecord::BeginReconcile(kind, origin, scope) => {
                self.end_before_reconcile(netns, time, out)?;
                if *origin == Origin::Resync {
                    self.begin_resync(netns, time);
                }
                let state = &mut self.namespaces.get_mut(netns).state;
                state.begin_reconcile(*kind, *origin, scope.clone());
                Ok(())
            }
            ControlRecord::BeginQuickAudit(kind) => {
                self.end_before_reconcile(netns, time, out)?;
                let state = &mut self.namespaces.get_mut(netns).state;
                state.begin_quick_audit(*kind);
                Ok(())
            }
            ControlRecord::EndReconcile(complete) => {
                self.finish_reconcile(netns, time, *complete, out)
            }
            ControlRecord::Sync if netns != NetnsId::OWN => self.sync_namespace(netns, time, out),
            ControlRecord::Sync => self.sync(time, out),
            ControlRecord::Resync => {
                self.namespaces.get_mut(netns).lost = false;
                for (of, namespace) in self.namespaces.iter_mut() {
                    if (of == netns || netns == NetnsId::OWN) && !namespace.awaits_sync {
                        namespace.lost_kinds = KindSet::EMPTY;
                    }
                }
                self.end_resync(netns, time, out)
            }
            ControlRecord::BeginNetns(found) => self.begin_namespace(netns, time, found, out),
            ControlRecord::EndNetns => {
                self.end_namespace(netns);
                Ok(())
            }
            ControlRecord::Gap(gap) => self.gap(channel, time, gap, out),
            ControlRecord::Refused(refused) => {
                meta::add(&mut self.totals.refused, refused.datagrams);
                self.meta(time, Op::Refused, Meta::Refused(refused.clone()), out)
            }
            ControlRecord::InDoubt => {
                self.next_in_doubt = true;
                Ok(())
            }
            ControlRecord::By(by) => {
                self.by = by.clone().filter(|_| self.optional_parts.by);
                Ok(())
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
                    namespaces: self.listed_namespaces(),
                    since: Some(self.started_at),
                    tail_repaired: opened.tail_repaired,
                    tail_ended: opened.tail_ended,
                    follows: opened.follows.clone(),
                    ..self.start.clone()
                };
                // Its `sync` would be in another file than its first lines.
                self.abandon_checkpoint();
                // Not the `gap` of dropped lines: it follows the lines that wait, which the sink
                // writes between this line and later ones.
                self.meta_line(
                    NetnsId::OWN,
                    time,
                    Op::Start,
                    Meta::Start(Box::new(start)),
                    out,
                )
            }
            ControlRecord::BeginCheckpoint(reason) => self.begin_checkpoint(time, *reason, out),
            ControlRecord::Slice(limit) => {
                let limit = MAX_SLICE.min(*limit);
                self.rename_slice(time, limit, out)?;
                self.delete_slice(time, limit, out)?;
                self.write_slice(time, limit, out)
            }
            ControlRecord::EndCheckpoint => self.end_checkpoint(time, out),
            ControlRecord::Stop(stop) => {
                self.emit_all_links(time, out)?;
                while self.is_ending() {
                    self.delete_slice(time, u32::MAX, out)?;
                }
                let stop = Stop {
                    events: self.filter.events(),
                    where_failures: self.filter.failures(),
                    ..self.totals.stop(stop)
                };
                self.meta(time, Op::Stop, Meta::Stop(stop), out)
            }
        }
    }

    /// The snapshot of the namespaces that were found at the start is complete.
    fn sync(&mut self, time: Time, out: &mut Vec<u8>) -> io::Result<()> {
        self.emit_all_links(time, out)?;
        self.synced = true;
        for (of, namespace) in self.namespaces.iter_mut() {
            // One that a later input of the same batch begins is there already.
            let has_begun = of == NetnsId::OWN || self.listed.contains_key(&of);
            if has_begun && !namespace.is_found {
                namespace.state.complete();
            }
        }
        if !self.snapshot {
            return Ok(());
        }
        let sync = Sync {
            objects: self.totals.snapshot,
            checkpoint: None,
            incomplete: self.report_incomplete(),
        };
        self.meta(time, Op::Sync, Meta::Sync(sync), out)
    }

    /// Events of a channel were lost: notes which kinds have to be read again.
    fn gap(
        &mut self,
        channel: Channel,
        time: Time,
        gap: &Gap,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        if gap.cause != GapCause::Output {
            self.note_lost_events(channel);
        }
        self.totals.gap(gap);
        if let Some(network) = &mut self.network {
            network.gap(gap.cause);
        }
        let mut gap = Gap {
            by: gap.by.clone().filter(|_| self.optional_parts.by),
            ..gap.clone()
        };
        if channel.family != FamilyId::ROUTE {
            gap.family = Some(self.family_name(channel.family));
            let kinds = self.learnt.families.family(channel.family).kinds();
            gap.kinds = Some(kinds.iter().collect());
        }
        self.meta_of(channel.netns, time, Op::Gap, Meta::Gap(gap), out)
    }

    /// Notes which kinds the lost events of a channel may have been about.
    fn note_lost_events(&mut self, channel: Channel) {
        let (netns, is_route) = (channel.netns, channel.family == FamilyId::ROUTE);
        // A socket of all namespaces does not tell whose events were lost.
        let of_all = netns == NetnsId::OWN && !self.listed.is_empty();
        if channel.family == FamilyId::NFTABLES {
            self.learnt.forget_order(netns, of_all);
        }
        let kinds = self.learnt.families.family(channel.family).kinds();
        let tracked = self.namespaces.tracked();
        let lost = match (is_route, of_all) {
            // Events of other families are left out as well until the namespace of each number is
            // certain again.
            (true, true) => tracked,
            (true, false) => tracked.and(kinds),
            // A family without objects has nothing to read again.
            (false, _) => {
                let kinds = kinds.iter().filter(|kind| kind.fields().is_some());
                tracked.and(KindSet::of(&kinds.collect::<Vec<_>>()))
            }
        };
        self.namespaces.get_mut(netns).lost |= is_route || !lost.is_empty();
        for (of, namespace) in self.namespaces.iter_mut() {
            if of == netns || of_all {
                namespace.lost_kinds = namespace.lost_kinds.or(lost);
            }
        }
    }

    /// The name of a netlink family; of generic netlink, its id if the name is not known.
    fn family_name(&self, id: FamilyId) -> String {
        let known = self.learnt.families.get(id);
        match (known, id.is_generic()) {
            (Some(known), _) => known.name.to_string(),
            (None, true) if id != FamilyId::NLCTRL => id.generic_id().to_string(),
            (None, _) => protocol(id).name().to_owned(),
        }
    }

    fn emit_all_links(&mut self, time: Time, out: &mut Vec<u8>) -> io::Result<()> {
        for netns in self.namespaces.ids() {
            self.emit_links(netns, time, out)?;
        }
        Ok(())
    }
}

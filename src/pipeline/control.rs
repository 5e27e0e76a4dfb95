//! What the control records of a run do.

use std::io;

use super::Pipeline;
use crate::channel::NetnsId;
use crate::event::kind_set::KindSet;
use crate::event::meta::{self, GapCause, Meta, Start, Stop, Sync};
use crate::event::values::Time;
use crate::event::{Op, Origin};
use crate::input::{ControlRecord, MAX_SLICE};

impl Pipeline {
    /// Does what a control record says, and writes its line.
    pub(super) fn control(
        &mut self,
        netns: NetnsId,
        time: Time,
        record: &ControlRecord,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        match record {
            ControlRecord::BeginReconcile(kind, origin, scope) => {
                // A forged or cut recording may lack the end of the reconciliation before. What it
                // and dump entries outside of one have stored has its lines first.
                self.finish_reconcile(netns, time, false, out)?;
                self.emit_links(netns, time, out)?;
                if *origin == Origin::Resync {
                    self.begin_resync(netns, time);
                }
                let state = &mut self.namespaces.get_mut(netns).state;
                state.begin_reconcile(*kind, *origin, scope.clone());
                Ok(())
            }
            ControlRecord::EndReconcile(complete) => {
                self.finish_reconcile(netns, time, *complete, out)
            }
            ControlRecord::Sync if netns != NetnsId::OWN => self.sync_namespace(netns, time, out),
            ControlRecord::Sync => {
                self.emit_all_links(time, out)?;
                self.synced = true;
                for (_, namespace) in self.namespaces.iter_mut() {
                    if !namespace.is_found {
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
            ControlRecord::Gap(gap) => {
                if gap.cause != GapCause::Output {
                    let tracked = self.namespaces.tracked();
                    self.namespaces.get_mut(netns).lost = true;
                    for (of, namespace) in self.namespaces.iter_mut() {
                        // A socket of all namespaces does not tell whose events were lost.
                        if of == netns || netns == NetnsId::OWN {
                            namespace.lost_kinds = tracked;
                        }
                    }
                }
                self.totals.gap(gap);
                self.meta_of(netns, time, Op::Gap, Meta::Gap(gap.clone()), out)
            }
            ControlRecord::Refused(refused) => {
                meta::add(&mut self.totals.refused, refused.datagrams);
                self.meta(time, Op::Refused, Meta::Refused(refused.clone()), out)
            }
            ControlRecord::InDoubt => {
                self.next_in_doubt = true;
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
                    ..self.totals.stop(stop)
                };
                self.meta(time, Op::Stop, Meta::Stop(stop), out)
            }
        }
    }

    fn emit_all_links(&mut self, time: Time, out: &mut Vec<u8>) -> io::Result<()> {
        for netns in self.namespaces.ids() {
            self.emit_links(netns, time, out)?;
        }
        Ok(())
    }
}

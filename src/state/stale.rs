//! The objects that may differ from the kernel's: what an event implies beyond itself.

use crate::event::kind_set::KindSet;
use crate::event::scope::Scope;
use crate::event::{Kind, Op, Payload};
use crate::kind::spec::Triggers;

/// What an event may have done to objects of other keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It rarely changed any: objects of its device are verified.
    Verified,
    /// It changed objects of its device.
    OnDevice,
    /// It changed objects of its device, and may have changed those of others.
    Anywhere,
}

const EFFECTS: [Effect; 3] = [Effect::Verified, Effect::OnDevice, Effect::Anywhere];

/// The objects that may differ from the kernel's.
#[derive(Debug, Default)]
pub struct Stale(Vec<StaleDevice>);

/// The kinds of which objects of a device may differ, by effect.
#[derive(Debug, PartialEq)]
struct StaleDevice {
    /// 0 for all objects of the kinds.
    ifindex: u32,
    kinds: [KindSet; EFFECTS.len()],
}

impl Stale {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds all objects of these kinds.
    pub(crate) fn add_kinds(&mut self, kinds: KindSet) {
        self.add(0, [KindSet::EMPTY, kinds, KindSet::EMPTY]);
    }

    /// Adds what an event implies, except for objects of the kinds `except`.
    pub(super) fn add_event(
        &mut self,
        triggers: Triggers,
        op: Op,
        payload: &Payload,
        old: Option<&Payload>,
        except: KindSet,
    ) {
        let kinds = triggers
            .affected()
            .map(|kinds| kinds.and(except.complement()));
        let device = |payload: &Payload| payload.device().map_or(0, |(ifindex, _)| ifindex);
        let ifindex = device(payload);
        self.add(ifindex, kinds);
        if let Some(old) = old.map(device)
            && old != ifindex
        {
            self.add(old, kinds);
        }
        // The devices around a device that are not around it any more.
        if let Payload::Link(link) = payload {
            let former = match old {
                _ if op == Op::Delete => Some(link),
                Some(Payload::Link(old)) if old.master_index != link.master_index => Some(old),
                _ => None,
            };
            let around = former.map(|link| [link.master_index, link.lower()]);
            for ifindex in around.into_iter().flatten().flatten().filter(|it| *it != 0) {
                self.add(ifindex, kinds);
            }
        }
    }

    fn add(&mut self, ifindex: u32, kinds: [KindSet; EFFECTS.len()]) {
        if kinds.iter().all(|kinds| kinds.is_empty()) {
            return;
        }
        // Mostly several events in a row are about one device.
        if let Some(last) = self.0.last_mut()
            && last.ifindex == ifindex
        {
            for (all, kinds) in last.kinds.iter_mut().zip(kinds) {
                *all = all.or(kinds);
            }
            return;
        }
        self.0.push(StaleDevice { ifindex, kinds });
    }

    /// Calls `each` for every kind and device.
    pub fn for_each(&self, each: &mut dyn FnMut(Kind, Scope, Effect)) {
        for device in &self.0 {
            for (effect, kinds) in EFFECTS.iter().zip(device.kinds) {
                for kind in kinds.iter() {
                    let scope = match device.ifindex {
                        0 => Scope::Kind,
                        ifindex => Scope::Devices([ifindex].into()),
                    };
                    each(kind, scope, *effect);
                }
            }
        }
    }
}

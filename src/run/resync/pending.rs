//! A reconciliation that is due now or later.

use std::time::Instant;

use super::{DEBOUNCE, MAX_DEBOUNCE};
use crate::event::Origin;
use crate::event::scope::Scope;
use crate::state::Effect;

/// The objects to reconcile, and why.
#[derive(Clone, Debug)]
pub(super) struct Demand {
    pub origin: Origin,
    pub scope: Scope,
    pub effect: Effect,
}

impl Demand {
    /// All objects of the kind.
    pub(super) fn kind(origin: Origin) -> Self {
        Demand {
            origin,
            scope: Scope::Kind,
            effect: Effect::Anywhere,
        }
    }

    /// Objects of the kind that may have changed without a notification.
    pub(super) fn stale(scope: Scope, effect: Effect) -> Self {
        Demand {
            origin: Origin::Inferred,
            scope,
            effect,
        }
    }
}

/// A reconciliation that is due now or later.
#[derive(Debug)]
pub(super) struct PendingResync {
    pub origin: Origin,
    /// The objects that were demanded since the last reconciliation began, and the strongest reason.
    pub scope: Scope,
    pub effect: Effect,
    /// An event demanded it, and not the passing of time.
    pub by_event: bool,
    /// When it was first, and last, requested.
    pub first: Instant,
    pub last: Instant,
    pub not_before: Instant,
    /// When objects were last reported stale. The change that an event implies may take some time.
    pub last_stale: Option<Instant>,
    /// Number of consecutive unclean reconciliations.
    pub attempts: u32,
}

impl PendingResync {
    pub(super) fn new(origin: Origin, now: Instant) -> Self {
        PendingResync {
            origin,
            scope: Scope::none(),
            effect: Effect::Verified,
            by_event: false,
            first: now,
            last: now,
            not_before: now,
            last_stale: None,
            attempts: 0,
        }
    }

    pub(super) fn demand(&mut self, demand: Demand, now: Instant) {
        self.last = now;
        match demand.origin {
            Origin::Inferred => self.last_stale = Some(now),
            Origin::Resync => {
                (self.not_before, self.attempts) = (now, 0);
                if self.origin == Origin::Inferred {
                    self.origin = demand.origin;
                }
            }
            Origin::Snapshot | Origin::Kernel | Origin::Checkpoint => {}
        }
        self.add(demand.scope, demand.effect);
    }

    /// Adds objects.
    pub(super) fn add(&mut self, scope: Scope, effect: Effect) {
        self.scope.merge(scope);
        self.effect = self.effect.max(effect);
    }

    /// Takes the objects, for a reconciliation that begins.
    pub(super) fn take(&mut self) -> (Scope, Effect) {
        self.by_event = false;
        let scope = std::mem::replace(&mut self.scope, Scope::none());
        (scope, std::mem::replace(&mut self.effect, Effect::Verified))
    }

    /// Makes it due at once.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.not_before = now;
        let before = |time| now.checked_sub(time).unwrap_or(now);
        (self.first, self.last) = (before(MAX_DEBOUNCE), before(DEBOUNCE));
    }

    pub(super) fn due(&self) -> Instant {
        let due = match self.origin {
            Origin::Inferred => (self.last + DEBOUNCE).min(self.first + MAX_DEBOUNCE),
            _ => self.first,
        };
        due.max(self.not_before)
    }
}

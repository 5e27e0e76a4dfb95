//! Tables of tests: the known objects and a message, and what the state makes of them. The messages
//! go the way of those of a run: decoded with the state's interner, then applied.

mod events;
mod identity;
mod messages;
mod names;
mod resync;
mod scope;

use super::{Effect, NameEffect, Stale, State, StateChange};
use crate::channel::{FamilyId, NetnsId};
use crate::decode::context::DecodeContext;
use crate::decode::{Decoded, MessageAction, decode};
use crate::event::kind_set::KindSet;
use crate::event::kinds::decoders;
use crate::event::values::Time;
use crate::event::{Change, Event, Kind, Op};
use crate::kind::spec::Decoders;
use crate::names::Names;
use crate::netlink::rtm::Rtnetlink;
use messages::Msg;

/// A state that tracks every kind that can be dumped, and in which every existing object is stored.
fn state() -> State {
    let listed = Kind::ALL.iter().copied().filter(|kind| kind.is_listed());
    let mut tracked = KindSet::EMPTY;
    listed.for_each(|kind| tracked.insert(kind));
    let mut state = State::new(Names::builtin(), tracked);
    state.complete();
    state
}

static DECODERS: Decoders = decoders(FamilyId::ROUTE);

/// Decodes the one object of a message.
fn decoded(state: &State, msg: &Msg) -> Decoded {
    let mut context = DecodeContext::new(state.names(), false).with_interner(state.interner());
    let mut found = Vec::new();
    let message = msg.message();
    let action = MessageAction::of(&message);
    let each = &mut |object, unparsed| {
        assert_eq!(unparsed, [], "{msg:x?}");
        found.push(object);
    };
    decode(&Rtnetlink, &DECODERS, action, &mut context, &message, each);
    assert_eq!(found.len(), 1, "{msg:x?}");
    found.remove(0)
}

/// Applies a message as an event, and brings new names of devices into every object.
fn apply(state: &mut State, msg: &Msg) -> Event {
    let (event, effect) = event(state, msg);
    if effect == NameEffect::Changed {
        rename(state);
    }
    event
}

/// Applies a message as an event.
fn event(state: &mut State, msg: &Msg) -> (Event, NameEffect) {
    let decoded = decoded(state, msg);
    let key = state.key(&decoded);
    let mut event = Event {
        time: Time::default(),
        netns: NetnsId::OWN,
        op: Op::Notify,
        origin: None,
        payload: decoded.payload,
        change: None,
        uncertain: false,
        by: None,
        nl: None,
        unparsed: Vec::new(),
        raw: None,
    };
    let effect = state.apply_event(decoded.action, key, &msg.message(), &mut event);
    (event, effect)
}

/// Brings new names of devices into every object. Returns the changes: of the listed objects, and
/// then in the order of the kinds.
fn rename(state: &mut State) -> Vec<StateChange> {
    let renames = state.begin_rename();
    let objects = renames.objects.iter();
    let mut changes: Vec<_> = objects
        .filter_map(|(kind, key)| state.rename(*kind, *key))
        .collect();
    for kind in renames.kinds.iter() {
        let keys = (0..state.count(kind)).filter_map(|at| state.key_at(kind, at));
        let keys: Vec<_> = keys.collect();
        changes.extend(keys.iter().filter_map(|key| state.rename(kind, *key)));
    }
    state.end_rename();
    changes
}

/// The operation and the names of the changed fields, separated by blanks.
fn summary(op: Op, change: Option<&Change>) -> String {
    let fields = change.into_iter().flat_map(Change::names);
    let words: Vec<_> = std::iter::once(op.name()).chain(fields).collect();
    words.join(" ")
}

/// The names of the kinds of which objects are stale, separated by blanks.
fn names(stale: Stale) -> String {
    let mut kinds = KindSet::EMPTY;
    stale.for_each(&mut |kind, _, effect| {
        if effect != Effect::Verified {
            kinds.insert(kind);
        }
    });
    let names: Vec<_> = kinds.iter().map(Kind::name).collect();
    names.join(" ")
}

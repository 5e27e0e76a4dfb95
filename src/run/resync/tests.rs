//! Tests of the scheduler; the time is a parameter of every call.

use super::*;

const CLEAN: Option<ReconcileResult> = Some(ReconcileResult {
    clean: true,
    missing: 0,
});
const UNCLEAN: Option<ReconcileResult> = Some(ReconcileResult {
    clean: false,
    missing: 0,
});
const OWN: NetnsId = NetnsId::OWN;
const OTHER: NetnsId = NetnsId(1);

/// A scheduler for the links and routes of these namespaces.
fn scheduler(namespaces: &[NetnsId], now: Instant) -> ResyncScheduler {
    let mut dumps = BTreeMap::new();
    for netns in namespaces {
        let links = vec![Request::links(false), Request::bridge_links()];
        dumps.insert((*netns, Kind::Link), (FamilyId::ROUTE, links));
        let routes = vec![Request::routes()];
        dumps.insert((*netns, Kind::Route), (FamilyId::ROUTE, routes));
    }
    ResyncScheduler::new(dumps, None, now)
}

/// Runs the reconciliation that is due.
fn reconcile(
    resync: &mut ResyncScheduler,
    result: Option<ReconcileResult>,
    now: Instant,
) -> (Target, Origin, Milestone) {
    let begin = resync.begin(now).expect("a reconciliation is due");
    let target = (begin.channel.netns, begin.kind);
    while resync.dump_ended(Outcome::Complete).is_ok() {}
    (target, begin.origin, resync.over(result, now))
}

/// A scheduler of the program's own namespace, after `sync`.
fn synced(now: Instant) -> ResyncScheduler {
    let mut resync = scheduler(&[OWN], now);
    reconcile(&mut resync, CLEAN, now);
    let (.., milestone) = reconcile(&mut resync, CLEAN, now);
    assert_eq!(milestone, Milestone::Sync);
    resync
}

#[test]
fn every_kind_is_dumped_at_the_start_and_a_stale_kind_after_the_debounce_delay() {
    let start = Instant::now();
    let mut resync = scheduler(&[OWN], start);
    assert_eq!(
        reconcile(&mut resync, CLEAN, start),
        ((OWN, Kind::Link), Origin::Snapshot, Milestone::None)
    );
    assert_eq!(
        reconcile(&mut resync, CLEAN, start),
        ((OWN, Kind::Route), Origin::Snapshot, Milestone::Sync)
    );
    assert_eq!(resync.wakeup(), None);

    let routes = KindSet::of(&[Kind::Route]);
    resync.schedule_stale(OWN, routes, start);
    assert_eq!(resync.wakeup(), Some(start + DEBOUNCE));
    // Further events extend the delay up to the maximum.
    for tenth in 1..12 {
        resync.schedule_stale(OWN, routes, start + MAX_DEBOUNCE / 10 * tenth);
    }
    assert_eq!(resync.wakeup(), Some(start + MAX_DEBOUNCE));
    let now = start + MAX_DEBOUNCE;
    assert_eq!(
        reconcile(&mut resync, CLEAN, now),
        ((OWN, Kind::Route), Origin::Inferred, Milestone::None)
    );
}

#[test]
fn a_resync_within_the_debounce_delay_does_not_replace_the_dump_of_a_stale_kind() {
    let now = Instant::now();
    let mut resync = synced(now);
    resync.lost(Channel::ROUTE_EVENTS, now);
    resync.schedule_stale(OWN, KindSet::of(&[Kind::Route]), now);
    reconcile(&mut resync, CLEAN, now);
    let (.., milestone) = reconcile(&mut resync, CLEAN, now);
    assert_eq!(milestone, Milestone::Resync);
    assert_eq!(resync.wakeup(), Some(now + DEBOUNCE));
    let (target, origin, _) = reconcile(&mut resync, CLEAN, now + DEBOUNCE);
    assert_eq!((target, origin), ((OWN, Kind::Route), Origin::Inferred));
    assert_eq!(resync.wakeup(), None);
}

#[test]
fn missing_objects_cause_a_second_dump_at_once() {
    let now = Instant::now();
    let mut resync = scheduler(&[OWN], now);
    reconcile(&mut resync, CLEAN, now);
    let missing = Some(ReconcileResult {
        clean: true,
        missing: 3,
    });
    assert_eq!(reconcile(&mut resync, missing, now).2, Milestone::None);
    assert_eq!(
        reconcile(&mut resync, CLEAN, now),
        ((OWN, Kind::Route), Origin::Snapshot, Milestone::Sync)
    );
}

#[test]
fn a_gap_makes_every_kind_due_and_an_unclean_reconciliation_is_repeated_later() {
    let now = Instant::now();
    let mut resync = synced(now);
    resync.lost(Channel::ROUTE_EVENTS, now);
    assert_eq!(
        reconcile(&mut resync, CLEAN, now),
        ((OWN, Kind::Link), Origin::Resync, Milestone::None)
    );
    assert_eq!(resync.begin(now).unwrap().kind, Kind::Route);
    resync.disturb();
    assert_eq!(resync.dump_ended(Outcome::Complete), Err(false));
    assert_eq!(resync.over(UNCLEAN, now), Milestone::None);
    let later = resync.wakeup().unwrap();
    assert!(later > now && resync.begin(now).is_none());
    assert_eq!(
        reconcile(&mut resync, CLEAN, later),
        ((OWN, Kind::Route), Origin::Resync, Milestone::Resync)
    );
}

#[test]
fn sync_stops_waiting_for_a_kind_after_the_maximum_of_attempts() {
    let mut now = Instant::now();
    let mut resync = scheduler(&[OWN], now);
    reconcile(&mut resync, CLEAN, now);
    let mut milestones = Vec::new();
    for _ in 0..MAX_ATTEMPTS {
        now = resync.wakeup().unwrap();
        milestones.push(reconcile(&mut resync, UNCLEAN, now).2);
    }
    assert_eq!(milestones.pop(), Some(Milestone::Sync));
    assert!(milestones.iter().all(|m| *m == Milestone::None));
    // The kind is still dumped later.
    assert!(resync.wakeup().is_some());
}

#[test]
fn sync_waits_for_every_namespace_and_a_gap_concerns_one() {
    let now = Instant::now();
    let mut resync = scheduler(&[OWN, OTHER], now);
    let milestones: Vec<_> = (0..4)
        .map(|_| reconcile(&mut resync, CLEAN, now).2)
        .collect();
    let none = Milestone::None;
    assert_eq!(milestones, [none, none, none, Milestone::Sync]);

    let channel = Channel {
        netns: OTHER,
        ..Channel::ROUTE_EVENTS
    };
    resync.lost(channel, now);
    assert_eq!(
        reconcile(&mut resync, CLEAN, now),
        ((OTHER, Kind::Link), Origin::Resync, Milestone::None)
    );
    assert_eq!(
        reconcile(&mut resync, CLEAN, now),
        ((OTHER, Kind::Route), Origin::Resync, Milestone::Resync)
    );
    assert_eq!(resync.wakeup(), None);
}

#[test]
fn an_event_of_one_namespace_leaves_the_dump_of_another_complete() {
    let now = Instant::now();
    let mut resync = scheduler(&[OWN, OTHER], now);
    resync.begin(now).unwrap();
    resync.schedule_stale(OTHER, KindSet::of(&[Kind::Link]), now);
    let other = Channel {
        netns: OTHER,
        ..Channel::ROUTE_EVENTS
    };
    resync.lost(other, now);
    while resync.dump_ended(Outcome::Complete).is_ok() {}
    assert_eq!(resync.dump_ended(Outcome::Complete), Err(true));
    resync.lost(Channel::ROUTE_EVENTS, now);
    assert_eq!(resync.dump_ended(Outcome::Complete), Err(false));
}

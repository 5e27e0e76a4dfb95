//! Tests of the scheduler; the time is a parameter of every call.

use super::*;
use crate::event::kind_set::KindSet;
use crate::kind::spec::Device;
use crate::state::Devices;

const CLEAN: ReconcileResult = ReconcileResult {
    clean: true,
    missing: 0,
    undecided: BTreeSet::new(),
    changed: false,
};
const UNCLEAN: ReconcileResult = ReconcileResult {
    clean: false,
    missing: 0,
    undecided: BTreeSet::new(),
    changed: false,
};
const OWN: NetnsId = NetnsId::OWN;
const OTHER: NetnsId = NetnsId(1);

/// Every kind has `count` objects; no device has others around it.
struct Fake {
    count: usize,
    negotiates: bool,
}

impl Known for Fake {
    fn count(&self, _: NetnsId, _: Kind) -> usize {
        self.count
    }

    fn devices_around(&self, _: NetnsId, _: Kind, devices: &BTreeSet<u32>) -> Devices {
        let device = |ifindex: &u32| Device {
            ifindex: *ifindex,
            bridged: true,
        };
        Devices {
            devices: devices.iter().map(device).collect(),
            negotiates: self.negotiates,
        }
    }
}

const FEW: Fake = Fake {
    count: 100,
    negotiates: false,
};
const MANY: Fake = Fake {
    count: 1_000_000,
    negotiates: false,
};

/// A scheduler for the links and routes of these namespaces.
fn scheduler(namespaces: &[NetnsId], now: Instant) -> ResyncScheduler {
    let mut dumps = BTreeMap::new();
    for netns in namespaces {
        let links = vec![Request::links(false), Request::bridge_links()];
        let routes = vec![Request::routes()];
        for (kind, requests) in [(Kind::Link, links), (Kind::Route, routes)] {
            let dumps_of_kind = Dumps {
                family: FamilyId::ROUTE,
                requests,
                details: false,
            };
            dumps.insert((*netns, kind), dumps_of_kind);
        }
    }
    ResyncScheduler::new(dumps, None, now)
}

/// Runs the reconciliation that is due.
fn reconcile(
    resync: &mut ResyncScheduler,
    result: ReconcileResult,
    now: Instant,
) -> (Target, Origin, Milestone) {
    let begin = resync.begin(now, &FEW).expect("a reconciliation is due");
    let target = (begin.channel.netns, begin.kind);
    while resync.dump_ended(Outcome::Complete).is_ok() {}
    (target, begin.origin, resync.over(Some(&result), now))
}

/// All objects of these kinds are stale.
fn stale(kinds: &[Kind]) -> Stale {
    let mut stale = Stale::default();
    stale.add_kinds(KindSet::of(kinds));
    stale
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

    let routes = stale(&[Kind::Route]);
    resync.schedule_stale(OWN, &routes, start);
    assert_eq!(resync.wakeup(), Some(start + DEBOUNCE));
    // Further events extend the delay up to the maximum.
    for tenth in 1..12 {
        resync.schedule_stale(OWN, &routes, start + MAX_DEBOUNCE / 10 * tenth);
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
    resync.schedule_stale(OWN, &stale(&[Kind::Route]), now);
    reconcile(&mut resync, CLEAN, now);
    let (.., milestone) = reconcile(&mut resync, CLEAN, now);
    assert_eq!(milestone, Milestone::Resync(OWN));
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
    let missing = ReconcileResult {
        missing: 3,
        ..CLEAN
    };
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
    assert_eq!(resync.begin(now, &FEW).unwrap().kind, Kind::Route);
    resync.disturb();
    assert_eq!(resync.dump_ended(Outcome::Complete), Err(false));
    assert_eq!(resync.over(Some(&UNCLEAN), now), Milestone::None);
    let later = resync.wakeup().unwrap();
    assert!(later > now && resync.begin(now, &FEW).is_none());
    assert_eq!(
        reconcile(&mut resync, CLEAN, later),
        ((OWN, Kind::Route), Origin::Resync, Milestone::Resync(OWN))
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
        (
            (OTHER, Kind::Route),
            Origin::Resync,
            Milestone::Resync(OTHER)
        )
    );
    assert_eq!(resync.wakeup(), None);
}

#[test]
fn an_event_of_one_namespace_leaves_the_dump_of_another_complete() {
    let now = Instant::now();
    let mut resync = scheduler(&[OWN, OTHER], now);
    resync.begin(now, &FEW).unwrap();
    resync.schedule_stale(OTHER, &stale(&[Kind::Link]), now);
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

/// What is read after an event with this effect on a device's objects of a kind, and the number of
/// requests; `None` for nothing.
fn read_after(kind: Kind, effect: Effect, devices: u32, known: &Fake) -> Option<(Scope, usize)> {
    let now = Instant::now();
    let mut resync = synced(now);
    let scope = Scope::Devices((1..=devices).collect());
    resync.schedule((OWN, kind), Demand::stale(scope, effect), now);
    let begin = resync.begin(now + MAX_DEBOUNCE, known)?;
    let mut requests = 1;
    while resync.dump_ended(Outcome::Complete).is_ok() {
        requests += 1;
    }
    Some((begin.scope, requests))
}

#[test]
fn the_objects_of_a_device_are_read_unless_the_whole_kind_is_cheaper() {
    use Effect::{Anywhere, OnDevice, Verified};
    let devices = |number: u32| Scope::Devices((1..=number).collect());
    let links = |number: u32| Some((devices(number), number as usize + 1));
    let routes = |number: u32| Some((devices(number), number as usize));
    let whole = |requests| Some((Scope::Kind, requests));
    // The messages of bridges are requested once.
    assert_eq!(read_after(Kind::Link, Verified, 1, &FEW), links(1));
    assert_eq!(read_after(Kind::Link, Verified, 3, &FEW), links(3));
    assert_eq!(read_after(Kind::Link, Verified, 25, &FEW), whole(2));
    assert_eq!(read_after(Kind::Route, Verified, 1, &FEW), routes(1));
    assert_eq!(read_after(Kind::Route, OnDevice, 1, &FEW), routes(1));
    assert_eq!(read_after(Kind::Route, Anywhere, 1, &FEW), whole(1));
    // A million routes are not read for one.
    assert_eq!(read_after(Kind::Route, Verified, 1, &MANY), None);
    assert_eq!(read_after(Kind::Route, OnDevice, 1, &MANY), routes(1));
    assert_eq!(read_after(Kind::Route, Anywhere, 1, &MANY), routes(1));
}

/// A scheduler that reads the routes of device 7, up to the end of its only dump.
fn reading_a_device(now: Instant, outcome: Outcome) -> ResyncScheduler {
    let mut resync = synced(now);
    let demand = Demand::stale(Scope::Devices([7].into()), Effect::OnDevice);
    resync.schedule((OWN, Kind::Route), demand, now);
    resync.begin(now + DEBOUNCE, &FEW).unwrap();
    assert!(resync.dump_ended(outcome).is_err());
    resync
}

#[test]
fn a_deleted_device_has_no_objects_and_a_rejected_request_is_replaced_by_the_whole_kind() {
    let now = Instant::now();
    let mut resync = reading_a_device(now, Outcome::Failed(libc::ENODEV));
    resync.over(Some(&CLEAN), now + DEBOUNCE);
    assert_eq!(resync.wakeup(), None);

    let mut resync = reading_a_device(now, Outcome::Failed(libc::EINVAL));
    resync.over(Some(&UNCLEAN), now + DEBOUNCE);
    let begin = resync.begin(now + DEBOUNCE, &FEW).unwrap();
    assert_eq!(begin.scope, Scope::Kind);
}

#[test]
fn the_second_dump_has_the_other_devices_of_undecided_objects() {
    let now = Instant::now();
    let mut resync = reading_a_device(now, Outcome::Complete);
    let undecided = ReconcileResult {
        undecided: [7, 8].into(),
        changed: false,
        ..CLEAN
    };
    resync.over(Some(&undecided), now + DEBOUNCE);
    let begin = resync.begin(now + DEBOUNCE, &FEW).unwrap();
    assert_eq!(begin.scope, Scope::Devices([7, 8].into()));
}

#[test]
fn a_demand_during_a_read_is_kept_for_the_next_one() {
    let now = Instant::now();
    let mut resync = reading_a_device(now, Outcome::Complete);
    let later = now + DEBOUNCE * 2;
    let demand = Demand::stale(Scope::Devices([9].into()), Effect::OnDevice);
    resync.schedule((OWN, Kind::Route), demand, later);
    resync.over(Some(&CLEAN), later);
    let begin = resync.begin(later + MAX_DEBOUNCE * 2, &FEW).unwrap();
    assert_eq!(begin.scope, Scope::Devices([9].into()));
}

#[test]
fn a_negotiating_bond_is_verified_again_some_times() {
    let known = Fake {
        count: 100,
        negotiates: true,
    };
    let start = Instant::now();
    let mut resync = synced(start);
    let demand = Demand::stale(Scope::Devices([7].into()), Effect::Verified);
    resync.schedule((OWN, Kind::Link), demand, start);
    resync.pending.get_mut(&(OWN, Kind::Link)).unwrap().by_event = true;
    let mut reads = 0;
    let mut last = start;
    while let Some(now) = resync.wakeup() {
        last = now;
        if resync.begin(now, &known).is_some() {
            while resync.dump_ended(Outcome::Complete).is_ok() {}
            resync.over(Some(&CLEAN), now);
            reads += 1;
        }
    }
    assert_eq!(reads, 1 + NEGOTIATION_RECHECKS.len());
    assert!(last < start + NEGOTIATION_RECHECKS[2] + MAX_DEBOUNCE * 2);
}

#[test]
fn losses_in_two_namespaces_are_resynced_apart() {
    let now = Instant::now();
    let mut resync = scheduler(&[OWN, OTHER], now);
    for _ in 0..4 {
        reconcile(&mut resync, CLEAN, now);
    }
    for netns in [OWN, OTHER] {
        let channel = Channel {
            netns,
            ..Channel::ROUTE_EVENTS
        };
        resync.lost(channel, now);
    }
    let milestones: Vec<_> = (0..4).map(|_| reconcile(&mut resync, CLEAN, now)).collect();
    let milestones: Vec<_> = milestones.into_iter().map(|(_, _, it)| it).collect();
    let (none, of) = (Milestone::None, Milestone::Resync);
    assert_eq!(milestones, [none, of(OWN), none, of(OTHER)]);
}

#[test]
fn nothing_waits_for_a_namespace_that_has_ended() {
    let now = Instant::now();
    let mut resync = scheduler(&[OWN, OTHER], now);
    for _ in 0..2 {
        reconcile(&mut resync, CLEAN, now);
    }
    // A dump in it is in progress.
    assert!(resync.begin(now, &FEW).is_some());
    assert_eq!(resync.channel().map(|it| it.netns), Some(OTHER));
    assert_eq!(resync.remove(OTHER), [Milestone::Sync]);
    assert_eq!(resync.channel(), None);
    let channel = Channel {
        netns: OTHER,
        ..Channel::ROUTE_EVENTS
    };
    resync.lost(channel, now);
    assert!(resync.begin(now, &FEW).is_none());
    assert_eq!(resync.remove(OTHER), []);
}

#[test]
fn a_loss_of_a_shared_socket_is_resynced_when_every_namespace_is() {
    let now = Instant::now();
    let mut resync = scheduler(&[OWN, OTHER], now);
    resync.share();
    for _ in 0..4 {
        reconcile(&mut resync, CLEAN, now);
    }
    resync.lost(Channel::ROUTE_EVENTS, now);
    let milestones: Vec<_> = (0..3)
        .map(|_| reconcile(&mut resync, CLEAN, now).2)
        .collect();
    assert_eq!(milestones, [Milestone::None; 3]);
    // The last one that it waits for ends.
    assert_eq!(resync.remove(OTHER), [Milestone::Resync(OWN)]);
}

#[test]
fn a_namespace_that_is_added_later_has_a_sync_of_its_own() {
    let now = Instant::now();
    let mut resync = scheduler(&[OWN], now);
    let added = scheduler(&[OTHER], now).dumps;
    resync.add(added, now);
    let milestones: Vec<_> = (0..4)
        .map(|_| reconcile(&mut resync, CLEAN, now).2)
        .collect();
    let none = Milestone::None;
    assert_eq!(
        milestones,
        [none, Milestone::Sync, none, Milestone::SyncOf(OTHER)]
    );
}

/// A scheduler of the program's own namespace with an audit, after `sync`.
fn audited(audit: Duration, now: Instant) -> ResyncScheduler {
    let mut resync = synced(now);
    resync.set_audit(Some(audit), now);
    resync
}

/// Runs the quick audit that is due, in this time. Returns its kind, and when it ended.
fn quick(
    resync: &mut ResyncScheduler,
    result: &ReconcileResult,
    (now, took): (Instant, Duration),
) -> (Kind, Instant) {
    let begin = resync.begin(now, &FEW).expect("a quick audit is due");
    assert_eq!((begin.quick, &begin.scope), (true, &Scope::Kind));
    assert!(resync.is_quick());
    while resync.dump_ended(Outcome::Complete).is_ok() {}
    let end = now + took;
    assert_eq!(resync.over(Some(result), end), Milestone::None);
    (begin.kind, end)
}

const MINUTE: Duration = Duration::from_secs(60);
const MS: Duration = Duration::from_millis(1);

#[test]
fn every_kind_is_read_in_a_round_every_few_seconds() {
    let mut now = Instant::now();
    let mut resync = audited(MINUTE, now);
    for _ in 0..3 {
        now += quick::INTERVAL;
        assert_eq!(resync.wakeup(), Some(now));
        for kind in [Kind::Link, Kind::Route] {
            let found;
            (found, now) = quick(&mut resync, &CLEAN, (now, MS));
            assert_eq!(found, kind);
        }
        assert_eq!(resync.wakeup(), Some(now + quick::INTERVAL));
        assert!(resync.begin(now, &FEW).is_none());
    }
    // No interval exceeds that of the audit.
    resync.set_audit(Some(MS), now);
    assert_eq!(resync.wakeup(), Some(now + MS));
    resync.set_audit(None, now);
    assert_eq!(resync.wakeup(), None);
}

#[test]
fn quick_audits_take_a_small_share_of_the_time() {
    let start = Instant::now();
    let mut resync = audited(MINUTE, start);
    let (_, now) = quick(&mut resync, &CLEAN, (start + quick::INTERVAL, MS));
    // A large kind: read less often than the other one.
    let (_, now) = quick(&mut resync, &CLEAN, (now, 80 * MS));
    let next = now + 99 * 81 * MS;
    assert_eq!(resync.wakeup(), Some(next));
    let (kind, now) = quick(&mut resync, &CLEAN, (next, MS));
    assert_eq!(kind, Kind::Link);
    assert!(
        resync.begin(now, &FEW).is_none(),
        "the large kind is not due"
    );
    // One that the kernel refuses is left to the audit of all kinds.
    let now = now + quick::INTERVAL;
    assert!(resync.begin(now, &FEW).is_some());
    while resync.dump_ended(Outcome::Failed(libc::EPERM)).is_ok() {}
    resync.over(Some(&UNCLEAN), now);
    assert!(resync.begin(now + quick::INTERVAL, &FEW).is_none());
}

/// Its last read, of few objects, was short: the next one would take long.
#[test]
fn a_quick_audit_waits_longer_for_a_table_that_has_grown() {
    let start = Instant::now();
    let grown = Fake {
        count: 20_000,
        ..FEW
    };
    for (known, pause, is_quick) in [
        (&FEW, quick::INTERVAL, true),
        (&grown, 199 * 20 * MS, true),
        // The audit of all kinds.
        (&MANY, MINUTE, false),
    ] {
        let mut resync = audited(MINUTE, start);
        let mut now = start;
        let begin = loop {
            now += quick::INTERVAL;
            if let Some(begin) = resync.begin(now, known) {
                break begin;
            }
        };
        assert_eq!(begin.quick, is_quick);
        let waited = now - start;
        assert!(
            (pause..pause + 2 * quick::INTERVAL).contains(&waited),
            "{} objects: {waited:?}",
            known.count
        );
    }
}

/// What a busy machine, or a driver, makes a read wait for delays the next one by seconds.
#[test]
fn reads_for_events_take_a_share_of_the_time_by_what_they_cost() {
    thread_local! {
        static CPU: std::cell::Cell<Duration> = const { std::cell::Cell::new(Duration::ZERO) };
    }
    let second = 1000 * MS;
    for (took, cpu, pause) in [
        (second, second, 9 * second),
        (second, MS, 9 * second),
        (20 * second, 20 * second, 180 * second),
        (20 * second, MS, 10 * second),
        (20 * second, 2 * second, 18 * second),
    ] {
        let start = Instant::now();
        let mut resync = synced(start);
        resync.cpu_time = || CPU.get();
        let routes = stale(&[Kind::Route]);
        resync.schedule_stale(OWN, &routes, start);
        let begun = start + DEBOUNCE;
        assert!(resync.begin(begun, &FEW).is_some());
        // An event during the read demands another one.
        resync.schedule_stale(OWN, &routes, begun + MS);
        while resync.dump_ended(Outcome::Complete).is_ok() {}
        CPU.set(CPU.get() + cpu);
        let end = begun + took;
        resync.over(Some(&UNCLEAN), end);
        assert_eq!(resync.wakeup(), Some(end + pause), "{took:?} {cpu:?}");
    }
}

#[test]
fn quick_audit_gives_way_to_events_and_repeats_only_what_lacks_objects() {
    let start = Instant::now();
    let mut resync = audited(MINUTE, start);
    let now = start + quick::INTERVAL;
    // Events wait for a read of the routes.
    resync.schedule_stale(OWN, &stale(&[Kind::Route]), now);
    let (kind, now) = quick(&mut resync, &UNCLEAN, (now, MS));
    assert_eq!(kind, Kind::Link);
    // It is not repeated, and the routes are read for the events.
    assert_eq!(
        reconcile(&mut resync, CLEAN, now + DEBOUNCE),
        ((OWN, Kind::Route), Origin::Inferred, Milestone::None)
    );
    let next = now + quick::INTERVAL;
    assert_eq!(resync.wakeup(), Some(next));
    let lacking = ReconcileResult {
        missing: 1,
        ..CLEAN
    };
    let (_, now) = quick(&mut resync, &lacking, (next, MS));
    assert_eq!(
        reconcile(&mut resync, CLEAN, now),
        ((OWN, Kind::Link), Origin::Inferred, Milestone::None)
    );
}

#[test]
fn there_is_no_quick_audit_before_the_first_dumps_are_complete() {
    let now = Instant::now();
    let mut resync = scheduler(&[OWN], now);
    resync.set_audit(Some(MINUTE), now);
    reconcile(&mut resync, CLEAN, now);
    // The routes are not dumped cleanly, and wait for their next attempt.
    reconcile(&mut resync, UNCLEAN, now);
    let wakeup = resync.wakeup().unwrap();
    assert!(wakeup < now + quick::INTERVAL);
    let begin = resync.begin(now + quick::INTERVAL, &FEW).unwrap();
    assert_eq!((begin.quick, begin.origin), (false, Origin::Snapshot));
}

/// Objects whose own objects are listed by these requests.
struct Listed(Vec<Request>);

impl Known for Listed {
    fn count(&self, _: NetnsId, _: Kind) -> usize {
        1
    }

    fn devices_around(&self, _: NetnsId, _: Kind, _: &BTreeSet<u32>) -> Devices {
        Devices {
            devices: Vec::new(),
            negotiates: false,
        }
    }

    fn further_dumps(&self, _: NetnsId, _: Kind) -> Vec<Request> {
        self.0.clone()
    }
}

#[test]
fn stations_of_each_interface_are_listed_in_quick_audits_too() {
    let start = Instant::now();
    let dumps = Dumps {
        family: FamilyId::NL80211,
        requests: vec![Request::generic(5, &[])],
        details: false,
    };
    let dumps = BTreeMap::from([((OWN, Kind::WifiStation), dumps)]);
    let mut resync = ResyncScheduler::new(dumps, Some(MINUTE), start);
    let interface = Listed(vec![Request::nl80211_stations(3)]);
    // The interface is deleted meanwhile: the dump is repeated.
    let mut now = start;
    for (outcome, result, milestone) in [
        (Outcome::Failed(libc::ENODEV), &UNCLEAN, Milestone::None),
        (Outcome::Complete, &CLEAN, Milestone::Sync),
        (Outcome::Complete, &CLEAN, Milestone::None),
    ] {
        let begin = resync.begin(now, &interface).expect("a dump is due");
        assert_eq!(begin.request, Request::generic(5, &[]));
        assert_eq!(begin.quick, resync.synced);
        resync.extend(&interface);
        let next = resync.dump_ended(Outcome::Complete);
        assert_eq!(next, Ok(Request::nl80211_stations(3)));
        let is_complete = outcome == Outcome::Complete;
        assert_eq!(resync.dump_ended(outcome), Err(is_complete));
        assert_eq!(resync.over(Some(result), now), milestone);
        now += quick::INTERVAL;
    }
}

/// A scheduler of one kind, whose first request is that one.
fn of_kind(kind: Kind, family: FamilyId, request: Request) -> ResyncScheduler {
    let dumps = Dumps {
        family,
        requests: vec![request],
        details: false,
    };
    let dumps = BTreeMap::from([((OWN, kind), dumps)]);
    ResyncScheduler::new(dumps, Some(MINUTE), Instant::now())
}

/// The kernel answers with EINVAL: "the name in the request is not team master".
#[test]
fn a_team_device_that_is_deleted_meanwhile_makes_its_kind_be_read_again() {
    let noop = Request::generic(0, &[]);
    let mut resync = of_kind(Kind::TeamOption, FamilyId::TEAM, noop);
    let team = Listed(vec![Request::team(2, 9)]);
    let mut now = Instant::now();
    for (outcome, result, milestone) in [
        (Outcome::Failed(libc::EINVAL), &UNCLEAN, Milestone::None),
        (Outcome::Complete, &CLEAN, Milestone::Sync),
    ] {
        resync.begin(now, &team).expect("a dump is due");
        resync.extend(&team);
        assert_eq!(
            resync.dump_ended(Outcome::Complete),
            Ok(Request::team(2, 9))
        );
        let is_complete = outcome == Outcome::Complete;
        assert_eq!(resync.dump_ended(outcome), Err(is_complete));
        assert_eq!(resync.over(Some(result), now), milestone);
        now += quick::INTERVAL;
    }
}

/// An internal port has a device of the same type as a local port, which is no datapath.
#[test]
fn a_device_that_is_no_datapath_has_no_ports() {
    let mut resync = of_kind(Kind::OvsVport, FamilyId::OVS_VPORT, Request::ovs(3, 0));
    let datapath = Listed(vec![Request::ovs(3, 9)]);
    let now = Instant::now();
    resync.begin(now, &datapath).expect("a dump is due");
    resync.extend(&datapath);
    let missing = Outcome::Failed(libc::ENODEV);
    assert_eq!(resync.dump_ended(missing), Ok(Request::ovs(3, 9)));
    assert_eq!(resync.dump_ended(missing), Err(true));
    assert_eq!(resync.over(Some(&CLEAN), now), Milestone::Sync);
}

#[test]
fn what_follows_is_asked_once_when_the_others_are_answered() {
    let zones = [0, 3].map(Request::thermal_governor);
    let zones = Listed(zones.to_vec());
    let list = Request::generic(1, &[]);
    let mut resync = of_kind(Kind::ThermalZone, FamilyId::THERMAL, list);
    // A zone is deleted meanwhile: the dump is repeated.
    let mut now = Instant::now();
    for (outcome, result, milestone) in [
        (Outcome::Failed(libc::EINVAL), &UNCLEAN, Milestone::None),
        (Outcome::Complete, &CLEAN, Milestone::Sync),
    ] {
        resync.begin(now, &zones).expect("a dump is due");
        for zone in [0, 3] {
            resync.extend(&zones);
            let next = resync.dump_ended(Outcome::Complete);
            assert_eq!(next, Ok(Request::thermal_governor(zone)));
        }
        resync.extend(&zones);
        let is_complete = outcome == Outcome::Complete;
        assert_eq!(resync.dump_ended(outcome), Err(is_complete));
        assert_eq!(resync.over(Some(result), now), milestone);
        now += quick::INTERVAL;
    }
}

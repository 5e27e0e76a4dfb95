//! The module `watch` against the kernel: this binary runs again inside of a namespace, as a program that uses
//! the library.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Instant;

use nlstream::event::Kind;
use nlstream::watch::objects::GapCause;
use nlstream::watch::{Events, Line, Meta, Object, Op, Origin, Watcher};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::common::{PATIENCE, wait_until};
use crate::namespace::Namespace;

crate::trial::trials! {
    a_library_run_yields_events_and_touches_nothing_else(Namespace, LinkType("veth")),
    a_slow_program_finds_a_gap_and_then_the_state(Namespace, LinkType("veth")),
    objects_that_exist_now_end_with_their_sync(Namespace),
}

const VARIABLE: &str = "NLSTREAM_TEST_WATCH";

pub(crate) fn is_watcher() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// The program inside.
pub(crate) fn run() {
    match &*std::env::var(VARIABLE).unwrap() {
        "events" => events(),
        "slow" => slow(),
        _ => now(),
    }
}

/// Runs this binary inside, with a socket that a service manager passed to it.
fn inside(name: &str) {
    let ns = Namespace::new();
    let program = std::env::current_exe().unwrap();
    let script = format!(
        "export LISTEN_PID=$$ LISTEN_FDS=1 {VARIABLE}={name}; exec '{}' 3</dev/null",
        program.display()
    );
    let output = ns.command("bash").args(["-euc", &script]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {stderr}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "done\n",
        "{stderr}"
    );
}

fn a_library_run_yields_events_and_touches_nothing_else() {
    inside("events");
}

fn a_slow_program_finds_a_gap_and_then_the_state() {
    inside("slow");
}

fn objects_that_exist_now_end_with_their_sync() {
    inside("now");
}

fn shell(script: &str) {
    let status = Command::new("bash").args(["-euc", script]).status();
    assert!(status.unwrap().success(), "{script}");
}

/// The next event for which the condition holds, by the descriptor and [`Events::try_next`].
fn until(events: &mut Events, what: &str, mut is_it: impl FnMut(&Line) -> bool) -> Line {
    let end = Instant::now() + PATIENCE;
    loop {
        while let Some(event) = events.try_next() {
            let event = event.unwrap();
            if is_it(&event) {
                return event;
            }
        }
        assert!(Instant::now() < end && !events.is_ended(), "no {what}");
        let second = Timespec {
            tv_sec: 1,
            tv_nsec: 0,
        };
        poll(&mut [PollFd::new(&*events, PollFlags::IN)], Some(&second)).unwrap();
    }
}

fn is_sync(line: &Line) -> bool {
    matches!(line.object, Object::Meta(Meta::Sync(_)))
}

/// What the kernel says of the process: signal handlers, sandbox, threads.
fn process() -> Vec<String> {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let wanted = [
        "SigCgt",
        "SigIgn",
        "SigBlk",
        "NoNewPrivs",
        "Seccomp:",
        "CapEff",
        "CapBnd",
        "Threads",
    ];
    let lines = status
        .lines()
        .filter(|line| wanted.iter().any(|it| line.starts_with(it)));
    // With the first thread the C library handles two signals of its own, 32 and 33.
    let own = |line: &str| match line.split_once(":\t") {
        Some((name, mask)) if name.starts_with("Sig") => {
            let mask = u64::from_str_radix(mask, 16).unwrap();
            format!("{name}: {:x}", mask & !(3 << 31))
        }
        _ => line.to_owned(),
    };
    lines.map(own).collect()
}

fn events() {
    let before = process();
    let mut events = Watcher::builder().snapshot(true).events().unwrap();
    let lo = until(&mut events, "lo", |line| {
        matches!(line.object, Object::Link(_))
    });
    assert_eq!((lo.op, lo.origin), (Op::Present, Some(Origin::Snapshot)));
    until(&mut events, "sync", is_sync);
    shell("ip link add v0 type veth peer name v1; ip link set v0 mtu 1400; ip link set v0 up");
    let is_v0 = |line: &Line| matches!(&line.object, Object::Link(link) if link.ifname.as_deref() == Some("v0"));
    let added = until(&mut events, "v0", is_v0);
    assert_eq!(added.op, Op::Add);
    let changed = until(&mut events, "the change of the MTU", |line| {
        is_v0(line)
            && line
                .changed
                .as_ref()
                .is_some_and(|it| it.contains(&"mtu".to_owned()))
    });
    let mtu = |object: &Object| match object {
        Object::Link(link) => link.mtu,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (mtu(&changed.object), mtu(changed.old.as_ref().unwrap())),
        (Some(1400), Some(1500))
    );
    // Datagrams that one read finds have the time of that read.
    assert!(changed.time.system_time().unwrap() >= added.time.system_time().unwrap());
    // The run is one thread more, and else the process is as before. A sandbox would refuse this.
    let during = process();
    let differ = during
        .iter()
        .zip(&before)
        .filter(|(one, other)| one != other);
    assert!(
        differ
            .map(|(one, _)| one)
            .all(|line| line.starts_with("Threads")),
        "{during:?}"
    );
    assert_eq!(log::max_level(), log::LevelFilter::Off);
    // Dropping and stopping end the thread.
    drop(events);
    wait_until("the thread has ended", || process() == before);
    Watcher::builder().events().unwrap().stop();
    assert_eq!(process(), before);
    println!("done");
}

fn slow() {
    const ROUTES: usize = 3000;
    shell("ip link add d0 type veth peer name d1; ip link set d0 up; ip link set d1 up");
    let mut events = Watcher::builder()
        .kinds([Kind::Route])
        .snapshot(true)
        .queue(64 << 10)
        .events()
        .unwrap();
    until(&mut events, "sync", is_sync);
    shell(&format!(
        "for ((i = 0; i < {ROUTES}; i++)); do echo route add 10.$((i / 250)).$((i % 250)).0/24 dev d0; done | ip -batch -"
    ));
    let mut known = BTreeSet::new();
    let mut note = |line: &Line| {
        if let Object::Route(route) = &line.object
            && route.dst.starts_with("10.")
        {
            assert_ne!(line.op, Op::Delete);
            known.insert(route.dst.clone());
        }
        known.len()
    };
    let mut read = 0;
    let gap = until(&mut events, "gap", |line| {
        read = note(line);
        matches!(line.object, Object::Meta(Meta::Gap(_)))
    });
    let Object::Meta(Meta::Gap(gap)) = gap.object else {
        unreachable!()
    };
    assert!(
        gap.cause == GapCause::Output && gap.lost > Some(0) && read < ROUTES,
        "{gap:?}"
    );
    until(&mut events, "every route", |line| note(line) == ROUTES);
    events.stop();
    println!("done");
}

fn now() {
    let events = Watcher::builder()
        .kinds([Kind::Link])
        .until_sync()
        .events()
        .unwrap();
    let lines: Vec<_> = events.map(Result::unwrap).collect();
    let kinds: Vec<_> = lines
        .iter()
        .map(|line| (line.object.kind(), line.op.name()))
        .collect();
    let (last, first) = (&kinds[kinds.len() - 2..], &kinds[..2]);
    assert_eq!(first, [("meta", "start"), ("link", "present")]);
    assert_eq!(last, [("meta", "sync"), ("meta", "stop")]);
    println!("done");
}

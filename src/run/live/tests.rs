//! Errors of every receive, and the lines that follow from them. The sockets are simulated.

use std::collections::VecDeque;

use serde_json::Value;

use super::*;
use crate::encode::Format;
use crate::event::Kind;
use crate::event::meta::Start;
use crate::input::Header;
use crate::netlink::dump::{Outcome, Progress};
use crate::netlink::request::Request;
use crate::netlink::sys::Datagram;

/// The result of one receive of events.
enum Event {
    Datagram(Vec<u8>),
    Truncated(Vec<u8>),
    Spoofed(Vec<u8>),
    Errno(i32),
    Nothing,
}

#[derive(Default)]
struct FakeEvents {
    script: VecDeque<Event>,
    received: Option<(Vec<u8>, u32, bool)>,
    dropped: u32,
}

impl EventSource for FakeEvents {
    fn receive(&mut self) -> io::Result<()> {
        self.received = match self.script.pop_front() {
            Some(Event::Datagram(bytes)) => Some((bytes, 0, false)),
            Some(Event::Truncated(bytes)) => Some((bytes, 0, true)),
            Some(Event::Spoofed(bytes)) => Some((bytes, 66, false)),
            Some(Event::Errno(errno)) => return Err(io::Error::from_raw_os_error(errno)),
            Some(Event::Nothing) | None => return Err(io::ErrorKind::WouldBlock.into()),
        };
        Ok(())
    }

    fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        let received = self.received.iter();
        received.map(|(bytes, sender, truncated)| Datagram {
            bytes,
            sender: *sender,
            truncated: *truncated,
            nsid: None,
        })
    }

    fn dropped(&mut self) -> io::Result<u32> {
        Ok(std::mem::take(&mut self.dropped))
    }
}

/// The result of one receive of a dump.
#[derive(Clone)]
enum Reply {
    Entry(Vec<u8>),
    Errno(i32),
    End(Outcome),
}

#[derive(Default)]
struct FakeDumps {
    /// The existing addresses.
    addresses: Vec<u8>,
    /// Replies to the next dumps of addresses; further dumps are complete.
    replies: VecDeque<Vec<Reply>>,
    /// Other requests, with an entry for each.
    others: Vec<(Request, Vec<u8>)>,
    current: VecDeque<Reply>,
    entry: Option<Vec<u8>>,
    abandoned: usize,
}

impl DumpSource for FakeDumps {
    fn request(&mut self, request: &Request) -> io::Result<()> {
        assert!(self.current.is_empty(), "the previous dump has not ended");
        let mut reply = Vec::new();
        if let Some((_, entry)) = self.others.iter().find(|(of, _)| of == request) {
            reply.push(Reply::Entry(entry.clone()));
        }
        if *request == Request::addresses() {
            reply.extend(self.addresses.iter().map(|n| Reply::Entry(address(*n))));
            if let Some(other) = self.replies.pop_front() {
                reply = other;
            }
        }
        if !matches!(reply.last(), Some(Reply::End(_) | Reply::Errno(_))) {
            reply.push(Reply::End(Outcome::Complete));
        }
        self.current = reply.into();
        Ok(())
    }

    fn receive(&mut self) -> io::Result<Progress> {
        self.entry = None;
        match self.current.pop_front() {
            Some(Reply::Entry(entry)) => self.entry = Some(entry),
            Some(Reply::Errno(errno)) => return Err(io::Error::from_raw_os_error(errno)),
            Some(Reply::End(outcome)) => return Ok(Progress::Done(outcome)),
            None => return Ok(Progress::Wait),
        }
        Ok(Progress::Entries)
    }

    fn entries(&self) -> impl Iterator<Item = &[u8]> {
        self.entry.iter().map(Vec::as_slice)
    }

    fn abandon(&mut self) -> io::Result<()> {
        self.abandoned += 1;
        self.current.clear();
        Ok(())
    }
}

/// RTM_NEWADDR of 192.0.2.n.
fn address(n: u8) -> Vec<u8> {
    let mut message = vec![32, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    message.extend([2, 24, 0, 0, 1, 0, 0, 0, 8, 0, 2, 0, 192, 0, 2, n]);
    message
}

struct Run {
    stream: Stream<FakeEvents, FakeDumps>,
    lines: Vec<Value>,
}

impl Run {
    /// A run in which these addresses exist, up to its `sync`.
    fn new(addresses: &[u8], replies: Vec<Vec<Reply>>) -> Self {
        let settings = Settings {
            kinds: Some(vec![Kind::Address]),
            snapshot: true,
            ..Settings::default()
        };
        Self::with(settings, addresses, replies)
    }

    fn with(settings: Settings, addresses: &[u8], replies: Vec<Vec<Reply>>) -> Self {
        let header = Header {
            time: clock(),
            start: Start {
                settings: settings.clone(),
                ..Start::default()
            },
            names: crate::names::Recorded::default(),
            redacted: false,
        };
        let outputs = Outputs {
            format: Format::Json,
            queue: usize::MAX,
            ..Outputs::default()
        };
        let subscriptions = vec![Subscription::new(
            NetnsId::OWN,
            crate::family::FAMILIES[0],
            FakeEvents::default(),
            FakeDumps {
                addresses: addresses.to_vec(),
                replies: replies.into(),
                ..FakeDumps::default()
            },
        )];
        let dumps = dumps(&subscriptions, &settings);
        let stream = Stream {
            session: Session::new(&outputs, "00000000".to_owned(), &header).unwrap(),
            subscriptions,
            follow: None,
            watched: Vec::new(),
            all: None,
            looked_at: Instant::now(),
            resync: ResyncScheduler::new(dumps, None, Instant::now()),
            backlog: Backlog::default(),
            refused: SpoofedDatagrams::default(),
            requesters: None,
            transactions: Transactions::default(),
            clock: Clock::new(),
            host: Host::Library,
            metrics: None,
            run: "00000000".to_owned(),
            started: header.time,
            max_coalesce: Duration::ZERO,
            live: Live {
                settings,
                ..Live::default()
            },
            deadline: None,
            next_heartbeat: None,
            release_at: None,
        };
        let mut run = Run {
            stream,
            lines: Vec::new(),
        };
        run.until("sync");
        run
    }

    /// One pass of the loop.
    fn step(&mut self) {
        let stream = &mut self.stream;
        stream.note_readable(0);
        stream.receive().unwrap();
        stream.follow_families().unwrap();
        stream.process_batch().unwrap();
        let now = Instant::now();
        stream.schedule_stale(now);
        if !stream.is_readable() && stream.backlog.is_empty() {
            stream.reconcile(now).unwrap();
        }
        stream.timers(now).unwrap();
        for line in stream.session.lines.split(|byte| *byte == b'\n') {
            if !line.is_empty() {
                self.lines.push(serde_json::from_slice(line).unwrap());
            }
        }
        stream.session.lines.clear();
    }

    fn events(&mut self) -> &mut FakeEvents {
        &mut self.stream.subscriptions[0].events
    }

    fn dumps(&mut self) -> &mut FakeDumps {
        &mut self.stream.subscriptions[0].dumps
    }

    fn until(&mut self, op: &str) {
        let end = Instant::now() + Duration::from_secs(20);
        while !self.lines.iter().any(|line| line["op"] == op) {
            assert!(Instant::now() < end, "no {op}: {:#?}", self.lines);
            self.step();
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Op, origin and last byte of the address of each line; for `meta` op and cause.
    fn summary(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let lines = self.lines.iter().skip(1).map(|line| {
            let local = text(&line["address"]["local"]);
            let subject = local.rsplit('.').next().unwrap_or("").to_owned();
            let last = text(&line["origin"]) + &text(&line["meta"]["cause"]);
            format!("{} {last} {subject}", text(&line["op"]))
                .trim_end()
                .to_owned()
        });
        lines.collect()
    }

    fn only(&self, op: &str) -> &Value {
        let mut found = self.lines.iter().filter(|line| line["op"] == op);
        let line = found.next().unwrap_or_else(|| panic!("no {op}"));
        assert!(found.next().is_none(), "{op} twice");
        &line["meta"]
    }
}

#[test]
fn every_receive_error_is_one_gap_after_the_queued_events_and_is_resynced() {
    for errno in [libc::ENOBUFS, libc::ENOMEM, libc::EMSGSIZE, libc::EIO] {
        let mut run = Run::new(&[1], vec![]);
        run.dumps().addresses = vec![1, 2, 3, 4];
        run.events().dropped = if errno == libc::ENOBUFS { 2 } else { 0 };
        // The same error twice is still one gap.
        run.events().script = VecDeque::from([
            Event::Errno(errno),
            Event::Datagram(address(2)),
            Event::Errno(errno),
            Event::Nothing,
        ]);
        run.until("resync");
        let cause = if errno == libc::ENOBUFS {
            "overflow"
        } else {
            "error"
        };
        assert_eq!(
            run.summary(),
            [
                "present snapshot 1",
                "sync",
                "add kernel 2",
                &format!("gap {cause}"),
                "add resync 3",
                "add resync 4",
                "resync",
            ]
        );
        let gap = run.only("gap");
        assert_eq!(gap["errno"], errno);
        assert_eq!(
            gap.get("lost"),
            (errno == libc::ENOBUFS).then_some(&2.into())
        );
    }
}

#[test]
fn an_interrupted_call_is_repeated_and_is_no_gap() {
    let interrupted = vec![
        Reply::Errno(libc::EINTR),
        Reply::Entry(address(1)),
        Reply::Errno(libc::EINTR),
        Reply::End(Outcome::Complete),
    ];
    let mut run = Run::new(&[1], vec![interrupted]);
    run.events().script = VecDeque::from([
        Event::Errno(libc::EINTR),
        Event::Datagram(address(2)),
        Event::Errno(libc::EINTR),
    ]);
    for _ in 0..5 {
        run.step();
    }
    assert_eq!(
        run.summary(),
        ["present snapshot 1", "sync", "add kernel 2"]
    );
    assert_eq!(run.dumps().abandoned, 0);
}

#[test]
fn a_truncated_datagram_is_a_gap_and_a_spoofed_one_is_refused() {
    let mut run = Run::new(&[1], vec![]);
    run.dumps().addresses = vec![1, 2, 3];
    run.events().script = VecDeque::from([
        Event::Spoofed(address(66)),
        Event::Truncated(address(2)),
        Event::Datagram(address(3)),
    ]);
    run.until("resync");
    let summary = run.summary();
    assert_eq!(
        summary[..5],
        [
            "present snapshot 1",
            "sync",
            "add kernel 2",
            "gap truncated",
            "add kernel 3",
        ]
    );
    assert_eq!(run.only("gap")["lost"], 1);
    assert_eq!(run.only("refused")["datagrams"], 1);
    assert!(
        !summary.iter().any(|line| line.ends_with("66")),
        "{summary:?}"
    );
}

#[test]
fn an_interrupted_dump_is_repeated_and_deletes_nothing() {
    for errno in [libc::ENOBUFS, libc::ENOMEM, libc::EMSGSIZE] {
        let broken = vec![Reply::Entry(address(1)), Reply::Errno(errno)];
        let mut run = Run::new(&[1, 2], vec![broken; 3]);
        assert_eq!(
            run.summary(),
            ["present snapshot 1", "present snapshot 2", "sync"]
        );
        assert_eq!(run.dumps().abandoned, 3);
        assert!(run.only("sync").get("incomplete").is_none());
    }
}

#[test]
fn only_two_complete_dumps_in_a_row_delete_an_object() {
    let mut run = Run::new(&[1, 2], vec![]);
    let part = |end| vec![Reply::Entry(address(1)), Reply::End(end)];
    let interrupted = part(Outcome::Interrupted);
    run.dumps().replies = VecDeque::from([
        interrupted.clone(),
        interrupted.clone(),
        part(Outcome::Complete),
        interrupted,
        // The second complete dump has it.
    ]);
    run.events().script = VecDeque::from([Event::Errno(libc::ENOMEM), Event::Nothing]);
    run.until("resync");
    assert_eq!(
        run.summary()[3..],
        ["gap error", "resync"],
        "{:#?}",
        run.lines
    );
    // Now the address is deleted.
    run.lines.retain(|line| line["op"] != "resync");
    run.dumps().addresses = vec![1];
    run.events().script = VecDeque::from([Event::Errno(libc::ENOMEM), Event::Nothing]);
    run.until("resync");
    assert_eq!(
        run.summary()[4..],
        ["gap error", "delete resync 2", "resync"]
    );
}

#[test]
fn a_dump_that_the_kernel_refuses_is_reported_as_incomplete() {
    let refused = vec![Reply::End(Outcome::Failed(libc::EPERM))];
    let run = Run::new(&[1], vec![refused]);
    assert_eq!(run.summary(), ["sync"]);
    assert_eq!(run.only("sync")["incomplete"][0], "address");
}

#[test]
fn a_socket_with_nothing_but_errors_ends_the_run() {
    let mut run = Run::new(&[], vec![]);
    let errors = (0..=MAX_ERRORS).map(|_| Event::Errno(libc::EBADF));
    run.events().script = errors.collect();
    let error = run.stream.receive_from(0).unwrap_err().to_string();
    assert!(error.starts_with("cannot receive events"), "{error}");
}

#[test]
fn errors_of_a_socket_that_is_emptied_between_them_do_not_end_the_run() {
    let mut run = Run::new(&[1], vec![]);
    let times = 2 * MAX_ERRORS as usize;
    let failed = || [Event::Errno(libc::ENOMEM), Event::Nothing];
    let script = std::iter::repeat_with(failed).take(times);
    run.events().script = script.flatten().collect();
    for _ in 0..times {
        run.stream.receive_from(0).unwrap();
    }
    // The same of the dump socket: every second dump fails.
    let broken = vec![Reply::Entry(address(1)), Reply::Errno(libc::ENOMEM)];
    let mut run = Run::new(&[1], vec![broken.clone(); 2]);
    assert_eq!(run.stream.subscriptions[0].dump_errors, 0);
    run.dumps().replies = VecDeque::from([broken]);
    run.events().script = VecDeque::from([Event::Errno(libc::ENOMEM), Event::Nothing]);
    run.until("resync");
    assert_eq!(run.stream.subscriptions[0].dump_errors, 0);
}

/// `CTRL_CMD_NEWFAMILY` or `CTRL_CMD_DELFAMILY` of ethtool with the id 33.
fn announcement(command: u8) -> Vec<u8> {
    use crate::netlink::build::{attr, message, nested};
    let group = [attr(1, b"monitor\0"), attr(2, &9_u32.to_ne_bytes())].concat();
    let attrs = [
        attr(1, &33_u16.to_ne_bytes()),
        attr(2, b"ethtool\0"),
        nested(7, &nested(1, &group)),
    ];
    message(16, &[&[command, 2, 0, 0][..], &attrs.concat()].concat())
}

#[test]
fn a_family_that_is_registered_later_is_joined_and_read_and_its_objects_go_with_it() {
    use crate::netlink::build::{attr, message, nested};
    use crate::netlink::genl::curated::ETHTOOL;
    let settings = Settings {
        kinds: Some(vec![Kind::Address, Kind::Ethtool]),
        snapshot: true,
        curated: crate::family::known::curated_names(),
        ..Settings::default()
    };
    let mut run = Run::with(settings.clone(), &[], Vec::new());
    // The rings of a device, in the answer to the request with the id that the kernel gave.
    let id = FamilyId::generic(33).unwrap();
    let rings = [
        nested(1, &attr(1, &3_u32.to_ne_bytes())),
        attr(6, &512_u32.to_ne_bytes()),
    ];
    let rings = message(33, &[&[16, 1, 0, 0][..], &rings.concat()].concat());
    let mut requests = Kind::Ethtool
        .dumps(false)
        .into_iter()
        .map(|it| it.addressed(id));
    let request = requests
        .find(|it| format!("{it:?}").contains("[15, 1, 0, 0"))
        .unwrap();
    run.stream.follow = Some(Follow::with(
        &settings,
        Box::new(move |family, pair| {
            assert_eq!((&*family.name, family.id), ("ethtool", 33));
            assert_eq!(family.groups, [(9, "monitor".to_owned())]);
            let dumps = FakeDumps {
                others: vec![(request.clone(), rings.clone())],
                ..FakeDumps::default()
            };
            Ok(Subscription {
                id,
                pair,
                ..Subscription::new(NetnsId::OWN, &ETHTOOL, FakeEvents::default(), dumps)
            })
        }),
    ));
    let controller = FakeEvents {
        script: [Event::Datagram(announcement(1))].into(),
        ..FakeEvents::default()
    };
    let controller = Subscription {
        pair: 1,
        ..Subscription::new(
            NetnsId::OWN,
            crate::family::FAMILIES[1],
            controller,
            FakeDumps::default(),
        )
    };
    run.stream.subscriptions.push(controller);
    run.until("add");
    let added = run.lines.iter().find(|line| line["op"] == "add").unwrap();
    assert_eq!(added["origin"], "inferred");
    assert_eq!(added["ethtool"]["rings"]["rx"], 512);
    assert_eq!(run.stream.subscriptions.len(), 3);
    let controller = &mut run.stream.subscriptions[1];
    controller
        .events
        .script
        .push_back(Event::Datagram(announcement(2)));
    controller.readable = true;
    run.until("delete");
    assert_eq!(run.stream.subscriptions.len(), 2);
    let deleted = run
        .lines
        .iter()
        .find(|line| line["op"] == "delete")
        .unwrap();
    assert_eq!(deleted["ethtool"]["ifindex"], 3);
}

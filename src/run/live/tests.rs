//! Faults at every receive: what comes of them in the lines.

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

/// What a receive of the events brings.
enum Event {
    Datagram(Vec<u8>),
    Truncated(Vec<u8>),
    Forged(Vec<u8>),
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
            Some(Event::Forged(bytes)) => Some((bytes, 66, false)),
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
        })
    }

    fn dropped(&mut self) -> io::Result<u32> {
        Ok(std::mem::take(&mut self.dropped))
    }
}

/// What a receive of an answer brings.
#[derive(Clone)]
enum Answer {
    Row(Vec<u8>),
    Errno(i32),
    End(Outcome),
}

#[derive(Default)]
struct FakeDumps {
    /// The addresses that exist.
    exist: Vec<u8>,
    /// How the next dumps of the addresses are answered; then whole.
    answers: VecDeque<Vec<Answer>>,
    current: VecDeque<Answer>,
    row: Option<Vec<u8>>,
    asked: usize,
    abandoned: usize,
}

impl DumpSource for FakeDumps {
    fn request(&mut self, request: &Request) -> io::Result<()> {
        assert!(self.current.is_empty(), "the dump before has not ended");
        let mut answer = Vec::new();
        if *request == Request::addresses() {
            self.asked += 1;
            answer.extend(self.exist.iter().map(|n| Answer::Row(address(*n))));
            if let Some(other) = self.answers.pop_front() {
                answer = other;
            }
        }
        if !matches!(answer.last(), Some(Answer::End(_) | Answer::Errno(_))) {
            answer.push(Answer::End(Outcome::Complete));
        }
        self.current = answer.into();
        Ok(())
    }

    fn receive(&mut self) -> io::Result<Progress> {
        self.row = None;
        match self.current.pop_front() {
            Some(Answer::Row(row)) => self.row = Some(row),
            Some(Answer::Errno(errno)) => return Err(io::Error::from_raw_os_error(errno)),
            Some(Answer::End(outcome)) => return Ok(Progress::Done(outcome)),
            None => return Ok(Progress::Wait),
        }
        Ok(Progress::Entries)
    }

    fn entries(&self) -> impl Iterator<Item = &[u8]> {
        self.row.iter().map(Vec::as_slice)
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
    /// A run for which these addresses exist, up to its `sync`.
    fn new(exist: &[u8], answers: Vec<Vec<Answer>>) -> Self {
        let settings = Settings {
            kinds: Some(vec![Kind::Address]),
            snapshot: true,
            ..Settings::default()
        };
        let header = Header {
            time: clock(),
            start: Start {
                settings: settings.clone(),
                ..Start::default()
            },
            names: crate::names::Recorded::default(),
        };
        let outputs = Outputs {
            format: Format::Json,
            queue: usize::MAX,
            ..Outputs::default()
        };
        let stream = Stream {
            session: Session::new(&outputs, "00000000".to_owned(), &header).unwrap(),
            events: FakeEvents::default(),
            dumps: FakeDumps {
                exist: exist.to_vec(),
                answers: answers.into(),
                ..FakeDumps::default()
            },
            resync: ResyncScheduler::new(requests(&settings), None, Instant::now()),
            backlog: Backlog::default(),
            refused: SpoofedDatagrams::default(),
            clock: Clock::new(),
            manager: Manager::new(),
            metrics: None,
            run: "00000000".to_owned(),
            started: header.time,
            fault: None,
            errors: 0,
            dump_errors: 0,
            emptied: None,
            max_coalesce: Duration::ZERO,
            deadline: None,
            heartbeat: None,
            next_heartbeat: None,
        };
        let mut run = Run {
            stream,
            lines: Vec::new(),
        };
        run.until("sync");
        run
    }

    /// One round of the loop.
    fn step(&mut self) {
        let stream = &mut self.stream;
        let more = stream.receive().unwrap();
        stream.tell().unwrap();
        let now = Instant::now();
        let doubtful = stream.session.pipeline.take_stale();
        stream.resync.schedule_stale(doubtful, now);
        if !more && stream.backlog.is_empty() {
            stream.advance_dumps(now).unwrap();
        }
        stream.timers(now).unwrap();
        for line in stream.session.lines.split(|byte| *byte == b'\n') {
            if !line.is_empty() {
                self.lines.push(serde_json::from_slice(line).unwrap());
            }
        }
        stream.session.lines.clear();
    }

    fn until(&mut self, op: &str) {
        let end = Instant::now() + Duration::from_secs(20);
        while !self.lines.iter().any(|line| line["op"] == op) {
            assert!(Instant::now() < end, "no {op}: {:#?}", self.lines);
            self.step();
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Op, origin and last byte of the address of each line; op and cause of our own.
    fn told(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let told = self.lines.iter().skip(1).map(|line| {
            let local = text(&line["address"]["local"]);
            let subject = local.rsplit('.').next().unwrap_or("").to_owned();
            let last = text(&line["origin"]) + &text(&line["meta"]["cause"]);
            format!("{} {last} {subject}", text(&line["op"]))
                .trim_end()
                .to_owned()
        });
        told.collect()
    }

    fn only(&self, op: &str) -> &Value {
        let mut found = self.lines.iter().filter(|line| line["op"] == op);
        let line = found.next().unwrap_or_else(|| panic!("no {op}"));
        assert!(found.next().is_none(), "{op} twice");
        &line["meta"]
    }
}

#[test]
fn every_error_of_the_events_is_one_gap_behind_what_was_queued_and_is_made_good() {
    for errno in [libc::ENOBUFS, libc::ENOMEM, libc::EMSGSIZE, libc::EIO] {
        let mut run = Run::new(&[1], vec![]);
        run.stream.dumps.exist = vec![1, 2, 3, 4];
        run.stream.events.dropped = if errno == libc::ENOBUFS { 2 } else { 0 };
        // The same error twice is still one hole.
        run.stream.events.script = VecDeque::from([
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
            run.told(),
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
fn an_interrupted_call_is_made_again_and_is_no_gap() {
    let interrupted = vec![
        Answer::Errno(libc::EINTR),
        Answer::Row(address(1)),
        Answer::Errno(libc::EINTR),
        Answer::End(Outcome::Complete),
    ];
    let mut run = Run::new(&[1], vec![interrupted]);
    run.stream.events.script = VecDeque::from([
        Event::Errno(libc::EINTR),
        Event::Datagram(address(2)),
        Event::Errno(libc::EINTR),
    ]);
    for _ in 0..5 {
        run.step();
    }
    assert_eq!(run.told(), ["present snapshot 1", "sync", "add kernel 2"]);
    assert_eq!(run.stream.dumps.abandoned, 0);
}

#[test]
fn a_truncated_datagram_is_a_gap_and_a_forged_one_is_refused() {
    let mut run = Run::new(&[1], vec![]);
    run.stream.dumps.exist = vec![1, 2, 3];
    run.stream.events.script = VecDeque::from([
        Event::Forged(address(66)),
        Event::Truncated(address(2)),
        Event::Datagram(address(3)),
    ]);
    run.until("resync");
    let told = run.told();
    assert_eq!(
        told[..5],
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
    assert!(!told.iter().any(|line| line.ends_with("66")), "{told:?}");
}

#[test]
fn a_dump_that_breaks_off_is_repeated_and_deletes_nothing() {
    for errno in [libc::ENOBUFS, libc::ENOMEM, libc::EMSGSIZE] {
        let broken = vec![Answer::Row(address(1)), Answer::Errno(errno)];
        let run = Run::new(&[1, 2], vec![broken; 3]);
        assert_eq!(
            run.told(),
            ["present snapshot 1", "present snapshot 2", "sync"]
        );
        assert_eq!(run.stream.dumps.abandoned, 3);
        assert!(run.only("sync").get("incomplete").is_none());
    }
}

#[test]
fn only_two_whole_looks_in_a_row_make_an_object_gone() {
    let mut run = Run::new(&[1, 2], vec![]);
    let part = |end| vec![Answer::Row(address(1)), Answer::End(end)];
    let interrupted = part(Outcome::Interrupted);
    run.stream.dumps.answers = VecDeque::from([
        interrupted.clone(),
        interrupted.clone(),
        part(Outcome::Complete),
        interrupted,
        // The second whole one lists it after all.
    ]);
    run.stream.events.script = VecDeque::from([Event::Errno(libc::ENOMEM), Event::Nothing]);
    run.until("resync");
    assert_eq!(run.told()[3..], ["gap error", "resync"], "{:#?}", run.lines);
    // Now it is gone indeed.
    run.lines.retain(|line| line["op"] != "resync");
    run.stream.dumps.exist = vec![1];
    run.stream.events.script = VecDeque::from([Event::Errno(libc::ENOMEM), Event::Nothing]);
    run.until("resync");
    assert_eq!(run.told()[4..], ["gap error", "delete resync 2", "resync"]);
}

#[test]
fn a_dump_that_the_kernel_refuses_is_told_as_incomplete() {
    let refused = vec![Answer::End(Outcome::Failed(libc::EPERM))];
    let run = Run::new(&[1], vec![refused]);
    assert_eq!(run.told(), ["sync"]);
    assert_eq!(run.only("sync")["incomplete"][0], "address");
}

#[test]
fn a_socket_that_only_gives_errors_ends_the_run() {
    let mut run = Run::new(&[], vec![]);
    let errors = (0..=MAX_ERRORS).map(|_| Event::Errno(libc::EBADF));
    run.stream.events.script = errors.collect();
    assert!(matches!(run.stream.receive(), Err(Error::Socket(_))));
}

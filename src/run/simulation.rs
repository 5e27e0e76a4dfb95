//! Thirty days of a run that rotates its file, with the clock of the simulation: any time that the
//! newest files cover has the state that the simulated kernel had.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::session::Session;
use super::{Checkpoints, Outputs, open};
use crate::event::Kind;
use crate::event::values::Time;
use crate::fold::{Fold, Reached};
use crate::input::{Channel, ControlRecord, Header, Input, InputData};
use crate::sink::{Config, Fsync, Rotation, Sink};

const DAYS: i64 = 30;
/// Files beside the current one from which the state is asked.
const KEPT: usize = 2;
const ADDRESSES: u32 = 300;
const LINKS: u32 = 20;

/// An object: its kind and number. Its value: 1 of an address, the MTU of a link; `None` if it does
/// not exist.
type Change = (Timestamp, (Kind, u32), Option<u32>);

struct Simulation {
    session: Session,
    sink: Sink,
    folder: PathBuf,
    begun: Instant,
    time: Timestamp,
    now: Instant,
    random: u64,
    /// What happened in the kernel.
    changes: Vec<Change>,
}

impl Simulation {
    fn new(folder: PathBuf) -> Self {
        std::fs::create_dir_all(&folder).unwrap();
        let outputs = Outputs {
            output: Some(folder.join("net.ndjson")),
            file: Config {
                rotation: Rotation {
                    size: Some(2 << 20),
                    ..Rotation::default()
                },
                fsync: Fsync::Never,
                patient: true,
            },
            queue: 1 << 30,
            checkpoints: Checkpoints::Auto,
            ..Outputs::default()
        };
        let time: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        let mut header = Header {
            time: Time(time),
            ..Header::default()
        };
        header.start.settings.snapshot = true;
        header.start.groups = Some(Vec::new());
        let session = Session::new(&outputs, "00000001".to_owned(), &header).unwrap();
        let now = Instant::now();
        Simulation {
            session,
            sink: open(&outputs).unwrap(),
            folder,
            begun: now,
            time,
            now,
            random: 0x2545_f491_4f6c_dd1d,
            changes: Vec::new(),
        }
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 32) as u32 % limit
    }

    fn wait(&mut self, seconds: u32) {
        self.time += SignedDuration::from_secs(seconds.into());
        self.now += Duration::from_secs(seconds.into());
    }

    /// One pass of the live loop: what has come, the checkpoint, the file.
    fn pass(&mut self, input: Option<Input<'_>>) {
        let time = Time(self.time);
        if let Some(input) = input {
            self.session.feed(&[input]).unwrap();
        }
        loop {
            let Simulation { session, sink, .. } = self;
            session
                .write_checkpoint(sink, true, time, self.now)
                .unwrap();
            let _alive = session.flush(sink, time).unwrap();
            let _alive = session.rotate(sink, time).unwrap();
            if !session.is_checkpoint_due(sink) {
                return;
            }
        }
    }

    fn message(&mut self, kind: u8, body: &[u8]) {
        let mut message = vec![16 + body.len() as u8, 0, 0, 0, kind, 0, 0, 0];
        message.extend([0; 8]);
        message.extend(body);
        let data = InputData::Datagram(Channel::ROUTE_EVENTS, &message);
        let time = Time(self.time);
        self.pass(Some(Input { time, data }));
    }

    fn address(&mut self, number: u32, exists: bool) {
        let mut body = vec![2, 32, 0, 0, 1, 0, 0, 0, 8, 0, 2, 0, 10, 0];
        body.extend(&number.to_be_bytes()[2..]);
        self.message(if exists { 20 } else { 21 }, &body);
        let change = (self.time, (Kind::Address, number), exists.then_some(1));
        self.changes.push(change);
    }

    fn link(&mut self, ifindex: u32, mtu: Option<u32>) {
        let mut body = vec![0, 0, 1, 0];
        body.extend(ifindex.to_ne_bytes());
        body.extend([0; 8]);
        // IFLA_IFNAME, IFLA_TXQLEN, IFLA_MTU
        body.extend([
            8,
            0,
            3,
            0,
            b'd',
            b'0' + (ifindex / 10) as u8,
            b'0' + (ifindex % 10) as u8,
            0,
        ]);
        body.extend([8, 0, 13, 0, 232, 3, 0, 0, 8, 0, 4, 0]);
        body.extend(mtu.unwrap_or(1500).to_ne_bytes());
        self.message(if mtu.is_some() { 16 } else { 17 }, &body);
        self.changes.push((self.time, (Kind::Link, ifindex), mtu));
    }

    fn step(&mut self) {
        let quiet = self.below(30_000) == 0;
        let seconds = 1 + self.below(40);
        self.wait(if quiet { 30 * 3600 } else { seconds });
        match self.below(10) {
            0 => {
                let (ifindex, mtu) = (1 + self.below(LINKS), 1280 + self.below(8000));
                let exists = self.below(4) != 0;
                self.link(ifindex, exists.then_some(mtu));
            }
            _ => {
                let (number, exists) = (self.below(ADDRESSES), self.below(2) == 0);
                self.address(number, exists);
            }
        }
    }

    /// The newest files, oldest first.
    fn kept(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.folder).unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        // The current file has the shortest name.
        files.sort();
        files.rotate_left(1);
        files.split_off(files.len().saturating_sub(KEPT + 1))
    }

    /// What the kernel had at that time.
    fn expected(&self, at: Timestamp) -> BTreeMap<(Kind, u32), u32> {
        let mut objects = BTreeMap::new();
        for (_, object, value) in self.changes.iter().take_while(|it| it.0 <= at) {
            match value {
                Some(value) => objects.insert(*object, *value),
                None => objects.remove(object),
            };
        }
        objects
    }
}

/// The state at that time, by these files alone.
fn folded(files: &[PathBuf], at: Timestamp) -> BTreeMap<(Kind, u32), u32> {
    let mut fold = Fold::default();
    let mut reached = Reached::End;
    for path in files {
        let file = BufReader::new(File::open(path).unwrap());
        reached = fold.read(file, Some(at)).unwrap();
        if reached == Reached::Time {
            break;
        }
    }
    let reason = fold.incomplete(Some(at), reached, None);
    assert!(reason.is_none(), "{at}: {}", reason.unwrap());
    let value = |object: &crate::fold::SnapshotObject| {
        let payload: Value = serde_json::from_str(object.object()).unwrap();
        let number = |name: &str| payload[name].as_u64().unwrap() as u32;
        match object.kind {
            Kind::Link => ((Kind::Link, number("ifindex")), number("mtu")),
            kind => {
                let local: std::net::Ipv4Addr = payload["local"].as_str().unwrap().parse().unwrap();
                ((kind, u32::from(local) & 0xffff), 1)
            }
        }
    };
    fold.objects().map(value).collect()
}

/// Time of the first complete checkpoint in a file.
fn first_checkpoint(path: &PathBuf) -> Timestamp {
    let text = std::fs::read_to_string(path).unwrap();
    let sync = text
        .lines()
        .find(|line| line.contains(r#""op":"sync","meta":{"objects":"#));
    let sync: Value = serde_json::from_str(sync.unwrap()).unwrap();
    sync["time"].as_str().unwrap().parse().unwrap()
}

#[test]
fn state_at_any_time_of_the_kept_files() {
    let folder = std::env::temp_dir().join(format!("nlstream-days-{}", std::process::id()));
    let mut host = Simulation::new(folder.clone());
    for ifindex in 1..=LINKS {
        host.link(ifindex, Some(1500));
    }
    let sync = Input::control(Time(host.time), ControlRecord::Sync);
    host.pass(Some(sync));
    let end = host.time + SignedDuration::from_hours(24 * DAYS);
    let mut asked = 0;
    for part in 1..=20 {
        let until = end - SignedDuration::from_secs(24 * 3600 * DAYS * (20 - part) / 20);
        while host.time < until {
            host.step();
        }
        let kept = host.kept();
        let from = first_checkpoint(&kept[0]);
        let seconds = host.time.duration_since(from).as_secs() as u32;
        for _ in 0..5 {
            let back = host.below(seconds).into();
            let at = host.time - SignedDuration::from_secs(back);
            assert_eq!(folded(&kept, at), host.expected(at), "{at}");
            asked += 1;
        }
    }
    assert_eq!(asked, 100);
    let (mut total, mut checkpoints, mut files) = (0, 0, 0);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let lines = text.split_inclusive('\n');
        let of = lines.filter(|line| line.contains(r#""origin":"checkpoint""#));
        checkpoints += of.map(str::len).sum::<usize>();
        total += text.len();
        files += 1;
    }
    let share = 100.0 * checkpoints as f64 / total as f64;
    println!(
        "{} changes, {files} files, {total} bytes, checkpoints {share:.1} %; {:.1} s",
        host.changes.len(),
        host.begun.elapsed().as_secs_f32()
    );
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(
        files > 10 && share > 1.0 && share < 15.0,
        "{files} files, {share} %"
    );
}

//! Mutations of the inputs of a run: bytes, messages, attributes and control records.

use std::collections::BTreeSet;

use nlstream::channel::{Channel, FamilyId, NetnsId, Role};
use nlstream::event::meta::{
    CheckpointReason, Clock, Follows, Gap, GapCause, LostBy, Part, Pulse, Refused, Rotate,
    RotateReason, Settings, Stop,
};
use nlstream::event::scope::Scope;
use nlstream::event::values::Time;
use nlstream::event::{By, Kind, Origin};
use nlstream::input::{ControlRecord, Opened};
use nlstream::netlink::rtm::rtm;

/// A generator of pseudo-random numbers (splitmix64): the same seed gives the same mutations.
pub(super) struct Random(pub u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `limit`, which must not be 0.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// True once in `times`.
    pub(super) fn one_in(&mut self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }

    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// A number, often at the edge of what a type can have.
    fn extreme(&mut self) -> u64 {
        let edges = [
            0,
            1,
            0x7f,
            0xff,
            0x7fff,
            0xffff,
            0x7fff_ffff,
            0xffff_ffff,
            i64::MAX as u64,
            1 << 63,
            u64::MAX,
        ];
        match self.below(edges.len() + 1) {
            at if at < edges.len() => edges[at],
            _ => self.next(),
        }
    }
}

/// An input that owns its bytes.
#[derive(Clone)]
pub(super) struct Owned {
    pub time: Time,
    pub channel: Channel,
    pub data: Data,
}

#[derive(Clone)]
pub(super) enum Data {
    Datagram(Vec<u8>),
    Control(ControlRecord),
}

/// Settings that a recording may bring.
pub(super) fn settings(random: &mut Random, settings: &mut Settings) {
    settings.snapshot = !random.one_in(16);
    let parts = [Part::Details, Part::Raw, Part::Message, Part::Host];
    settings.with = parts.into_iter().filter(|_| random.one_in(4)).collect();
    let kinds = |random: &mut Random| (0..3).map(|_| *random.pick(Kind::ALL)).collect();
    settings.kinds = random.one_in(16).then(|| kinds(random));
    settings.no_track = match random.one_in(16) {
        true => kinds(random),
        false => Vec::new(),
    };
    settings.count = random.one_in(32).then(|| random.extreme());
    settings.max_line = random.one_in(12).then(|| match random.below(3) {
        0 => 4096,
        1 => random.below(2000) as u64,
        _ => random.extreme(),
    });
}

/// Mutates the inputs; `all`: the inputs of every fixture, of which parts are taken over.
pub(super) fn mutate(random: &mut Random, inputs: &mut Vec<Owned>, all: &[Vec<Owned>]) {
    for _ in 0..=random.below(8) {
        if inputs.is_empty() {
            return;
        }
        let at = random.below(inputs.len());
        match random.below(16) {
            0 => drop(inputs.remove(at)),
            1 => inputs.insert(at, inputs[at].clone()),
            2 => {
                let other = random.below(inputs.len());
                inputs.swap(at, other);
            }
            3 => inputs.insert(at, random_input(random, all)),
            4 => {
                let control = control(random);
                let input = &inputs[at];
                let (time, channel) = (input.time, input.channel);
                inputs.insert(
                    at,
                    Owned {
                        time,
                        channel,
                        data: Data::Control(control),
                    },
                );
            }
            5 => inputs[at].channel = channel(random),
            6 if random.one_in(4) => inputs[at].time = time(random),
            _ => {
                let other = random_input(random, all);
                if let Data::Datagram(bytes) = &mut inputs[at].data {
                    datagram(random, bytes, &other);
                }
            }
        }
    }
}

fn random_input(random: &mut Random, all: &[Vec<Owned>]) -> Owned {
    let inputs = random.pick(all);
    inputs[random.below(inputs.len())].clone()
}

fn time(random: &mut Random) -> Time {
    Time(match random.below(4) {
        0 => "0000-01-01T00:00:00Z".parse().unwrap(),
        1 => jiff::Timestamp::MAX,
        2 => jiff::Timestamp::UNIX_EPOCH,
        _ => jiff::Timestamp::from_second((random.next() >> 30) as i64).unwrap(),
    })
}

fn channel(random: &mut Random) -> Channel {
    let random_number = random.next();
    Channel {
        // A run watches one namespace, and its lines do not name it.
        netns: NetnsId::OWN,
        family: *random.pick(&[
            FamilyId::ROUTE,
            FamilyId::ROUTE,
            FamilyId::NLCTRL,
            FamilyId::GENERIC,
            FamilyId::generic(29).unwrap(),
            FamilyId::of_protocol((random_number % 32) as u16).unwrap(),
        ]),
        role: *random.pick(&[Role::Events, Role::Dumps]),
    }
}

/// A control record with any content that its type allows.
fn control(random: &mut Random) -> ControlRecord {
    let kind = *random.pick(Kind::ALL);
    let origins = [
        Origin::Kernel,
        Origin::Snapshot,
        Origin::Resync,
        Origin::Inferred,
        Origin::Checkpoint,
    ];
    let causes = [
        GapCause::Overflow,
        GapCause::Error,
        GapCause::Truncated,
        GapCause::Output,
    ];
    match random.below(16) {
        0 if random.one_in(4) => ControlRecord::BeginQuickAudit(kind),
        0 | 1 => {
            let scope = match random.one_in(3) {
                true => Scope::Devices(BTreeSet::from([random.extreme() as u32, 1, 2])),
                false => Scope::Kind,
            };
            ControlRecord::BeginReconcile(kind, *random.pick(&origins), scope)
        }
        2 => ControlRecord::EndReconcile(random.one_in(2)),
        3 => ControlRecord::Sync,
        4 => ControlRecord::Resync,
        5 => ControlRecord::Gap(Gap {
            family: None,
            kinds: None,
            cause: *random.pick(&causes),
            errno: random.one_in(2).then(|| random.extreme() as u32),
            lost: random.one_in(2).then(|| random.extreme()),
            from: random.one_in(2).then(|| time(random)),
            to: random.one_in(2).then(|| time(random)),
            by: random.one_in(2).then(|| {
                let lost = random.extreme();
                let processes = random.one_in(2).then(|| random.extreme());
                let by = by(random);
                vec![LostBy {
                    lost,
                    processes,
                    by,
                }]
            }),
        }),
        6 => ControlRecord::Refused(Refused {
            datagrams: random.extreme(),
            portid: random.extreme() as u32,
        }),
        7 => ControlRecord::InDoubt,
        8 => ControlRecord::Heartbeat(Pulse {
            queue: random.extreme(),
            queue_most: random.extreme(),
            memory: random.one_in(2).then(|| random.extreme()),
            unrecorded_since: random.one_in(2).then(|| time(random)),
        }),
        9 => ControlRecord::Clock(Clock {
            step: random.extreme().cast_signed(),
            unset: time(random),
        }),
        10 => ControlRecord::Rotate(Rotate {
            reason: RotateReason::Signal,
            bytes: random.extreme(),
        }),
        11 => ControlRecord::File(Opened {
            tail_repaired: random.one_in(2).then(|| random.extreme()),
            tail_ended: random.one_in(2).then(|| random.extreme()),
            follows: random.one_in(2).then(|| Follows {
                run: "00000001".to_owned(),
                seq: random.extreme(),
            }),
        }),
        12 => ControlRecord::BeginCheckpoint(CheckpointReason::Time),
        13 => match random.one_in(2) {
            true => ControlRecord::EndCheckpoint,
            false => ControlRecord::Slice(random.extreme() as u32),
        },
        14 => ControlRecord::By(random.one_in(4).then(|| by(random).into())),
        _ => ControlRecord::Stop(Stop {
            refused: random.extreme(),
            events: random.extreme(),
            ..Stop::default()
        }),
    }
}

/// Any requester of an event.
fn by(random: &mut Random) -> By {
    const TEXTS: &[&str] = &["", "ip", "a\"\\\u{202e}\n", "/system.slice/a.service"];
    let mut text = || random.one_in(2).then(|| (*random.pick(TEXTS)).to_owned());
    let (comm, exe, cgroup) = (text(), text(), text());
    By {
        kernel: random.one_in(4).then(|| random.one_in(2)),
        pid: random.one_in(2).then(|| random.extreme() as u32),
        uid: random.one_in(2).then(|| random.extreme() as u32),
        comm,
        exe,
        cgroup,
        ..By::default()
    }
}

/// Mutates a datagram; parts of `other` are taken over.
fn datagram(random: &mut Random, bytes: &mut Vec<u8>, other: &Owned) {
    if bytes.len() < 20 {
        return;
    }
    let at = random.below(bytes.len());
    match random.below(12) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.next() as u8,
        2 => {
            let value = random.extreme().to_ne_bytes();
            let width = *random.pick(&[2, 4, 8]);
            let at = at & !3;
            let end = (at + width).min(bytes.len());
            bytes[at..end].copy_from_slice(&value[..end - at]);
        }
        3 => {
            bytes.truncate(at);
            if random.one_in(2) {
                set_length(bytes);
            }
        }
        4 => {
            if let Data::Datagram(other) = &other.data {
                bytes.truncate(at & !3);
                bytes.extend(&other[(at & !3).min(other.len())..]);
                set_length(bytes);
            }
        }
        // The message type: one of rtnetlink, or any.
        5 => {
            let kind = match random.one_in(4) {
                true => random.next() as u16,
                false => 16 + random.below(120) as u16,
            };
            bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        }
        // The address family.
        6 => bytes[16] = *random.pick(&[0, 2, 7, 10, 17, 28, 128, 129, 255]),
        // The flags: NLM_F_MULTI, NLM_F_DUMP_INTR, NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE, NLM_F_APPEND.
        7 => bytes[6..8]
            .copy_from_slice(&(1_u16 << *random.pick(&[1, 4, 8, 9, 10, 11])).to_ne_bytes()),
        _ => attributes(random, bytes),
    }
}

/// Makes the length in the header that of the datagram.
fn set_length(bytes: &mut [u8]) {
    let length = bytes.len() as u32;
    if let Some(head) = bytes.first_chunk_mut::<4>() {
        *head = length.to_ne_bytes();
    }
}

/// Mutates one attribute at any depth: type, length, value, position or nesting.
fn attributes(random: &mut Random, bytes: &mut Vec<u8>) {
    let kind = u16::from_ne_bytes([bytes[4], bytes[5]]);
    let header = 16 + rtm(kind).map_or(4, |(_, _, fixed)| fixed);
    let (mut begin, mut end) = (header, bytes.len());
    let mut found = None;
    // Descends with some probability.
    loop {
        let mut starts = Vec::new();
        let mut at = begin;
        while at + 4 <= end {
            let length = usize::from(u16::from_ne_bytes([bytes[at], bytes[at + 1]]));
            if length < 4 || at + length > end {
                break;
            }
            starts.push((at, length));
            at += length.next_multiple_of(4);
        }
        if starts.is_empty() {
            break;
        }
        let (at, length) = *random.pick(&starts);
        found = Some((at, length));
        if length < 8 || random.one_in(3) {
            break;
        }
        (begin, end) = (at + 4, at + length);
    }
    let Some((at, length)) = found else {
        return;
    };
    match random.below(9) {
        0 => {
            let kind = random.below(70) as u16;
            bytes[at + 2..at + 4].copy_from_slice(&kind.to_ne_bytes());
        }
        1 => bytes[at + 3] ^= *random.pick(&[0x80, 0x40, 0xc0, 0x01]),
        2 => {
            let length =
                *random.pick(&[0, 3, 4, 5, length as u16 + 1, length as u16 - 1, u16::MAX]);
            bytes[at..at + 2].copy_from_slice(&length.to_ne_bytes());
        }
        3 => bytes[at + 4..at + length].fill(*random.pick(&[0, 0xff, 0x7f, 0x80, b'a'])),
        4 => {
            let value = random.extreme().to_ne_bytes();
            for (byte, value) in bytes[at + 4..at + length]
                .iter_mut()
                .zip(value.iter().cycle())
            {
                *byte = *value;
            }
        }
        // Twice, of which only the outermost length is adjusted.
        5 => {
            let copy = bytes[at..(at + length.next_multiple_of(4)).min(bytes.len())].to_vec();
            bytes.splice(at..at, copy);
            set_length(bytes);
        }
        6 => {
            bytes.drain(at..(at + length.next_multiple_of(4)).min(bytes.len()));
            set_length(bytes);
        }
        // Within itself, up to 20 levels deep.
        7 => {
            let mut nest = bytes[at..at + length].to_vec();
            for _ in 0..=random.below(20) {
                nest.resize(nest.len().next_multiple_of(4), 0);
                let head = [
                    (nest.len() as u16 + 4).to_ne_bytes(),
                    [bytes[at + 2], bytes[at + 3] | 0x80],
                ];
                nest.splice(0..0, head.concat());
            }
            nest.resize(nest.len().next_multiple_of(4), 0);
            let end = (at + length.next_multiple_of(4)).min(bytes.len());
            bytes.splice(at..end, nest);
            set_length(bytes);
        }
        // Longer or shorter by a few bytes, in place of those that follow.
        _ => {
            let more = random.below(16) as u16;
            let length = (length as u16)
                .saturating_add(more)
                .saturating_sub(8)
                .max(4);
            bytes[at..at + 2].copy_from_slice(&length.to_ne_bytes());
        }
    }
}

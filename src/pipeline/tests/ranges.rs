//! Ranges of VLANs and VNIs: whatever ranges the kernel reports, adds and deletes, the lines fold to what
//! it has, by key as well as VLAN by VLAN.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Run, channel};
use crate::channel::NetnsId;
use crate::event::scope::Scope;
use crate::event::values::Time;
use crate::event::{Kind, Origin};
use crate::input::{ControlRecord, Input, InputData, Role};
use crate::netlink::build::{attr, message};
use crate::netlink::rtm::{RTM_DELTUNNEL, RTM_DELVLAN, RTM_NEWTUNNEL, RTM_NEWVLAN};

/// What a VLAN has: its state and its tunnel id.
type Content = (u8, Option<u32>);
/// The VLANs of devices, by index and id.
type Vlans = BTreeMap<(u32, u16), Content>;

fn header(ifindex: u32) -> Vec<u8> {
    [vec![7, 0, 0, 0], ifindex.to_ne_bytes().to_vec()].concat()
}

/// A `BRIDGE_VLANDB_ENTRY` of the VLANs from `first` to `last`; the tunnel id is that of the first.
fn entry(first: u16, last: u16, (state, tunid): Content) -> Vec<u8> {
    let info = [[0, 0], first.to_ne_bytes()].concat();
    let mut entry = attr(1, &info);
    if last > first {
        entry.extend(attr(2, &last.to_ne_bytes()));
    }
    entry.extend(attr(3, &[state]));
    if let Some(tunid) = tunid {
        entry.extend(attr(4, &attr(1, &tunid.to_ne_bytes())));
    }
    attr(1, &entry)
}

fn vlans(kind: u16, ifindex: u32, entries: &[Vec<u8>]) -> Vec<u8> {
    message(kind, &[header(ifindex), entries.concat()].concat())
}

/// Runs the pipeline, and folds its lines in two ways.
struct Folded {
    run: Run,
    by_key: BTreeMap<String, Value>,
    by_vlan: Vlans,
    lines: usize,
}

impl Folded {
    fn new() -> Self {
        let mut run = Run::new();
        run.control(NetnsId::OWN, ControlRecord::Sync);
        run.take_lines();
        Folded {
            run,
            by_key: BTreeMap::new(),
            by_vlan: Vlans::new(),
            lines: 0,
        }
    }

    fn datagram(&mut self, role: Role, message: &[u8]) {
        let data = InputData::Datagram(channel(NetnsId::OWN, role), message);
        let time = Time::default();
        self.run.feed(Input { time, data });
    }

    /// Folds the lines since the last call. Returns op, first and last id of each.
    fn fold(&mut self) -> Vec<(String, u64, u64)> {
        let lines = std::mem::take(&mut self.run.lines);
        let mut ops = Vec::new();
        for line in lines
            .split(|byte| *byte == b'\n')
            .filter(|it| !it.is_empty())
        {
            let line: Value = serde_json::from_slice(line).unwrap();
            let kind = line["kind"].as_str().unwrap();
            if kind == "meta" {
                continue;
            }
            let object = &line[kind];
            let op = line["op"].as_str().unwrap();
            let first = object[kind].as_u64().unwrap();
            let last = object[format!("{kind}_end")].as_u64().unwrap_or(first);
            ops.push((op.to_owned(), first, last));
            let key = format!("{} {first} {}", object["ifindex"], object["global"]);
            let ids = (first..=last).map(|id| id as u16);
            let ifindex = object["ifindex"].as_u64().unwrap() as u32;
            if op == "delete" {
                self.by_key.remove(&key);
                ids.for_each(|id| {
                    self.by_vlan.remove(&(ifindex, id));
                });
            } else {
                let content = content(object, ids.clone());
                self.by_vlan
                    .extend(content.map(|(id, it)| ((ifindex, id), it)));
                self.by_key.insert(key, object.clone());
            }
        }
        self.lines += ops.len();
        ops
    }

    /// Fails unless the lines so far fold to these VLANs.
    fn check(&mut self, expected: &Vlans) {
        self.fold();
        assert_eq!(self.by_vlan, *expected);
        let mut expanded = Vlans::new();
        for object in self.by_key.values() {
            let first = object["vlan"].as_u64().unwrap();
            let last = object["vlan_end"].as_u64().unwrap_or(first);
            let ifindex = object["ifindex"].as_u64().unwrap() as u32;
            for (id, content) in content(object, (first..=last).map(|id| id as u16)) {
                let other = expanded.insert((ifindex, id), content);
                assert_eq!(other, None, "two objects have VLAN {id}");
            }
        }
        assert_eq!(expanded, *expected);
    }
}

/// What each id of a range has.
fn content(object: &Value, ids: impl Iterator<Item = u16>) -> impl Iterator<Item = (u16, Content)> {
    const STATES: [&str; 4] = ["disabled", "listening", "learning", "forwarding"];
    let state = STATES.iter().position(|it| object["state"] == *it);
    let tunid = object["tunid"].as_u64();
    ids.enumerate().map(move |(at, id)| {
        let tunid = tunid.map(|tunid| (tunid + at as u64) as u32);
        (id, (state.unwrap_or_default() as u8, tunid))
    })
}

/// Random numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % limit
    }
}

/// The entries of a dump of one device: the longest ranges, or these cut anywhere.
fn listed(vlans: &Vlans, ifindex: u32, mut cut: impl FnMut() -> bool) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    let mut open: Option<(u16, u16, Content)> = None;
    for ((_, id), (state, tunid)) in vlans.range((ifindex, 0)..=(ifindex, u16::MAX)) {
        if let Some((first, last, known)) = &mut open {
            let follows = (known.0, known.1.map(|it| it + u32::from(id - *first)));
            if *last + 1 == *id && follows == (*state, *tunid) && !cut() {
                *last = *id;
                continue;
            }
            entries.push(entry(*first, *last, *known));
        }
        open = Some((*id, *id, (*state, *tunid)));
    }
    entries.extend(open.map(|(first, last, known)| entry(first, last, known)));
    entries
}

#[test]
fn ranges_fold_to_the_vlans_of_the_kernel_however_messages_divide_them() {
    let mut random = Random(7);
    let mut folded = Folded::new();
    let mut kernel = Vlans::new();
    for step in 0..4000 {
        let (ifindex, first) = (2 + random.below(2) as u32, 1 + random.below(40) as u16);
        let last = first + random.below(12) as u16;
        let tunid = (random.below(3) == 0).then_some(100 + u32::from(first));
        let content = (random.below(4) as u8, tunid);
        let is_silent = random.below(8) == 0;
        let is_new = random.below(3) > 0;
        for (at, id) in (first..=last).enumerate() {
            match is_new {
                true => {
                    let tunid = content.1.map(|tunid| tunid + at as u32);
                    kernel.insert((ifindex, id), (content.0, tunid))
                }
                false => kernel.remove(&(ifindex, id)),
            };
        }
        let kind = if is_new { RTM_NEWVLAN } else { RTM_DELVLAN };
        if !is_silent {
            let event = vlans(kind, ifindex, &[entry(first, last, content)]);
            folded.datagram(Role::Events, &event);
        } else {
            // Two dumps find out what the kernel changed without an event.
            for _ in 0..2 {
                dump(&mut folded, &kernel, || random.below(4) == 0);
            }
        }
        folded.check(&kernel);
        // A dump that lists the same VLANs in whatever ranges has no line.
        if step % 16 == 0 {
            let before = folded.lines;
            dump(&mut folded, &kernel, || {
                step % 32 == 0 && random.below(2) == 0
            });
            folded.check(&kernel);
            assert_eq!(folded.lines, before, "step {step}");
        }
    }
    assert!(folded.lines > 5000);
}

fn dump(folded: &mut Folded, kernel: &Vlans, mut cut: impl FnMut() -> bool) {
    let begin = ControlRecord::BeginReconcile(Kind::Vlan, Origin::Inferred, Scope::Kind);
    folded.run.control(NetnsId::OWN, begin);
    for ifindex in [2, 3] {
        let entries = listed(kernel, ifindex, &mut cut);
        folded.datagram(Role::Dumps, &vlans(RTM_NEWVLAN, ifindex, &entries));
    }
    folded
        .run
        .control(NetnsId::OWN, ControlRecord::EndReconcile(true));
}

#[test]
fn a_range_of_vlans_is_one_line_and_is_cut_where_a_later_one_overlaps() {
    let mut folded = Folded::new();
    let mut event = |kind, first, last, state| {
        let event = vlans(kind, 2, &[entry(first, last, (state, None))]);
        folded.datagram(Role::Events, &event);
        let lines = folded.fold();
        let text = lines
            .iter()
            .map(|(op, first, last)| format!("{op} {first}-{last}"));
        text.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(event(RTM_NEWVLAN, 1, 4094, 3), "add 1-4094");
    assert_eq!(
        event(RTM_DELVLAN, 100, 100, 0),
        "present 101-4094, change 1-99, delete 100-100"
    );
    assert_eq!(
        event(RTM_NEWVLAN, 50, 200, 1),
        "change 1-49, present 201-4094, delete 101-200, change 50-200"
    );
    assert_eq!(event(RTM_NEWVLAN, 50, 200, 2), "change 50-200");
    assert_eq!(
        event(RTM_NEWVLAN, 50, 60, 2),
        "present 61-200, change 50-60"
    );
    assert_eq!(
        event(RTM_DELVLAN, 1, 4094, 0),
        "delete 50-60, delete 61-200, delete 201-4094, delete 1-4094"
    );
}

#[test]
fn an_event_during_a_dump_wins_over_its_older_entry() {
    let mut folded = Folded::new();
    let old = entry(10, 20, (3, None));
    folded.datagram(
        Role::Events,
        &vlans(RTM_NEWVLAN, 2, std::slice::from_ref(&old)),
    );
    let begin = ControlRecord::BeginReconcile(Kind::Vlan, Origin::Inferred, Scope::Kind);
    folded.run.control(NetnsId::OWN, begin);
    let deleted = entry(14, 15, (0, None));
    folded.datagram(Role::Events, &vlans(RTM_DELVLAN, 2, &[deleted]));
    folded.fold();
    // The entry is from before the deletion; 21 and 22 are new.
    let listed = entry(10, 22, (3, None));
    folded.datagram(Role::Dumps, &vlans(RTM_NEWVLAN, 2, &[listed]));
    assert_eq!(folded.fold(), [("add".to_owned(), 21, 22)]);
}

#[test]
fn a_range_of_vnis_is_one_line_up_to_the_last_number() {
    let mut folded = Folded::new();
    let mut event = |kind, first: u32, last: u32| {
        let ids = [attr(1, &first.to_ne_bytes()), attr(2, &last.to_ne_bytes())];
        let body = [header(2), attr(1, &ids.concat())].concat();
        folded.datagram(Role::Events, &message(kind, &body));
        let lines = std::mem::take(&mut folded.run.lines);
        let lines = String::from_utf8(lines).unwrap();
        let lines = lines.lines().map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let vni = &line["vni"];
            format!("{} {} {}", line["op"], vni["vni"], vni["vni_end"])
        });
        lines.collect::<Vec<_>>().join(", ").replace('"', "")
    };
    assert_eq!(event(RTM_NEWTUNNEL, 0, u32::MAX), "add 0 4294967295");
    assert_eq!(
        event(RTM_DELTUNNEL, 7, 7),
        "present 8 4294967295, change 0 6, delete 7 null"
    );
    assert_eq!(
        event(RTM_DELTUNNEL, u32::MAX, u32::MAX),
        "change 8 4294967294, delete 4294967295 null"
    );
    // A range that ends before it begins has its first number.
    assert_eq!(event(RTM_NEWTUNNEL, 7, 3), "add 7 null");
}

/// 4,000 VLANs apart from each other, and 4,000 messages about all of them.
#[test]
fn an_entry_about_many_stored_ranges_costs_no_time_for_each() {
    let mut folded = Folded::new();
    let apart: Vec<_> = (0..2000)
        .map(|at| entry(2 * at + 1, 0, (1, None)))
        .collect();
    folded.datagram(Role::Events, &vlans(RTM_NEWVLAN, 2, &apart));
    let whole = entry(1, 4000, (3, None));
    let entries = vec![whole; 4000];
    let begin = ControlRecord::BeginReconcile(Kind::Vlan, Origin::Inferred, Scope::Kind);
    folded.run.control(NetnsId::OWN, begin);
    folded.datagram(Role::Dumps, &vlans(RTM_NEWVLAN, 2, &entries));
    let lines = folded.fold();
    assert_eq!(lines.len(), 2000 + 2000);
    let end = ControlRecord::EndReconcile(true);
    folded.run.control(NetnsId::OWN, end);
    assert_eq!(folded.run.pipeline.state(NetnsId::OWN).count(Kind::Vlan), 1);
}

/// The second line of a message has no `raw`, whether the first is about an event or a dump entry.
#[test]
fn the_first_line_of_a_message_has_it_as_raw() {
    let mut folded = Folded::new();
    folded.run.pipeline.optional_parts.raw = true;
    let entries = [entry(1, 5, (1, None)), entry(7, 9, (2, None))];
    let message = vlans(RTM_NEWVLAN, 2, &entries);
    let mut raw = |role| {
        folded.datagram(role, &message);
        let lines = std::mem::take(&mut folded.run.lines);
        let lines = lines.split(|byte| *byte == b'\n');
        let lines = lines.filter(|it| !it.is_empty());
        let raw = lines.map(|line| {
            let line: Value = serde_json::from_slice(line).unwrap();
            line["raw"].as_str().map_or(0, |raw| raw.len() / 2)
        });
        raw.collect::<Vec<_>>()
    };
    assert_eq!(raw(Role::Events), [message.len(), 0]);
    assert_eq!(raw(Role::Dumps), [0; 0]);
    assert_eq!(raw(Role::Events), [message.len(), 0]);
}

/// The kernel reports VLANs before their new device, and the next message divides them.
#[test]
fn each_part_of_a_range_gets_the_name_of_a_new_device() {
    let mut folded = Folded::new();
    let range = entry(10, 20, (3, None));
    folded.datagram(Role::Events, &vlans(RTM_NEWVLAN, 7, &[range]));
    let deleted = entry(15, 15, (0, None));
    folded.datagram(Role::Events, &vlans(RTM_DELVLAN, 7, &[deleted]));
    let mut body = vec![0; 16];
    body[2] = 1; // ARPHRD_ETHER
    body[4] = 7;
    body.extend(attr(3, b"eth0\0"));
    body.extend(attr(13, &1000_u32.to_ne_bytes()));
    folded.fold();
    folded.datagram(Role::Events, &message(16, &body));
    let lines = std::mem::take(&mut folded.run.lines);
    let lines = String::from_utf8(lines).unwrap();
    for part in ["\"vlan\":10,\"vlan_end\":14", "\"vlan\":16,\"vlan_end\":20"] {
        let named = format!("\"ifindex\":7,\"dev\":\"eth0\",{part}");
        assert!(lines.contains(&named), "{part}: {lines}");
    }
}

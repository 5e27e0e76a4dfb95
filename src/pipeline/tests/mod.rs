//! Tests of the pipeline: several network namespaces; checkpoints; names of devices; counts for metrics.

mod checkpoint;
#[cfg(feature = "where")]
mod condition;
mod forged;
mod implied;
mod names;
mod namespaces;
mod network;
mod ranges;

use serde_json::Value;

use super::*;
use crate::event::scope::Scope;
use crate::input::{ControlRecord, Role};

const OTHER: NetnsId = NetnsId(1);

struct Run {
    pipeline: Pipeline,
    lines: Vec<u8>,
}

impl Run {
    /// The replay of a capture of another program.
    fn new() -> Self {
        Self::of(Header::default())
    }

    /// The replay of a recording.
    fn of_recording() -> Self {
        let mut header = Header::default();
        header.start.groups = Some(Vec::new());
        Self::of(header)
    }

    fn of(mut header: Header) -> Self {
        header.start.settings.snapshot = true;
        let config = Config::new(Format::Json, "00000000".to_owned(), &header);
        let mut lines = Vec::new();
        let pipeline = Pipeline::new(config, &mut lines).unwrap();
        let mut run = Run { pipeline, lines };
        run.take_lines();
        run
    }

    /// RTM_NEWADDR, or RTM_DELADDR, of 192.0.2.n in a namespace.
    fn address(&mut self, netns: NetnsId, role: Role, kind: u8, n: u8) {
        self.put_address(netns, role, kind, [2, n]);
    }

    /// The event of 192.0.x.y in the own namespace.
    fn address_of(&mut self, x: u8, y: u8, kind: u8) {
        self.put_address(NetnsId::OWN, Role::Events, kind, [x, y]);
    }

    fn put_address(&mut self, netns: NetnsId, role: Role, kind: u8, [x, y]: [u8; 2]) {
        let mut message = vec![32, 0, 0, 0, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        message.extend([2, 24, 0, 0, 1, 0, 0, 0, 8, 0, 2, 0, 192, 0, x, y]);
        let channel = channel(netns, role);
        self.feed(Input {
            time: Time::default(),
            data: InputData::Datagram(channel, &message),
        });
    }

    fn control(&mut self, netns: NetnsId, record: ControlRecord) {
        let channel = channel(netns, Role::Dumps);
        self.feed(Input::control_of(channel, Time::default(), record));
    }

    fn feed(&mut self, input: Input<'_>) {
        self.pipeline.feed(&[input], &mut self.lines).unwrap();
    }

    /// Op and last byte of the address of each line since the last call; op alone for `meta`.
    fn take_lines(&mut self) -> Vec<String> {
        let lines = std::mem::take(&mut self.lines);
        let lines = lines.split(|byte| *byte == b'\n');
        let summary = |line: &[u8]| {
            let line: Value = serde_json::from_slice(line).unwrap();
            let local = line["address"]["local"].as_str().unwrap_or("");
            let last = local.rsplit('.').next().unwrap_or("");
            let op = line["op"].as_str().unwrap();
            format!("{op} {last}").trim_end().to_owned()
        };
        lines.filter(|it| !it.is_empty()).map(summary).collect()
    }

    fn addresses(&self, netns: NetnsId) -> usize {
        self.pipeline
            .namespaces
            .get(netns)
            .state
            .count(Kind::Address)
    }
}

fn channel(netns: NetnsId, role: Role) -> Channel {
    Channel {
        netns,
        role,
        ..Channel::ROUTE_EVENTS
    }
}

const NEW: u8 = 20;
const DEL: u8 = 21;

#[test]
fn an_event_changes_the_state_of_its_namespace_only() {
    let mut run = Run::new();
    run.control(NetnsId::OWN, ControlRecord::Sync);
    run.take_lines();
    run.address(NetnsId::OWN, Role::Events, NEW, 1);
    run.address(NetnsId::OWN, Role::Events, NEW, 1);
    run.address(OTHER, Role::Events, NEW, 1);
    run.address(NetnsId::OWN, Role::Events, DEL, 1);
    // The other namespace has not been dumped: the address may have existed before.
    assert_eq!(
        run.take_lines(),
        ["add 1", "change 1", "present 1", "delete 1"]
    );
    assert_eq!((run.addresses(NetnsId::OWN), run.addresses(OTHER)), (0, 1));
    run.address(OTHER, Role::Events, NEW, 1);
    assert_eq!(run.take_lines(), ["change 1"]);
    let counts = run.pipeline.counts(Pulse::default());
    let addresses = counts.kinds.iter().find(|it| it.kind == Kind::Address);
    assert_eq!(addresses.unwrap().objects, 1);
}

#[test]
fn reconciliations_of_two_namespaces_do_not_meet() {
    let mut run = Run::new();
    let begin = ControlRecord::BeginReconcile(Kind::Address, Origin::Snapshot, Scope::Kind);
    for netns in [NetnsId::OWN, OTHER] {
        run.control(netns, begin.clone());
    }
    run.address(OTHER, Role::Dumps, NEW, 2);
    run.address(NetnsId::OWN, Role::Dumps, NEW, 1);
    run.control(NetnsId::OWN, ControlRecord::EndReconcile(true));
    run.control(OTHER, ControlRecord::EndReconcile(false));
    run.control(NetnsId::OWN, ControlRecord::Sync);
    assert_eq!(run.take_lines(), ["present 2", "present 1", "sync"]);
    assert_eq!((run.addresses(NetnsId::OWN), run.addresses(OTHER)), (1, 1));
    assert_eq!(run.pipeline.incomplete(), Some(vec![Kind::Address]));
}

#[test]
fn incomplete_kind_is_closed_by_complete_in_its_last_namespace() {
    let mut run = Run::new();
    let reconcile = |run: &mut Run, netns, origin, n, complete| {
        run.control(
            netns,
            ControlRecord::BeginReconcile(Kind::Address, origin, Scope::Kind),
        );
        run.address(netns, Role::Dumps, NEW, n);
        run.control(netns, ControlRecord::EndReconcile(complete));
    };
    for netns in [NetnsId::OWN, OTHER] {
        reconcile(&mut run, netns, Origin::Snapshot, 1, false);
    }
    run.control(NetnsId::OWN, ControlRecord::Sync);
    assert_eq!(run.take_lines(), ["present 1", "present 1", "sync"]);
    reconcile(&mut run, NetnsId::OWN, Origin::Inferred, 1, true);
    assert_eq!(run.take_lines(), Vec::<String>::new());
    reconcile(&mut run, OTHER, Origin::Inferred, 2, false);
    assert_eq!(run.take_lines(), ["add 2"]);
    // Without the first address, which a second dump has to confirm.
    reconcile(&mut run, OTHER, Origin::Inferred, 2, true);
    assert_eq!(run.take_lines(), Vec::<String>::new());
    reconcile(&mut run, OTHER, Origin::Inferred, 2, true);
    assert_eq!(run.take_lines(), ["delete 1", "complete"]);
    reconcile(&mut run, OTHER, Origin::Inferred, 2, true);
    assert_eq!(run.take_lines(), Vec::<String>::new());
}

#[test]
fn dropped_lines_of_equal_objects_are_made_up_for_in_each_namespace() {
    let mut run = Run::new();
    for netns in [NetnsId::OWN, OTHER] {
        run.address(netns, Role::Events, NEW, 1);
    }
    run.control(NetnsId::OWN, ControlRecord::Sync);
    run.take_lines();
    run.pipeline.pause_output(Time::default(), None);
    run.address(NetnsId::OWN, Role::Events, DEL, 1);
    run.address(OTHER, Role::Events, NEW, 1);
    assert_eq!(run.take_lines(), Vec::<String>::new());
    let limit = usize::MAX;
    let resumed = run
        .pipeline
        .resume_output(Time::default(), limit, &mut run.lines);
    resumed.unwrap();
    let expected = ["gap", "delete 1", "present 1", "resync"];
    assert_eq!(run.take_lines(), expected);
}

/// A recording that is cut or forged may lack the end of a reconciliation.
#[test]
fn a_reconciliation_without_an_end_leaves_no_link_without_its_line() {
    let mut run = Run::new();
    // RTM_NEWLINK with the index 7, IFLA_IFNAME "eth7" and IFLA_TXQLEN, which a complete one has.
    let mut message = vec![52, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    message.extend([0, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    message.extend([9, 0, 3, 0, b'e', b't', b'h', b'7', 0, 0, 0, 0]);
    message.extend([8, 0, 13, 0, 1, 0, 0, 0]);
    let begin = |kind| ControlRecord::BeginReconcile(kind, Origin::Snapshot, Scope::Kind);
    run.control(NetnsId::OWN, begin(Kind::Link));
    run.feed(Input {
        time: Time::default(),
        data: InputData::Datagram(channel(NetnsId::OWN, Role::Dumps), &message),
    });
    assert!(
        run.take_lines().is_empty(),
        "a link has its line at the end"
    );
    run.control(NetnsId::OWN, begin(Kind::Address));
    assert_eq!(run.take_lines(), ["present"]);
    assert_eq!(run.pipeline.state(NetnsId::OWN).count(Kind::Link), 1);
}

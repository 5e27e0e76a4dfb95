//! The inputs: for each way in which a few bytes might cost much, a capture of them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use nlstream::capture::Writer;
use nlstream::channel::{Channel, NetnsId};
use nlstream::event::meta::{CheckpointReason, Gap, GapCause, Part, Start};
use nlstream::event::scope::Scope;
use nlstream::event::values::Time;
use nlstream::event::{By, Kind, Origin};
use nlstream::input::{ControlRecord, Header, Input, InputData, Opened};

use crate::common::message::{self, attr};

/// An input and its bounds.
pub(super) struct Shape {
    pub name: &'static str,
    pub format: &'static str,
    /// A part of the error with which the input is refused.
    pub refused: Option<&'static str>,
    /// Bytes of lines, and of memory, for each byte of the input.
    pub lines: u64,
    pub memory: u64,
    make: Box<dyn Fn(&mut Recording)>,
    header: Header,
    /// Written instead of a recording.
    foreign: Option<fn(&mut dyn Write)>,
}

impl Shape {
    /// Bounds of a recording; those of all shapes without others of their own.
    fn new(name: &'static str, make: impl Fn(&mut Recording) + 'static) -> Self {
        let mut header = Header::default();
        header.start.tool = "nlstream".to_owned();
        header.start.version = "0.1.0".to_owned();
        header.start.groups = Some(Vec::new());
        Shape {
            name,
            format: "json",
            refused: None,
            lines: 40,
            memory: 100,
            make: Box::new(make),
            header,
            foreign: None,
        }
    }

    fn foreign(name: &'static str, memory: u64, write: fn(&mut dyn Write)) -> Self {
        Shape {
            foreign: Some(write),
            memory,
            ..Shape::new(name, |_| {})
        }
    }

    fn header(mut self, change: impl FnOnce(&mut Start)) -> Self {
        change(&mut self.header.start);
        self
    }

    fn text(self) -> Self {
        Shape {
            format: "text",
            ..self
        }
    }

    fn bounds(self, lines: u64, memory: u64) -> Self {
        Shape {
            lines,
            memory,
            ..self
        }
    }

    fn refused(self, text: &'static str) -> Self {
        Shape {
            refused: Some(text),
            ..self
        }
    }
}

/// A recording that is being written.
pub(super) struct Recording(Writer<BufWriter<File>>);

impl Recording {
    fn put(&mut self, channel: Channel, message: &[u8]) {
        let data = InputData::Datagram(channel, message);
        let time = Time::default();
        self.0.write(&Input { time, data }).unwrap();
    }

    fn event(&mut self, message: &[u8]) {
        self.put(Channel::ROUTE_EVENTS, message);
    }

    fn control(&mut self, record: ControlRecord) {
        self.0
            .write(&Input::control(Time::default(), record))
            .unwrap();
    }
}

/// Writes the input of a shape, with ordinary messages at its end. Returns its length, without these.
pub(super) fn write(file: &Path, shape: &Shape) -> u64 {
    let out = BufWriter::new(File::create(file).unwrap());
    if let Some(write) = shape.foreign {
        let mut out = out;
        write(&mut out);
        let size = out.into_inner().unwrap().metadata().unwrap().len();
        return size;
    }
    let mut recording = Recording(Writer::new(out, &shape.header).unwrap());
    (shape.make)(&mut recording);
    recording.0.flush().unwrap();
    let size = std::fs::metadata(file).unwrap().len();
    for number in 0..1000_u32 {
        recording.event(&address(1, number));
    }
    recording.0.flush().unwrap();
    size
}

fn message(kind: u16, parts: &[&[u8]]) -> Vec<u8> {
    message::message(kind, 0, &parts.concat())
}

const NEWLINK: u16 = 16;
const NEWADDR: u16 = 20;
const NEWROUTE: u16 = 24;
const NEWNETCONF: u16 = 80;
const NEWVLAN: u16 = 112;
const NEWTUNNEL: u16 = 120;

fn address(ifindex: u32, number: u32) -> Vec<u8> {
    let header = [&[2, 32, 0, 0][..], &ifindex.to_ne_bytes()].concat();
    message(NEWADDR, &[&header, &attr(2, &number.to_be_bytes())])
}

fn link(ifindex: u32, family: u8, rest: &[u8]) -> Vec<u8> {
    let mut header = vec![family, 0, 1, 0];
    header.extend(ifindex.to_ne_bytes());
    header.extend([0; 8]);
    message(NEWLINK, &[&header, rest])
}

/// `IFLA_IFNAME` and `IFLA_TXQLEN`.
fn named(name: &str) -> Vec<u8> {
    [
        attr(3, format!("{name}\0").as_bytes()),
        attr(13, &[0xe8, 3, 0, 0]),
    ]
    .concat()
}

fn bridge(ifindex: u32) -> Vec<u8> {
    [&[7, 0, 0, 0][..], &ifindex.to_ne_bytes()].concat()
}

/// A `BRIDGE_VLANDB_ENTRY` of a range.
fn vlans(first: u16, last: u16, state: u8) -> Vec<u8> {
    let info = [[0, 0], first.to_ne_bytes()].concat();
    let mut entry = attr(1, &info);
    if last > first {
        entry.extend(attr(2, &last.to_ne_bytes()));
    }
    if state > 0 {
        entry.extend(attr(3, &[state]));
    }
    attr(1, &entry)
}

fn vnis(first: u32, last: u32) -> Vec<u8> {
    let ids = [attr(1, &first.to_ne_bytes()), attr(2, &last.to_ne_bytes())];
    attr(1, &ids.concat())
}

/// An IPv4 route, with what follows its destination.
fn route(dst: u32, flags: u16, rest: &[u8]) -> Vec<u8> {
    let header = [2, 32, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0];
    let body = [&header, &attr(1, &dst.to_be_bytes())[..], rest].concat();
    message::message(NEWROUTE, flags, &body)
}

fn dump(recording: &mut Recording, kind: Kind, messages: &[Vec<u8>]) {
    reconciliation(recording, kind, Scope::Kind, true, messages);
}

fn reconciliation(
    recording: &mut Recording,
    kind: Kind,
    scope: Scope,
    is_complete: bool,
    entries: &[Vec<u8>],
) {
    recording.control(ControlRecord::BeginReconcile(kind, Origin::Inferred, scope));
    for entry in entries {
        recording.put(Channel::ROUTE_DUMPS, entry);
    }
    recording.control(ControlRecord::EndReconcile(is_complete));
}

/// Every shape.
pub(super) fn shapes() -> Vec<Shape> {
    let mut shapes = ranges();
    shapes.extend(raw());
    shapes.extend(headers());
    shapes.extend(attributes());
    shapes.extend(routes());
    shapes.extend(devices());
    shapes.extend(controls());
    shapes.extend(skipped());
    shapes
}

fn ranges() -> Vec<Shape> {
    vec![
        Shape::new("vlan ranges in one message", |out| {
            let entries = vlans(0, 4095, 0).repeat(50_000);
            out.event(&message(NEWVLAN, &[&bridge(3), &entries]));
        }),
        Shape::new("vni ranges in one message", |out| {
            let entries = vnis(0, 4095).repeat(50_000);
            out.event(&message(NEWTUNNEL, &[&bridge(3), &entries]));
        }),
        Shape::new("vlan ranges of many devices", |out| {
            for ifindex in 2..10_000 {
                out.event(&message(NEWVLAN, &[&bridge(ifindex), &vlans(1, 4094, 3)]));
            }
        }),
        Shape::new("vlan ranges that cut each other", |out| {
            for number in 0..10_000_u16 {
                let (first, length) = (number.wrapping_mul(7919) % 4000, number % 97);
                let entry = vlans(first, first + length, (number % 4) as u8);
                out.event(&message(NEWVLAN, &[&bridge(3), &entry]));
            }
        }),
        Shape::new("dumps of one range over many vnis", |out| {
            for number in 0..5_000_u32 {
                out.event(&message(NEWTUNNEL, &[&bridge(3), &vnis(2 * number, 0)]));
            }
            let whole = vnis(0, 10_000).repeat(16);
            let whole = message(NEWTUNNEL, &[&bridge(3), &whole]);
            dump(out, Kind::Vni, &vec![whole; 1000]);
        }),
    ]
}

fn raw() -> Vec<Shape> {
    let list = |out: &mut Recording| {
        let entries: Vec<_> = (0..80_000_u32)
            .map(|at| vlans((at % 4095) as u16, 0, 0))
            .collect();
        out.event(&message(NEWVLAN, &[&bridge(3), &entries.concat()]));
    };
    let with = |start: &mut Start| start.settings.with = vec![Part::Raw];
    let mib = |out: &mut Recording| {
        for _ in 0..16 {
            let unknown = attr(400, &[7; 65_000]);
            out.event(&message(NEWADDR, &[&[2, 32, 0, 0, 1, 0, 0, 0], &unknown]));
        }
    };
    vec![
        Shape::new("raw of a list", list).header(with),
        Shape::new("raw of a list, as text", list)
            .header(with)
            .text(),
        Shape::new("raw and unparsed", mib).header(with),
    ]
}

fn headers() -> Vec<Shape> {
    let many = |out: &mut Recording| {
        for number in 0..5_000 {
            out.event(&route(number, 0x400, &attr(15, &200_u32.to_ne_bytes())));
        }
    };
    let long = |length: usize| Some("h".repeat(length));
    let names = |length: usize| {
        let mut shape = Shape::new("table name of 500 KB", many).refused("a name in tables");
        let name = "t".repeat(length);
        let names = format!(r#"{{"tables":{{"200":"{name}"}}}}"#);
        shape.header.names = serde_json::from_str(&names).unwrap();
        shape
    };
    vec![
        Shape::new("host of 500 KB", many)
            .header(|start| start.host = long(500_000))
            .refused("host: expected at most"),
        Shape::new("host of 255 bytes", many).header(|start| {
            start.host = long(255);
            start.settings.with = vec![Part::Host];
        }),
        names(500_000),
        Shape {
            name: "table name of 511 bytes",
            refused: None,
            ..names(511)
        },
        Shape::new("max_line of 0", many)
            .header(|start| start.settings.max_line = Some(0))
            .refused("max_line: expected a size of at least 4K"),
        Shape::new("count of 0", many)
            .header(|start| start.settings.count = Some(0))
            .refused("count: expected a number of events"),
        Shape::new("with of 100,000 parts", many)
            .header(|start| start.settings.with = vec![Part::Host; 100_000])
            .refused("with: expected each part at most once"),
        Shape::new("groups by the thousand", many)
            .header(|start| start.groups = Some(vec!["LINK".to_owned(); 100_000]))
            .refused("groups: expected at most"),
        Shape::new("many files", |out| {
            for _ in 0..5_000 {
                out.control(ControlRecord::File(Opened::default()));
            }
        })
        .header(|start| start.host = long(255)),
    ]
}

fn attributes() -> Vec<Shape> {
    let body = |attributes: &[u8]| message(NEWADDR, &[&[2, 32, 0, 0, 1, 0, 0, 0], attributes]);
    vec![
        Shape::new("nested attributes", move |out| {
            let mut nest = Vec::new();
            while nest.len() < 65_000 {
                nest = attr(18, &nest);
            }
            for number in 0..16 {
                out.event(&link(number, 0, &nest));
            }
        }),
        Shape::new("unknown attributes at every depth", move |out| {
            // IFLA_LINKINFO, IFLA_INFO_DATA …, with an unknown attribute before each nest.
            let mut nest = attr(999, &[]).repeat(200);
            while nest.len() < 60_000 {
                nest = [attr(999, &[]).repeat(200), attr(26, &nest)].concat();
            }
            for number in 0..16 {
                out.event(&link(number, 0, &nest));
            }
        }),
        Shape::new("attributes without a value", move |out| {
            for _ in 0..16 {
                out.event(&body(&attr(999, &[]).repeat(16_000)));
            }
        }),
        Shape::new("messages without attributes", move |out| {
            for _ in 0..16 {
                out.event(&message(NEWADDR, &[&[2, 32, 0, 0, 1, 0, 0, 0]]).repeat(2_700));
            }
        }),
        Shape::new("messages of unknown types", move |out| {
            for _ in 0..16 {
                out.event(&message(999, &[]).repeat(4_000));
            }
        }),
        Shape::new("events that wait for a device", |out| {
            for number in 0..400_u32 {
                let body = [&[2, 0, 0, 0][..], &attr(1, &(9 + number).to_ne_bytes())].concat();
                let unknown = attr(999, &[7; 60_000]);
                out.event(&message(NEWNETCONF, &[&body, &unknown]));
            }
        })
        .bounds(4, 4),
    ]
}

fn routes() -> Vec<Shape> {
    let siblings = |out: &mut Recording, kinds: &[u16]| {
        for kind in kinds {
            for number in 0..10_000_u32 {
                let rest = [
                    attr(4, &2_u32.to_ne_bytes()),
                    attr(6, &number.to_ne_bytes()),
                ];
                let mut route = route(0x0a00_0000, 0xc00, &rest.concat());
                // NLM_F_CREATE and NLM_F_APPEND.
                route[4..6].copy_from_slice(&kind.to_ne_bytes());
                out.event(&route);
            }
        }
    };
    let gateways = |out: &mut Recording, kinds: &[u16]| {
        for kind in kinds {
            for number in 0..10_000_u32 {
                let rest = [
                    attr(4, &2_u32.to_ne_bytes()),
                    attr(5, &(0x0b00_0000 + number).to_be_bytes()),
                ];
                let mut route = route(0x0a00_0000, 0xc00, &rest.concat());
                route[4..6].copy_from_slice(&kind.to_ne_bytes());
                out.event(&route);
            }
        }
    };
    let multipath = |first: u32, hops: u32| {
        let hop = |number: u32| {
            let gateway = attr(5, &(0x0b00_0000 + number).to_be_bytes());
            let mut hop = (8 + gateway.len() as u16).to_ne_bytes().to_vec();
            hop.extend([0, 0]);
            hop.extend((number % 60_000).to_ne_bytes());
            hop.extend(gateway);
            hop
        };
        let hops: Vec<_> = (first..first + hops).map(hop).collect();
        attr(9, &hops.concat())
    };
    vec![
        Shape::new("siblings", move |out| siblings(out, &[NEWROUTE])),
        Shape::new("siblings, deleted again", move |out| {
            siblings(out, &[NEWROUTE, NEWROUTE + 1]);
        }),
        Shape::new("siblings with gateways", move |out| {
            gateways(out, &[NEWROUTE, NEWROUTE + 1]);
        }),
        Shape::new("siblings, dumped", move |out| {
            siblings(out, &[NEWROUTE]);
            let all: Vec<_> = (0..10_000_u32)
                .map(|number| {
                    let rest = [
                        attr(4, &2_u32.to_ne_bytes()),
                        attr(6, &number.to_ne_bytes()),
                    ];
                    route(0x0a00_0000, 0, &rest.concat())
                })
                .collect();
            dump(out, Kind::Route, &all);
            dump(out, Kind::Route, &all);
        }),
        Shape::new("forms of multipath routes", move |out| {
            for number in 0..200 {
                out.event(&route(number, 0x400, &multipath(number, 4_000)));
            }
        })
        .bounds(20, 10),
        Shape::new("forms of routes", |out| {
            for number in 0..10_000_u32 {
                out.event(&route(number, 0x400, &attr(6, &number.to_ne_bytes())));
            }
        }),
    ]
}

fn devices() -> Vec<Shape> {
    vec![
        Shape::new("devices", |out| {
            for number in 2..10_000 {
                out.event(&link(number, 0, &named(&format!("e{number}"))));
            }
        }),
        Shape::new("renames of a device with many addresses", |out| {
            out.event(&link(1, 0, &named("e0")));
            for number in 0..5_000 {
                out.event(&address(1, number));
            }
            for number in 0..5_000 {
                out.event(&link(1, 0, &named(&format!("e{number}"))));
            }
        })
        .bounds(200, 100),
        Shape::new("renames among many devices", |out| {
            for number in 2..5_000 {
                out.event(&link(number, 0, &named(&format!("e{number}"))));
            }
            for number in 2..5_000 {
                out.event(&link(number, 0, &named(&format!("f{number}"))));
            }
        }),
        Shape::new("network namespaces", |out| {
            for number in 1..4_000 {
                out.put(events_of(number), &link(2, 0, &named("eth0")));
                out.put(events_of(number), &route(number.into(), 0x400, &[]));
            }
        }),
        Shape::new("more network namespaces", |out| {
            for number in 1..5_000 {
                out.put(events_of(number), &link(2, 0, &named("eth0")));
            }
        })
        .refused("too many interfaces"),
    ]
}

/// The events of a network namespace.
fn events_of(netns: u16) -> Channel {
    Channel {
        netns: NetnsId(netns),
        ..Channel::ROUTE_EVENTS
    }
}

fn controls() -> Vec<Shape> {
    vec![
        Shape::new("counters at their limit", |out| {
            for _ in 0..100 {
                out.control(ControlRecord::Gap(Gap {
                    family: None,
                    kinds: None,
                    cause: GapCause::Overflow,
                    errno: None,
                    lost: Some(u64::MAX),
                    from: None,
                    to: None,
                    by: None,
                }));
            }
        }),
        Shape::new("events of one requester", |out| {
            let by = By {
                comm: Some("\u{7f}".repeat(15)),
                exe: Some("x".repeat(980)),
                cgroup: Some("y".repeat(900)),
                ..By::default()
            };
            out.control(ControlRecord::By(Some(by.into())));
            for number in 0..5_000 {
                out.event(&address(1, number));
            }
        })
        .header(|start| start.settings.with = vec![Part::By]),
        Shape::new("a requester with a long name", |out| {
            let by = By {
                comm: Some("\u{7f}".repeat(1000)),
                ..By::default()
            };
            out.control(ControlRecord::By(Some(by.into())));
        })
        .refused("a control record: by: expected at most 2048 bytes"),
        // As often as the recording says: the lines are not held in memory.
        Shape::new("checkpoints", |out| {
            for number in 0..5_000 {
                out.event(&address(1, number));
            }
            for _ in 0..30 {
                out.control(ControlRecord::BeginCheckpoint(CheckpointReason::Signal));
                out.control(ControlRecord::Slice(512));
                out.control(ControlRecord::EndCheckpoint);
            }
        })
        .bounds(1000, 100),
        // The last record has the lines of one slice, and not those of all objects.
        Shape::new("ends of checkpoints", |out| {
            for number in 0..50_000 {
                out.event(&address(1, number));
            }
            for _ in 0..30 {
                out.control(ControlRecord::BeginCheckpoint(CheckpointReason::Signal));
                out.control(ControlRecord::EndCheckpoint);
            }
        }),
        Shape::new("slices without limit", |out| {
            for number in 0..5_000 {
                out.event(&address(1, number));
            }
            for _ in 0..30 {
                out.control(ControlRecord::BeginCheckpoint(CheckpointReason::Signal));
                out.control(ControlRecord::Slice(u32::MAX));
            }
        })
        .bounds(1000, 100),
        Shape::new("dumps of nothing", |out| {
            for number in 0..5_000 {
                out.event(&address(1, number));
            }
            for _ in 0..2_500 {
                dump(out, Kind::Address, &[]);
            }
        }),
        // None may examine each stored object of the kind.
        Shape::new("dumps of some devices", |out| {
            reconciliations(out, &|at| (Scope::Devices([at % 7].into()), true, &[]));
        }),
        Shape::new("dumps of a device with many objects", |out| {
            reconciliations(out, &|_| (Scope::Devices([1].into()), false, &[0]));
        }),
        Shape::new("dumps that are not complete", |out| {
            reconciliations(out, &|_| (Scope::Kind, false, &[0, 19_999]));
        }),
        Shape::new("dumps of some devices with many vlans", |out| {
            for device in 0..5 {
                for number in 0..4_000_u16 {
                    let entry = vlans(number, number % 2 * 2, 0);
                    out.event(&message(NEWVLAN, &[&bridge(3 + device), &entry]));
                }
            }
            for at in 0..20_000 {
                let scope = Scope::Devices([at % 3].into());
                reconciliation(out, Kind::Vlan, scope, at % 2 == 0, &[]);
            }
        }),
        // Each line has the whole device.
        Shape::new("parts of a device with many names", |out| {
            let names: Vec<_> = (0..200)
                .map(|number| attr(53, format!("{number:0>120}\0").as_bytes()))
                .collect();
            let all = attr(52 | 0x8000, &names.concat());
            out.event(&link(1, 0, &[named("d1"), all].concat()));
            for _ in 0..1_000 {
                out.event(&link(1, libc::AF_BRIDGE as u8, &[]));
            }
        })
        .bounds(1000, 100),
    ]
}

/// 20,000 addresses of a device, and as many reconciliations: for each its scope, whether it is complete, and the
/// addresses that it has.
fn reconciliations(out: &mut Recording, of: &dyn Fn(u32) -> (Scope, bool, &'static [u32])) {
    for number in 0..20_000 {
        out.event(&address(1, number));
    }
    for at in 0..20_000 {
        let (scope, is_complete, entries) = of(at);
        let entries: Vec<_> = entries.iter().map(|it| address(1, *it)).collect();
        reconciliation(out, Kind::Address, scope, is_complete, &entries);
    }
}

fn skipped() -> Vec<Shape> {
    fn block(out: &mut dyn Write, kind: u32, body: &[u8]) {
        let length = (12 + body.len().next_multiple_of(4)) as u32;
        out.write_all(&kind.to_ne_bytes()).unwrap();
        out.write_all(&length.to_ne_bytes()).unwrap();
        out.write_all(body).unwrap();
        out.write_all(&[0; 4][..body.len().next_multiple_of(4) - body.len()])
            .unwrap();
        out.write_all(&length.to_ne_bytes()).unwrap();
    }
    fn packet(out: &mut dyn Write, interface: u32, packet: &[u8]) {
        let length = (packet.len() as u32).to_ne_bytes();
        let head = [interface.to_ne_bytes(), [0; 4], [0; 4], length, length];
        block(out, 6, &[&head.concat(), packet].concat());
    }
    fn begin(out: &mut dyn Write) {
        let head = [
            &0x1a2b_3c4d_u32.to_ne_bytes()[..],
            &1_u32.to_ne_bytes(),
            &[0xff; 8],
        ];
        block(out, 0x0a0d_0d0a, &head.concat());
        // LINKTYPE_NETLINK and LINKTYPE_ETHERNET.
        for link in [253_u32, 1] {
            block(out, 1, &[link.to_ne_bytes(), [0; 4]].concat());
        }
    }
    fn cooked(protocol: u16, message: &[u8]) -> Vec<u8> {
        let mut packet = vec![0, 0, 3, 0x38];
        packet.extend([0; 10]);
        packet.extend(protocol.to_be_bytes());
        packet.extend(message);
        packet
    }
    fn end(out: &mut dyn Write) {
        for number in 0..1000 {
            packet(out, 0, &cooked(0, &address(1, number)));
        }
    }
    vec![
        Shape::foreign("skipped Ethernet packets", 0, |out| {
            begin(out);
            for _ in 0..24_000 {
                packet(out, 1, &[7; 1000]);
            }
            end(out);
        }),
        Shape::foreign("skipped blocks", 0, |out| {
            begin(out);
            for _ in 0..400 {
                block(out, 0xbad, &[7; 60_000]);
            }
            end(out);
        }),
        Shape::foreign("skipped generic netlink", 0, |out| {
            begin(out);
            for _ in 0..24_000 {
                packet(out, 0, &cooked(16, &message(30, &[&[7; 1000]])));
            }
            end(out);
        }),
        Shape::foreign("skipped requests", 0, |out| {
            begin(out);
            for number in 0..100_000_u32 {
                let mut request =
                    message::message(26, 0x301, &[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
                request[8..12].copy_from_slice(&number.to_ne_bytes());
                packet(out, 0, &cooked(0, &request));
            }
            end(out);
        }),
        Shape::foreign("time stamps of rtmon", 0, |out| {
            let stamp = message(15, &[&[0; 8]]);
            for _ in 0..1_000_000 {
                out.write_all(&stamp).unwrap();
            }
            for number in 0..1000 {
                out.write_all(&address(1, number)).unwrap();
            }
        }),
        Shape::foreign("a long block", 3, |out| {
            begin(out);
            for _ in 0..4 {
                block(out, 0xbad, &vec![7; 8 << 20]);
            }
            end(out);
        }),
        Shape::foreign("interfaces", 10, |out| {
            begin(out);
            for _ in 0..60_000 {
                block(out, 1, &[253_u32.to_ne_bytes(), [0; 4]].concat());
            }
            end(out);
        }),
    ]
}

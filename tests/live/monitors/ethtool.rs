//! `ethtool --monitor` beside lines of the kind `ethtool`.

use std::cell::Cell;

use serde_json::{Value, json};

use super::{Monitor, assert_shown, compare, events_of_kernel};
use crate::devlink::FurtherDevice;
use crate::namespace::Namespace;

crate::trial::trials! {
    settings_of_virtual_devices_are_those_of_the_monitor(Namespace, LinkType("veth"), TapDevice, Program("ethtool"), Program("stdbuf")),
    settings_of_an_adapter_are_those_of_the_monitor(GuestNetdevsim, LinkType("veth"), Program("ethtool"), Program("stdbuf")),
}

/// What `ethtool` prints of a setting of a device.
#[derive(Debug)]
struct Event {
    device: String,
    setting: &'static str,
    /// Without the heading.
    text: Vec<String>,
}

fn events(text: &str) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    for line in text.lines() {
        let heading = line.strip_suffix(':').and_then(|it| it.split_once(" for "));
        let setting = heading.map(|(words, device)| {
            let setting = match words {
                "Channel parameters" => "channels",
                "Coalesce parameters" => "coalesce",
                "FEC parameters" => "fec",
                "Features" => "features",
                "Pause parameters" => "pause",
                "Ring parameters" => "rings",
                "Settings" => "",
                other => panic!("{other}"),
            };
            (setting, device.to_owned())
        });
        match (setting, events.last_mut()) {
            (Some((setting, device)), _) => events.push(Event {
                device,
                setting,
                text: Vec::new(),
            }),
            (None, Some(event)) => event.text.push(line.to_owned()),
            (None, None) => {}
        }
    }
    for event in events.iter_mut().filter(|event| event.setting.is_empty()) {
        let has = |word: &str| event.text.iter().any(|line| line.trim().starts_with(word));
        event.setting = match () {
            () if has("Current message level") => "debug",
            () if has("Port:") => "link_info",
            () => "link_modes",
        };
    }
    events
}

/// Names of `ethtool` for one feature. (`off_flag_def` in its common.c)
const FEATURES: &[(&str, &str)] = &[
    ("rx-checksumming", "rx-checksum"),
    ("generic-segmentation-offload", "tx-generic-segmentation"),
    ("generic-receive-offload", "rx-gro"),
    ("large-receive-offload", "rx-lro"),
    ("rx-vlan-offload", "rx-vlan-hw-parse"),
    ("tx-vlan-offload", "tx-vlan-hw-insert"),
    ("ntuple-filters", "rx-ntuple-filter"),
    ("receive-hashing", "rx-hashing"),
];
/// Names of `ethtool` for several features at once.
const SEVERAL: &[&str] = &[
    "tx-checksumming",
    "scatter-gather",
    "tcp-segmentation-offload",
    "udp-fragmentation-offload",
];

/// Compares the states of all features. Returns their number.
fn equal_features(event: &Event, line: &Value) -> usize {
    let features = &line["ethtool"]["features"];
    let states = event
        .text
        .iter()
        .filter_map(|it| it.trim().split_once(": "));
    let states = states.filter(|(name, _)| !SEVERAL.contains(name));
    states
        .map(|(name, state)| {
            let known = FEATURES.iter().find(|(it, _)| *it == name);
            let name = known.map_or(name, |(_, feature)| feature);
            let has = |list: &str| {
                let list = features[list].as_array();
                list.is_some_and(|list| list.iter().any(|it| it == name))
            };
            let mut ours = (if has("active") { "on" } else { "off" }).to_owned();
            if !has("hw") || has("nochange") {
                ours += " [fixed]";
            } else if has("wanted") != has("active") {
                ours += match has("wanted") {
                    true => " [requested on]",
                    false => " [not requested]",
                };
            }
            // `ethtool` names the wanted state in either way.
            let state = state.replace("[requested off]", "[not requested]");
            assert_eq!(ours, state, "{name}: {line}");
        })
        .count()
}

/// The field with a value that `ethtool` prints under a name; `maximum` if it is that of the device.
fn field(setting: &str, name: &str, maximum: bool) -> Option<String> {
    let name = name.to_lowercase();
    let field = match (setting, &name[..]) {
        ("channels" | "rings", "rx" | "tx" | "other" | "combined" | "rx mini" | "rx jumbo") => {
            name.replace(' ', "_") + if maximum { "_max" } else { "" }
        }
        ("rings", "tx push") => "tx_push".to_owned(),
        ("pause", "autonegotiate") => "autoneg".to_owned(),
        ("pause", "rx" | "tx") => name,
        ("coalesce", "sample-interval") => "rate_sample_interval".to_owned(),
        ("coalesce", _) => {
            let frames = name
                .replace("-frames", "-frame")
                .replace("-max-frame", "-frame");
            frames.replace("-frame", "-max-frames").replace('-', "_")
        }
        ("link_modes", "speed" | "duplex") | ("link_info", "port" | "phyad" | "transceiver") => {
            name.replace("phyad", "phyaddr")
        }
        ("link_modes", "auto-negotiation") => "autoneg".to_owned(),
        ("fec", "active fec encoding") => "active".to_owned(),
        _ => return None,
    };
    Some(field)
}

/// The pairs of a name and a value in a line of the output, which has two in some.
fn pairs(text: &str) -> Vec<(String, String)> {
    let pair = |text: &str| {
        let (name, value) = text.trim().split_once(':')?;
        Some((name.to_owned(), value.trim().to_owned()))
    };
    match text.split_once("  TX: ") {
        // `Adaptive RX: on  TX: off`, `CQE mode RX: off  TX: off`
        Some((rx, tx)) => {
            let (name, _) = rx.split_once(" RX: ").unwrap();
            let name = match name {
                "Adaptive" => "use-adaptive",
                "CQE mode" => "use-cqe-mode",
                other => panic!("{other}"),
            };
            let rx = rx.rsplit(' ').next().unwrap();
            vec![
                (format!("{name}-rx"), rx.to_owned()),
                (format!("{name}-tx"), tx.to_owned()),
            ]
        }
        None => pair(text).into_iter().collect(),
    }
}

fn equal(event: &Event, line: &Value) -> usize {
    let it = &line["ethtool"];
    assert_eq!(event.device, it["dev"], "{event:?}: {line}");
    assert_eq!(event.setting, it["setting"], "{event:?}: {line}");
    let message = event.setting.replace('_', "").to_uppercase();
    assert_eq!(line["nl"]["type"], format!("ETHTOOL_MSG_{message}_NTF"));
    match event.setting {
        "features" => return 3 + equal_features(event, line),
        "debug" => {
            let names: Vec<_> = event.text[1].split_whitespace().collect();
            assert_eq!(it["debug"]["enabled"], json!(names), "{event:?}");
            return 3 + names.len();
        }
        _ => {}
    }
    let (mut compared, mut maximum) = (3, false);
    for text in &event.text {
        maximum = match &text[..] {
            "Pre-set maximums:" => true,
            "Current hardware settings:" => false,
            _ => maximum,
        };
        for (name, shown) in pairs(text) {
            let Some(field) = field(event.setting, &name, maximum) else {
                continue;
            };
            let ours = match (&it[event.setting][&field], event.setting, &field[..]) {
                (Value::Null, ..) => "n/a".to_owned(),
                (Value::Bool(set), ..) => (if *set { "on" } else { "off" }).to_owned(),
                (speed, _, "speed") => format!("{speed}mb/s"),
                // The bit of the kernel that says that there is no encoding is called None.
                (Value::String(none), "fec", _) if none == "None" => "off".to_owned(),
                (Value::String(text), ..) => text.to_lowercase(),
                (other, ..) => other.to_string(),
            };
            assert_shown(&shown.to_lowercase(), &json!(ours), &(&name, event), line);
            compared += 1;
        }
        if let Some(shown) = text.strip_prefix("Supported/Configured FEC encodings: ") {
            let fec = &it["fec"];
            let auto = (fec["auto"] == true).then_some("Auto");
            let modes = fec["modes"].as_array().unwrap().iter();
            let ours: Vec<_> = auto
                .into_iter()
                .chain(modes.map(|it| it.as_str().unwrap()))
                .collect();
            // `BaseR` is BASER of the kernel's names.
            let ours = ours.join(" ").to_lowercase();
            assert_shown(&shown.to_lowercase(), &json!(ours), &event, line);
            compared += 1;
        }
    }
    assert!(compared > 3, "{event:?}");
    compared
}

/// Runs the commands while `ethtool --monitor` runs, and compares.
fn judge(ns: &Namespace, commands: &str, least: usize) {
    ns.run("ip link add first type veth peer name last");
    let mut stream = ns.synced(&["--family", "ethtool"]);
    let on = Cell::new(false);
    let toggle = |device: &str| {
        on.set(!on.get());
        let state = if on.get() { "on" } else { "off" };
        ns.run(&format!("ethtool -K {device} tx-nocache-copy {state}"));
    };
    let monitor = Monitor::start(ns, "ethtool --monitor", "Features for first:", || {
        toggle("first")
    });
    ns.run(commands);
    ns.run("ethtool -K last tx-nocache-copy on");
    let text = monitor.until("Features for last:");
    stream.wait_for("the last change", |line| {
        line["ethtool"]["dev"] == "last" && line["op"] == "change"
    });
    let is_marker = |dev: &str| ["first", "last"].contains(&dev);
    let mut events = events(&text);
    events.retain(|event| !is_marker(&event.device));
    let lines = events_of_kernel(&stream, "ethtool", |line| {
        is_marker(line["ethtool"]["dev"].as_str().unwrap())
    });
    compare(&monitor, &events, &lines, &[], least, equal);
    stream.interrupt();
}

fn settings_of_virtual_devices_are_those_of_the_monitor() {
    let ns = Namespace::new();
    ns.run("ip link add v0 numtxqueues 4 numrxqueues 4 type veth peer name v1; ip tuntap add dev t0 mode tap");
    let commands = "ethtool -L v0 rx 2 tx 3
        ethtool -K v0 tso off
        ethtool -K v0 gro on
        ethtool -K v1 tx-sctp-segmentation off
        ethtool -K v0 rx off tx off
        ethtool -C t0 rx-frames 3
        ethtool -s t0 msglvl 5
        ethtool -s t0 speed 1000 duplex half
        ethtool -s t0 port fibre
        ethtool -s t0 autoneg on
        ethtool -L v0 rx 4 tx 4
        ethtool -K t0 gso off
        ethtool -C t0 rx-frames 9
        ip link set t0 up
        ethtool -K t0 gso on
        ethtool -s t0 msglvl drv on probe on link off
        ethtool -K v1 rx-gro-list on
        ethtool -K v0 tso on tx on";
    judge(&ns, commands, 16);
}

fn settings_of_an_adapter_are_those_of_the_monitor() {
    let ns = Namespace::privileged();
    let _device = FurtherDevice::new(&ns, 75, "1 4");
    let devices = ns.json("ip -j link");
    let mut names = devices.iter().map(|it| it["ifname"].as_str().unwrap());
    let dev = names.find(|name| *name != "lo").unwrap();
    let commands = "ethtool -A DEV rx off tx on
        ethtool -A DEV rx on tx off
        ethtool -C DEV rx-usecs 3 tx-frames 7 adaptive-rx on
        ethtool -C DEV rx-usecs-low 11 tx-frames-high 12 pkt-rate-low 5 sample-interval 6 stats-block-usecs 8
        ethtool -G DEV rx 12 tx 99
        ethtool -G DEV rx-mini 13 rx-jumbo 14
        ethtool -L DEV combined 1
        ethtool -L DEV combined 4
        ethtool --set-fec DEV encoding rs
        ethtool --set-fec DEV encoding auto
        ethtool --set-fec DEV encoding baser
        ethtool -K DEV hw-tc-offload on
        ethtool -K DEV gro off";
    judge(&ns, &commands.replace("DEV", dev), 12);
}

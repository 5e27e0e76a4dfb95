//! `devlink monitor` beside lines of the kinds of devlink.

use serde_json::{Value, json};

use super::{Monitor, Unprinted, assert_shown, compare, events_of_kernel};
use crate::devlink::{Device, FurtherDevice};

crate::trial::trials! {
    events_of_an_adapter_are_those_of_the_monitor(GuestNetdevsim, Program("devlink"), Program("stdbuf")),
}

/// The number of the device that makes the first and last event.
const MARKER: u32 = 73;

/// What `devlink` prints of a message.
#[derive(Debug)]
struct Event {
    /// `port`, `trap-group`, …
    object: String,
    /// `new`, `del`, `status`, …
    verb: String,
    /// Bus, device, and the index or name of some objects; empty if the tool omits it.
    handle: Vec<String>,
    /// Names, and after each its value.
    words: Vec<String>,
}

fn events(text: &str) -> Vec<Event> {
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        match (line.starts_with('['), blocks.last_mut()) {
            (false, Some(block)) => *block += &format!(" {line}"),
            _ => blocks.push(line.to_owned()),
        }
    }
    let event = |block: &String| {
        let (head, rest) = block[1..].split_once(']').unwrap();
        let (object, verb) = head.split_once(',').unwrap();
        let (handle, rest) = match rest.trim().split_once(':') {
            Some((handle, rest)) if !handle.contains(' ') => (handle, rest.trim()),
            _ => ("", rest.trim()),
        };
        // Counters of packets, and of reloads.
        let rest = rest.split("stats:").next().unwrap();
        let words = match rest.strip_prefix("msg ") {
            // A message has blanks.
            Some(message) => {
                let (message, numbers) = message.rsplit_once(" done ").unwrap();
                let mut words = vec!["msg".to_owned(), message.to_owned(), "done".to_owned()];
                words.extend(numbers.split_whitespace().map(str::to_owned));
                words
            }
            None => {
                let words = rest.split_whitespace().filter(|word| *word != "values:");
                words.map(str::to_owned).collect()
            }
        };
        Event {
            object: object.to_owned(),
            verb: verb.to_owned(),
            handle: handle
                .split('/')
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
                .collect(),
            words,
        }
    };
    blocks.iter().map(event).collect()
}

/// The message type of an event.
fn message(event: &Event) -> String {
    let verb = match &event.verb[..] {
        "new" => "NEW",
        "del" => "DEL",
        _ => "",
    };
    let name = match (&event.object[..], &event.verb[..]) {
        ("dev", _) => verb.to_owned(),
        ("health", "status") => "HEALTH_REPORTER_RECOVER".to_owned(),
        ("flash", "begin") => "FLASH_UPDATE".to_owned(),
        ("flash", verb) => format!("FLASH_UPDATE_{}", verb.to_uppercase()),
        (object, _) => format!("{}_{verb}", object.replace('-', "_").to_uppercase()),
    };
    format!("DEVLINK_CMD_{name}")
}

fn equal(event: &Event, line: &Value) -> usize {
    let kind = line["kind"].as_str().unwrap();
    let it = &line[kind];
    let context = (event, kind);
    assert_eq!(line["nl"]["type"], message(event), "{event:?}: {line}");
    let mut compared = 1;
    let last = match kind {
        "devlink_port" => "port_index",
        "devlink_region" => "name",
        _ => "",
    };
    for (shown, field) in event.handle.iter().zip(["bus_name", "dev_name", last]) {
        assert_shown(shown, &it[field], &context, line);
        compared += 1;
    }
    let has = |object: &Value, snapshot: &str| {
        let all = object["snapshots"].as_array().into_iter().flatten();
        all.map(Value::to_string).any(|it| it == snapshot)
    };
    let mut words = event.words.chunks_exact(2);
    while let Some([name, shown]) = words.next() {
        let field = match (&event.object[..], &name[..]) {
            // The time is in the time zone of the tool.
            ("health", "last_dump_date" | "last_dump_time") => continue,
            // That a snapshot is new or gone is seen by what was before.
            ("region", "snapshot") => {
                let is_new = event.verb == "new";
                assert_eq!(has(it, shown), is_new, "{event:?}: {line}");
                assert_eq!(has(&line["old"], shown), !is_new, "{event:?}: {line}");
                compared += 1;
                continue;
            }
            ("param", "type") => {
                let generic = shown == "generic";
                assert_eq!(it["generic"] == true, generic, "{event:?}: {line}");
                compared += 1;
                continue;
            }
            ("param", "cmode") => {
                let [_, value] = words.next().unwrap() else {
                    panic!("{event:?}")
                };
                assert_shown(value, &it[shown], &context, line);
                compared += 1;
                continue;
            }
            ("flash", "msg") => "status_msg",
            (_, name) => name,
        };
        // Of a flag that is not set some messages have no attribute.
        let ours = match (&shown[..], &it[field]) {
            ("false", Value::Null) => &json!(false),
            (_, ours) => ours,
        };
        assert_shown(shown, ours, &context, line);
        compared += 1;
    }
    assert!(words.remainder().is_empty(), "{event:?}");
    compared
}

const UNPRINTED: &[Unprinted] = &[Unprinted {
    reason: "devlink monitor does not know the messages about rates",
    is_it: |line| line["kind"] == "devlink_rate",
}];

fn events_of_an_adapter_are_those_of_the_monitor() {
    let device = Device::new(74);
    let ns = &device.0;
    ns.run(
        "mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
         mkdir -p /lib/firmware; echo firmware >/lib/firmware/trial.bin",
    );
    let _marker = FurtherDevice::new(ns, MARKER, "1");
    let name = device.name();
    let mut stream = ns.synced(&["--family", "devlink"]);
    let mark = |value: &str| {
        ns.run(&format!(
            "devlink dev param set netdevsim/netdevsim{MARKER} name max_macs value {value} cmode driverinit"
        ));
    };
    let ready = format!("netdevsim{MARKER}: name max_macs");
    let monitor = Monitor::start(ns, "devlink monitor", &ready, || {
        mark("64");
        mark("65");
    });
    let shows =
        |pattern: &str| format!("until devlink port show | grep -q {pattern}; do sleep 0.05; done");
    let commands = format!(
        "devlink dev param set DEV name max_macs value 64 cmode driverinit
         devlink dev param set DEV name test1 value false cmode driverinit
         devlink region new DEV/dummy snapshot 7
         echo 1 >DEBUG/take_snapshot
         devlink region del DEV/dummy snapshot 7
         echo broken >DEBUG/health/break_health
         echo 2 >/sys/bus/netdevsim/devices/netdevsim74/sriov_numvfs
         devlink dev eswitch set DEV mode switchdev
         {}
         devlink port function rate set DEV/128 tx_share 10mbit tx_max 100mbit
         devlink port function rate add DEV/tenants tx_max 50mbit
         devlink port function rate set DEV/129 parent tenants
         devlink port function rate set DEV/129 noparent
         devlink port function rate del DEV/tenants
         devlink dev eswitch set DEV mode legacy
         devlink dev flash DEV file trial.bin >/dev/null
         devlink trap group set DEV group l2_drops policer 2
         devlink dev reload DEV",
        shows("pcivf")
    );
    let commands = commands.replace("DEV", &name);
    ns.run(&commands.replace("DEBUG", "/sys/kernel/debug/netdevsim/netdevsim74"));
    std::fs::write("/sys/bus/netdevsim/del_device", "74").unwrap();
    mark("4242");
    let text = monitor.until("value 4242");
    stream.wait_for("the last change", |line| {
        line["devlink_param"]["driverinit"] == "4242"
    });
    let is_marker = |dev: &str| dev == format!("netdevsim{MARKER}");
    let mut events = events(&text);
    events.retain(|event| !event.handle.get(1).is_some_and(|dev| is_marker(dev)));
    let lines = events_of_kernel(&stream, "devlink", |line| {
        is_marker(
            line[line["kind"].as_str().unwrap()]["dev_name"]
                .as_str()
                .unwrap(),
        )
    });
    compare(&monitor, &events, &lines, UNPRINTED, 150, equal);
    stream.interrupt();
}

//! `genl ctrl monitor` beside lines of the kind `genl_family`.

use serde_json::{Value, json};

use super::{Monitor, compare, events_of_kernel};
use crate::namespace::Namespace;

crate::trial::trials! {
    families_are_those_of_the_monitor(GuestModule("l2tp_netlink"), GuestModule("openvswitch"), Program("genl"), Program("stdbuf")),
}

/// The families of the modules that make the first and last event.
const FIRST: &str = "wireguard";
const LAST: &str = "team";

/// What `genl` prints of a message: it does not tell its type.
#[derive(Debug, Default)]
struct Event {
    name: String,
    id: u64,
    /// Version, size of the header, and largest attribute; a message about a group has none.
    numbers: Option<[u64; 3]>,
    commands: Vec<u64>,
    groups: Vec<(u64, String)>,
}

/// A number with or without `0x`.
fn number(text: &str) -> u64 {
    let text = text.trim();
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}

fn events(text: &str) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("Name: ") {
            let name = name.to_owned();
            events.push(Event {
                name,
                ..Event::default()
            });
            continue;
        }
        let Some(event) = events.last_mut() else {
            continue;
        };
        if let Some(rest) = line.strip_prefix("ID: ") {
            let words: Vec<_> = rest.split_whitespace().collect();
            event.id = number(words[0]);
            event.numbers = match words[1..] {
                [
                    "Version:",
                    version,
                    "header",
                    "size:",
                    header,
                    "max",
                    "attribs:",
                    most,
                ] => Some([version, header, most].map(number)),
                _ => None,
            };
        } else if let Some((_, rest)) = line.split_once("ID-") {
            match rest.split_once("name:") {
                Some((id, name)) => event.groups.push((number(id), name.trim().to_owned())),
                None => event.commands.push(number(rest)),
            }
        }
    }
    events
}

fn equal(event: &Event, line: &Value) -> usize {
    let it = &line["genl_family"];
    assert_eq!(event.name, it["name"], "{event:?}: {line}");
    assert_eq!(event.id, it["id"], "{event:?}: {line}");
    let has = |object: &Value, (id, name): &(u64, String)| {
        let groups = object["mcast_groups"].as_array();
        groups.is_some_and(|groups| groups.contains(&json!({"id": id, "name": name})))
    };
    let message = line["nl"]["type"].as_str().unwrap();
    let is_new = match message {
        "CTRL_CMD_NEWFAMILY" | "CTRL_CMD_NEWMCAST_GRP" => true,
        "CTRL_CMD_DELFAMILY" | "CTRL_CMD_DELMCAST_GRP" => false,
        other => panic!("{other}"),
    };
    let is_group = message.ends_with("MCAST_GRP");
    assert_eq!(event.numbers.is_none(), is_group, "{event:?}: {line}");
    if is_group {
        let [group] = &event.groups[..] else {
            panic!("{event:?}");
        };
        assert_eq!(has(it, group), is_new, "{event:?}: {line}");
        assert!(is_new || has(&line["old"], group), "{event:?}: {line}");
        return 5;
    }
    let numbers =
        ["version", "header_size", "max_attr"].map(|field| it[field].as_u64().unwrap_or(0));
    assert_eq!(event.numbers, Some(numbers), "{event:?}: {line}");
    let commands = it["ops"].as_array().into_iter().flatten();
    let commands: Vec<_> = commands.map(|op| op["cmd"].as_u64().unwrap()).collect();
    assert_eq!(event.commands, commands, "{event:?}: {line}");
    for group in &event.groups {
        assert!(has(it, group), "{group:?}: {line}");
    }
    let count = it["mcast_groups"].as_array().map_or(0, Vec::len);
    assert_eq!(event.groups.len(), count, "{event:?}: {line}");
    6 + commands.len() + 2 * count
}

fn families_are_those_of_the_monitor() {
    let ns = Namespace::privileged();
    // The trials' requirements have loaded some.
    ns.run(&format!(
        "modprobe -r l2tp_netlink openvswitch {FIRST} {LAST} || true"
    ));
    let mut stream = ns.synced(&["--kind", "genl_family"]);
    let monitor = Monitor::start(&ns, "genl ctrl monitor", &format!("Name: {FIRST}"), || {
        ns.run(&format!("modprobe {FIRST}; modprobe -r {FIRST}"));
    });
    ns.run(&format!(
        "for module in l2tp_netlink openvswitch gtp batman_adv tipc ila ovpn; do
             ! modprobe -q $module || modprobe -r $module
         done
         modprobe {LAST}"
    ));
    let text = monitor.until(&format!("Name: {LAST}"));
    let is_marker = |name: &str| [FIRST, LAST].contains(&name);
    stream.wait_for("the last family", |line| {
        line["genl_family"]["name"] == LAST
    });
    let mut events = events(&text);
    events.retain(|event| !is_marker(&event.name));
    let lines = events_of_kernel(&stream, "genl_family", |line| {
        is_marker(line["genl_family"]["name"].as_str().unwrap())
    });
    compare(&monitor, &events, &lines, &[], 20, equal);
    stream.interrupt();
}

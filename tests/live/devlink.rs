//! Devices of devlink, by netdevsim, which Debian's kernels lack: `fixtures/modules` builds it for a guest. Judged by devlink(8).

use serde_json::{Value, json};

use crate::namespace::Namespace;

crate::trial::trials! {
    objects_are_those_that_devlink_shows(GuestNetdevsim, Program("devlink")),
    silent_changes_of_devlink_are_read(GuestNetdevsim, Program("devlink")),
}

/// A device of netdevsim, deleted at the end.
pub(crate) struct Device(pub Namespace, u32);

impl Device {
    /// Adds the device of that number, with two ports, in a namespace of its own.
    pub(crate) fn new(number: u32) -> Self {
        let ns = Namespace::privileged();
        ns.run(&format!("echo '{number} 2' >/sys/bus/netdevsim/new_device"));
        Device(ns, number)
    }

    pub(crate) fn name(&self) -> String {
        format!("netdevsim/netdevsim{}", self.1)
    }

    /// What `devlink -j` prints under the first name.
    fn shown(&self, command: &str) -> Value {
        let text = self.0.run(&format!("devlink -j {command}"));
        let all: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        all.as_object().unwrap().values().next().unwrap().clone()
    }

    /// The objects that `devlink -j` prints of the device.
    fn listed(&self, command: &str) -> Vec<Value> {
        let shown = self.shown(command);
        let list = shown[self.name()].as_array();
        list.unwrap_or_else(|| panic!("{command}: {shown}")).clone()
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        delete(self.1);
    }
}

fn delete(number: u32) {
    let _ = std::fs::write("/sys/bus/netdevsim/del_device", number.to_string());
}

/// A device in a namespace that ends later than the device, deleted at the end.
pub(crate) struct FurtherDevice(u32);

impl FurtherDevice {
    /// Adds the device of that number. `ports` are their number, and after a blank that of the queues of each.
    pub(crate) fn new(ns: &Namespace, number: u32, ports: &str) -> Self {
        ns.run(&format!(
            "echo '{number} {ports}' >/sys/bus/netdevsim/new_device"
        ));
        FurtherDevice(number)
    }
}

impl Drop for FurtherDevice {
    fn drop(&mut self) {
        delete(self.0);
    }
}

/// Compares the values of the fields that have the same name in both. Returns their number.
fn compare(shown: &Value, object: &Value) -> usize {
    let fields = shown.as_object().unwrap();
    let fields = fields.iter().filter_map(|(name, value)| {
        // Of a flag that is not set the message has no attribute.
        let ours = match (value, &object[name]) {
            (Value::Bool(false), Value::Null) => &Value::Bool(false),
            (_, ours) => ours,
        };
        (*ours != Value::Null).then_some((name, value, ours))
    });
    fields
        .map(|(name, value, ours)| assert_eq!(value, ours, "{name}: {shown} {object}"))
        .count()
}

fn objects_are_those_that_devlink_shows() {
    let device = Device::new(71);
    let name = device.name();
    let mut stream = device.0.synced(&["--family", "devlink"]);
    for command in [
        "dev param set DEV name max_macs value 64 cmode driverinit",
        "dev param set DEV name test1 value false cmode driverinit",
        "trap set DEV trap source_mac_is_multicast action trap",
        "trap group set DEV group l2_drops policer 2",
        "trap policer set DEV policer 1 rate 100 burst 16",
        "region new DEV/dummy snapshot 7",
        "region new DEV/dummy snapshot 9",
        "region del DEV/dummy snapshot 7",
    ] {
        device
            .0
            .run(&format!("devlink {}", command.replace("DEV", &name)));
    }
    stream.wait_for("the last change", |line| {
        line["devlink_region"]["snapshots"] == json!([9])
    });
    let changed = stream.seen.iter().filter(|line| line["op"] == "change");
    let changed = changed.filter(|line| line["origin"] == "kernel").count();
    assert_eq!(changed, 5, "{:#?}", stream.seen);
    // The kernel does not announce what a program sets of traps: the quick audit finds it.
    for (kind, field, value) in [
        ("devlink_trap", "action", json!("trap")),
        ("devlink_trap_group", "policer", json!(2)),
        ("devlink_trap_policer", "rate", json!(100)),
    ] {
        let is_it = |line: &Value| line["op"] == "change" && line[kind][field] == value;
        if !stream.seen.iter().any(is_it) {
            stream.wait_for("a silent change", is_it);
        }
    }

    let ports = stream.folded("devlink_port", "port_index");
    let shown = device.shown("port show");
    assert_eq!(ports.len(), 2);
    for (index, port) in &ports {
        assert!(
            compare(&shown[format!("{name}/{index}")], port) >= 5,
            "{port}"
        );
    }
    let params = stream.folded("devlink_param", "name");
    let mut values = 0;
    let all_params = device.listed("dev param show");
    assert_eq!(params.len(), all_params.len());
    for shown in all_params {
        let param = &params[shown["name"].as_str().unwrap()];
        for value in shown["values"].as_array().unwrap() {
            let text = value["value"]
                .as_str()
                .map_or(value["value"].to_string(), str::to_owned);
            assert_eq!(param[value["cmode"].as_str().unwrap()], text, "{param}");
            values += 1;
        }
    }
    // Newer kernels have more.
    assert!(params.len() >= 2 && values >= 2, "{params:?}");
    for (kind, key, command, least) in [
        ("devlink_health", "reporter", "health show", 8),
        ("devlink_trap", "name", "trap show", 40),
        ("devlink_trap_group", "name", "trap group show", 5),
        ("devlink_trap_policer", "policer", "trap policer show", 6),
    ] {
        let objects = stream.folded(kind, key);
        let shown = device.listed(command);
        assert_eq!(objects.len(), shown.len(), "{kind}");
        let compared: usize = shown
            .iter()
            .map(|shown| {
                let name = &shown[key];
                let name = name.as_str().map_or(name.to_string(), str::to_owned);
                compare(shown, &objects[&name])
            })
            .sum();
        assert!(compared >= least, "{kind}: {compared}");
    }
    let region = &stream.folded("devlink_region", "name")["dummy"];
    let shown = &device.shown("region show")[format!("{name}/dummy")];
    assert_eq!(shown["size"], region["size"]);
    assert_eq!(shown["snapshot"], region["snapshots"]);
    let info = &stream.folded("devlink_info", "dev_name");
    assert_eq!(info.len(), 1, "{info:?}");
    assert_eq!(device.shown("dev info")[&name]["driver"], "netdevsim");
    for line in &stream.seen {
        assert_eq!(line["unparsed"], Value::Null, "{line}");
    }
    stream.interrupt();
}

/// The kernel announces neither the reporters of a new device nor its versions.
fn silent_changes_of_devlink_are_read() {
    let ns = Namespace::privileged();
    let mut stream = ns.synced(&["--family", "devlink"]);
    ns.run("echo '72 1' >/sys/bus/netdevsim/new_device");
    let device = Device(ns, 72);
    stream.wait_for("its driver", |line| {
        line["devlink_info"]["driver"] == "netdevsim"
    });
    let line = stream.wait_for("a reporter of the new device", |line| {
        line["devlink_health"]["reporter"] == "dummy"
    });
    assert_eq!(
        (&line["op"], &line["origin"]),
        (&json!("add"), &json!("inferred"))
    );
    let ns = &device.0;
    ns.run(&format!("devlink dev reload {}", device.name()));
    let line = stream.wait_for("a reload", |line| {
        line["kind"] == "devlink" && line["op"] == "change"
    });
    assert_eq!(line["changed"], json!(["reload_stats"]));
    std::fs::write("/sys/bus/netdevsim/del_device", "72").unwrap();
    stream.wait_for("the end of what the device is", |line| {
        line["kind"] == "devlink_info" && line["op"] == "delete"
    });
    stream.wait_for("the end of a reporter", |line| {
        line["kind"] == "devlink_health" && line["op"] == "delete"
    });
    stream.interrupt();
}

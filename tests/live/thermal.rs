//! Thermal zones: that of `fixtures/thermal/thermal.asl`, in a guest. Judged by /sys/class/thermal.

use std::fs;
use std::io::{Seek, SeekFrom, Write as _};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::common::{NLSTREAM, wait_until};
use crate::namespace::Stream;

crate::trial::trials! {
    zones_trips_and_devices_are_those_of_sysfs(GuestThermal),
    events_follow_what_is_done_to_a_zone(GuestThermal),
    temperatures_come_only_if_they_are_named(GuestThermal),
}

const CLASS: &str = "/sys/class/thermal";
/// The trip from which the fan cools.
const ACTIVE: &str = "trip_point_2_temp";

fn read(path: &str) -> String {
    let path = format!("{CLASS}/{path}");
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    text.trim().to_owned()
}

/// Writes to an I/O port: `thermal.asl` says which one is what.
fn put(port: u64, value: u8) {
    let mut ports = fs::File::options().write(true).open("/dev/port").unwrap();
    ports.seek(SeekFrom::Start(port)).unwrap();
    ports.write_all(&[value]).unwrap();
}

/// Sets the temperature, degrees Celsius, and waits until the kernel has read it.
fn temperature(degrees: u8) {
    put(0x2ff, degrees);
    let expected = (u32::from(degrees) * 1000).to_string();
    wait_until("the temperature", || read("thermal_zone0/temp") == expected);
}

/// Sets the temperature from which the fan cools.
fn trip(degrees: u8) {
    put(0x3ff, degrees);
    let expected = (u32::from(degrees) * 1000).to_string();
    wait_until("the trip", || {
        read(&format!("thermal_zone0/{ACTIVE}")) == expected
    });
}

fn run(script: &str) {
    let status = Command::new("bash")
        .args(["-euc", script])
        .status()
        .unwrap();
    assert!(status.success(), "{script}");
}

/// A run after its snapshot, in the first network namespace, which alone has the family.
fn synced(args: &[&str]) -> Stream {
    run("modprobe fan");
    trip(60);
    temperature(40);
    let mut command = Command::new(NLSTREAM);
    command.arg("--snapshot").args(args).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut stream = Stream::of(command.spawn().unwrap());
    stream.wait("meta", "sync");
    stream
}

/// Compares the objects with those of sysfs. Returns the number of values.
fn compare(stream: &Stream) -> usize {
    let mut compared = 0;
    let mut equal = |ours: &Value, path: &str| {
        let text = ours.as_str().map_or(ours.to_string(), str::to_owned);
        assert_eq!(text, read(path), "{path}");
        compared += 1;
    };
    let names = fs::read_dir(CLASS).unwrap();
    let names: Vec<_> = names
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    let [zones, devices] = [
        ("thermal_zone", "thermal_zone"),
        ("thermal_cooling_device", "cooling_device"),
    ]
    .map(|(kind, prefix)| {
        let objects = stream.folded(kind, "id");
        let shown = names.iter().filter(|it| it.starts_with(prefix)).count();
        assert_eq!(objects.len(), shown, "{kind}");
        objects
    });
    for (id, zone) in &zones {
        equal(&zone["name"], &format!("thermal_zone{id}/type"));
        equal(&zone["governor"], &format!("thermal_zone{id}/policy"));
    }
    for (id, device) in &devices {
        equal(&device["name"], &format!("cooling_device{id}/type"));
        if device["state"] != Value::Null {
            equal(&device["state"], &format!("cooling_device{id}/cur_state"));
        }
    }
    // The guest has one zone, so the number of a trip is its key.
    assert_eq!(zones.len(), 1);
    let trips = stream.folded("thermal_trip", "id");
    let files = fs::read_dir(format!("{CLASS}/thermal_zone0")).unwrap();
    let files: Vec<_> = files
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    let is_trip = |name: &&String| name.starts_with("trip_point_") && name.ends_with("_temp");
    assert_eq!(trips.len(), files.iter().filter(is_trip).count());
    for (id, trip) in &trips {
        let path = format!("thermal_zone0/trip_point_{id}");
        equal(&trip["type"], &format!("{path}_type"));
        equal(&trip["temp"], &format!("{path}_temp"));
        // Older kernels have it only of zones that can change it.
        if files.contains(&format!("trip_point_{id}_hyst")) {
            equal(&trip["hyst"], &format!("{path}_hyst"));
        }
    }
    for line in &stream.seen {
        assert_eq!(line["unparsed"], Value::Null, "{line}");
    }
    compared
}

fn zones_trips_and_devices_are_those_of_sysfs() {
    let stream = synced(&["--family", "thermal"]);
    // Type and policy of the zone, types of two devices, types and temperatures of three trips.
    assert!(compare(&stream) >= 10);
    stream.interrupt();
}

fn events_follow_what_is_done_to_a_zone() {
    let mut stream = synced(&["--family", "thermal"]);
    let event = |name: &'static str| move |line: &Value| line["thermal_event"]["event"] == name;
    temperature(70);
    let line = stream.wait_for("the way up", event("trip_up"));
    let crossed = &line["thermal_event"];
    assert_eq!((&crossed["zone"], &crossed["trip"]), (&json!(0), &json!(2)));
    temperature(40);
    stream.wait_for("the way down", event("trip_down"));
    for (policy, before) in [("user_space", "step_wise"), ("step_wise", "user_space")] {
        run(&format!("echo {policy} >{CLASS}/thermal_zone0/policy"));
        let line = stream.wait_for("another governor", |line| {
            line["thermal_zone"]["governor"] == policy
        });
        assert_eq!(line["op"], "change");
        assert_eq!(line["changed"], json!(["governor"]));
        assert_eq!(line["old"], json!({"governor": before}));
    }
    for (mode, name) in [("disabled", "zone_disabled"), ("enabled", "zone_enabled")] {
        run(&format!("echo {mode} >{CLASS}/thermal_zone0/mode"));
        stream.wait_for(name, event(name));
    }
    // Announced, or read by the quick audit.
    trip(50);
    let line = stream.wait_for("another temperature", |line| {
        line["thermal_trip"]["temp"] == 50_000
    });
    assert_eq!(line["changed"], json!(["temp"]));
    assert_eq!(line["old"], json!({"temp": 60_000}));
    compare(&stream);

    let driver =
        "cd /sys/bus/acpi/drivers/thermal 2>/dev/null || cd /sys/bus/platform/drivers/acpi-thermal";
    run(&format!("{driver}; echo LNXTHERM:00 >unbind"));
    let line = stream.wait_for("the end of the zone", |line| {
        line["kind"] == "thermal_zone" && line["op"] == "delete"
    });
    assert_eq!(line["thermal_zone"]["name"], "acpitz");
    // The trips go without a message.
    for _ in 0..3 {
        let line = stream.wait_for("the end of a trip", |line| {
            line["kind"] == "thermal_trip" && line["op"] == "delete"
        });
        assert_eq!(line["origin"], "inferred");
    }
    run(&format!("{driver}; echo LNXTHERM:00 >bind"));
    let line = stream.wait_for("a new zone", |line| {
        line["kind"] == "thermal_zone" && line["op"] == "add"
    });
    assert_eq!(line["origin"], "kernel");
    for _ in 0..3 {
        stream.wait_for("a trip of the new zone", |line| {
            line["kind"] == "thermal_trip" && line["op"] == "add"
        });
    }
    // The governor was read before them.
    compare(&stream);

    // Cooling devices come and go without a message, too.
    run("modprobe -r fan");
    let line = stream.wait_for("the end of the fan", |line| {
        line["kind"] == "thermal_cooling_device" && line["op"] == "delete"
    });
    assert_eq!(line["thermal_cooling_device"]["name"], "Fan");
    run("modprobe fan");
    stream.wait_for("the fan again", |line| {
        line["thermal_cooling_device"]["name"] == "Fan"
    });
    compare(&stream);
    let is_sample = event("temperature");
    assert!(!stream.seen.iter().any(is_sample));
    stream.interrupt();
}

fn temperatures_come_only_if_they_are_named() {
    let mut stream = synced(&["--family", "thermal=sampling"]);
    temperature(45);
    let line = stream.wait_for("a sample", |line| line["thermal_event"]["temp"] == 45_000);
    assert_eq!(
        line["thermal_event"],
        json!({"event": "temperature", "zone": 0, "temp": 45_000})
    );
    assert_eq!(line["nl"]["type"], "THERMAL_GENL_SAMPLING_TEMP");
    compare(&stream);
    stream.interrupt();
}

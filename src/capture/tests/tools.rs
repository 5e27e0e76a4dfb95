//! Other programs, if they are installed. CI requires tshark.

use std::path::PathBuf;
use std::process::{Command, Output};

use super::*;

/// The tool's output, if it could be run.
fn run(command: &mut Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(e) if std::env::var_os("CI").is_none() => {
            eprintln!("SKIPPED: {:?}: {e}", command.get_program());
            None
        }
        Err(e) => panic!("{:?}: {e}", command.get_program()),
    }
}

/// A file that is removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let name = format!("nlstream-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn tshark_opens_a_recording() {
    let inputs = [
        // RTM_NEWLINK of lo, a part of a dump: ifinfomsg and IFLA_IFNAME.
        Owned::Datagram(
            at(1_764_000_001, 5),
            Channel::ROUTE_DUMPS,
            message(
                16,
                2,
                1,
                2,
                &[
                    &[0, 0, 4, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..],
                    &[7, 0, 3, 0, b'l', b'o', 0, 0],
                ]
                .concat(),
            ),
        ),
        Owned::ControlRecord(at(1_764_000_001, 6), ControlRecord::Sync),
        Owned::Datagram(
            at(1_764_000_002, 7),
            Channel::ROUTE_EVENTS,
            message(24, 0x400, 9, 900, &[0; 12]),
        ),
    ];
    let mut header = header();
    header.names = tables(0..20_000);
    let file = Scratch::new("tshark.pcapng", &record(&header, &inputs));
    let mut command = Command::new("tshark");
    command
        .arg("-r")
        .arg(&file.0)
        .args(["-T", "fields", "-E", "separator=|"]);
    for field in [
        "frame.time_epoch",
        "frame.interface_name",
        "frame.len",
        "netlink-route.nltype",
        "netlink.hdr_flags",
        "netlink-route.ifla_ifname",
    ] {
        command.args(["-e", field]);
    }
    let Some(output) = run(&mut command) else {
        return;
    };
    let (lines, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{errors}");
    let lines: Vec<_> = lines.lines().collect();
    println!("{lines:#?}\n{errors}");
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0].starts_with("1764000001.000000005|dumps|56|16|0x0002"),
        "{}",
        lines[0]
    );
    assert!(
        lines[1].starts_with("1764000002.000000007|events|44|24|0x0400"),
        "{}",
        lines[1]
    );
}

/// In a user and network namespace of its own, where that is allowed.
#[test]
fn a_file_of_rtmon_is_read() {
    let file = Scratch::new("rtmon", b"");
    // rtmon never ends by itself. It listens before it writes what exists.
    let script = r#"
        size() { wc -c <"$1"; }
        longer() { for i in $(seq 50); do [ "$(size "$1")" -gt "$2" ] && return; sleep 0.1; done; }
        ip link set lo up
        rtmon file "$1" &
        longer "$1" 0
        before=$(size "$1")
        ip link set lo mtu 1400
        longer "$1" "$before"
        kill $!
    "#;
    let mut command = Command::new("unshare");
    command.args(["-rn", "sh", "-c", script, "sh"]).arg(&file.0);
    let Some(output) = run(&mut command) else {
        return;
    };
    if std::fs::metadata(&file.0).unwrap().len() == 0 {
        let errors = String::from_utf8_lossy(&output.stderr);
        eprintln!("SKIPPED: no rtmon, or no namespace: {errors}");
        return;
    }
    let mut reader = super::super::open(&file.0).unwrap();
    let (inputs, fault) = drain(&mut reader);
    assert!(fault.is_none(), "{fault:?}");
    let channels: Vec<_> = inputs
        .iter()
        .map(|input| match &input.input().data {
            InputData::Datagram(channel, bytes) => {
                let mut messages = crate::netlink::frame::Messages::new(bytes);
                (*channel, messages.next().unwrap().unwrap().kind)
            }
            InputData::Control(..) => unreachable!(),
        })
        .collect();
    assert_eq!(channels[0], (Channel::ROUTE_DUMPS, 16), "{channels:?}");
    assert!(
        channels.contains(&(Channel::ROUTE_EVENTS, 16)),
        "{channels:?}"
    );
    let now = Timestamp::now().as_second();
    for input in &inputs {
        assert!((now - 60..=now).contains(&input.input().time.0.as_second()));
    }
}

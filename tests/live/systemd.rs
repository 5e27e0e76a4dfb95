//! What a service manager does for the program: passes the socket, and hears from it.

use std::collections::BTreeSet;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::common::NLSTREAM;
use crate::common::namespace::Namespace;

/// What a shell runs before the program so that it finds the socket at descriptor 3.
const PASS: &str = r#"exec env LISTEN_FDS=1 LISTEN_PID=$$ "$@""#;

/// Makes a socket in the place of PID 1 that outlives each run, and starts the program again and
/// again while addresses come: not faster than the buffer of an unprivileged socket bears.
const KEEPER: &str = r#"
import os, socket, subprocess, sys, time
nlstream, folder, restarts = sys.argv[1], sys.argv[2], int(sys.argv[3])
kept = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
kept.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 20)
kept.bind((0, 0xffffffff))
os.dup2(kept.fileno(), 3, inheritable=True)
batch = "".join(f"address add 10.{i >> 16}.{i >> 8 & 255}.{i & 255}/32 dev lo\n" for i in range(1, 1 + 100 * restarts))
load = subprocess.Popen(["bash", "-c", "while read -r line; do echo \"$line\"; ((++n % 20)) || sleep 0.04; done | ip -batch -"], stdin=subprocess.PIPE, text=True)
def run(number):
    file = f"{folder}/{number:02}"
    child = subprocess.Popen(["bash", "-c", 'exec env LISTEN_FDS=1 LISTEN_PID=$$ "$@"', "-", nlstream, "-k", "address", "-o", file], pass_fds=[3])
    # Before that it is bash that a signal would end.
    while not os.path.exists(file) and child.poll() is None: time.sleep(0.01)
    return child
import threading
threading.Thread(target=lambda: (load.stdin.write(batch), load.stdin.close())).start()
number = 0
while load.poll() is None or number < restarts:
    child = run(number)
    time.sleep(0.15)
    child.terminate()
    assert child.wait() == 0
    number += 1
child = run(number)
time.sleep(0.5)
child.terminate()
assert child.wait() == 0
print(number)
"#;

#[test]
fn a_passed_socket_loses_nothing_over_20_restarts() {
    let Some(ns) = Namespace::new() else { return };
    if !crate::common::has("python3") {
        return crate::common::cannot_run("there is no python3");
    }
    let folder = std::env::temp_dir().join(format!("nlstream-kept-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut command = ns.command("python3");
    command.args(["-c", KEEPER, NLSTREAM, folder.to_str().unwrap(), "20"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    assert!(names.len() >= 21, "{names:?}");
    let mut told = Vec::new();
    for name in &names {
        let lines = crate::common::lines(&std::fs::read(name).unwrap());
        assert_eq!(lines[0]["op"], "start");
        let groups = lines[0]["meta"]["groups"].as_array().unwrap();
        // PID 1 could join all of the first 32; the program joined those beyond.
        for group in ["LINK", "IPV4_MROUTE_R", "NEXTHOP", "STATS"] {
            assert!(groups.contains(&group.into()), "{group}: {groups:?}");
        }
        assert!(lines.iter().all(|line| line["op"] != "gap"), "{name:?}");
        let events = lines.iter().filter(|line| line["origin"] == "kernel");
        let adds = events.filter(|line| line["nl"]["type"] == "RTM_NEWADDR");
        told.extend(adds.map(|line| line["address"]["local"].as_str().unwrap().to_owned()));
    }
    std::fs::remove_dir_all(&folder).unwrap();
    eprintln!("{} runs told {} events", names.len(), told.len());
    let unique: BTreeSet<_> = told.iter().collect();
    assert_eq!((told.len(), unique.len()), (2000, 2000));
}

#[test]
fn what_is_no_route_socket_is_refused() {
    let output = Command::new("bash")
        .args(["-c", PASS, "-", NLSTREAM])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output();
    // Descriptor 3 is not open.
    let stderr = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(stderr.contains("netlink socket"), "{stderr}");
    let script = format!("exec 3</dev/null; {PASS}");
    let output = Command::new("bash")
        .args(["-c", &script, "-", NLSTREAM])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn it_is_ready_alive_and_stopping() {
    let Some(ns) = Namespace::new() else { return };
    let path = std::env::temp_dir().join(format!("nlstream-notify-{}", std::process::id()));
    let manager = UnixDatagram::bind(&path).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut child = ns
        .command("bash")
        .args(["-c", r#"exec env WATCHDOG_PID=$$ "$@""#, "-", NLSTREAM])
        .stdout(Stdio::null())
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "400000")
        .spawn()
        .unwrap();
    let hear = || {
        let mut buffer = [0; 512];
        let length = manager.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    };
    assert!(hear().contains("READY=1"));
    let begun = std::time::Instant::now();
    for _ in 0..5 {
        assert!(hear().contains("WATCHDOG=1"));
    }
    let took = begun.elapsed();
    assert!(
        took > Duration::from_millis(700) && took < Duration::from_secs(3),
        "{took:?}"
    );
    let pid = child.id().to_string();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    while !hear().contains("STOPPING=1") {}
    assert!(child.wait().unwrap().success());
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn the_units_are_sound_and_hardly_exposed() {
    if !crate::common::has("systemd-analyze") {
        return crate::common::cannot_run("there is no systemd-analyze(1)");
    }
    let units = crate::common::root().join("packaging/systemd");
    let folder = std::env::temp_dir().join(format!("nlstream-units-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let service = std::fs::read_to_string(units.join("nlstream.service")).unwrap();
    let service = service.replace("/usr/bin/nlstream", NLSTREAM);
    std::fs::write(folder.join("nlstream.service"), service).unwrap();
    std::fs::copy(
        units.join("nlstream.socket"),
        folder.join("nlstream.socket"),
    )
    .unwrap();
    let analyze = |args: &[&str]| {
        let mut command = Command::new("systemd-analyze");
        let files = ["nlstream.service", "nlstream.socket"];
        command
            .args(args)
            .args(&files[..if args[0] == "verify" { 2 } else { 1 }]);
        command.current_dir(&folder).output().unwrap()
    };
    let verify = analyze(&["verify", "--man=no"]);
    let said = String::from_utf8_lossy(&verify.stderr).into_owned();
    let ours: Vec<_> = said
        .lines()
        .filter(|line| line.contains("nlstream"))
        .collect();
    assert!(ours.is_empty(), "{ours:#?}");
    let security = analyze(&["security", "--offline=true", "--no-pager", "--json=short"]);
    let threshold = analyze(&["security", "--offline=true", "--no-pager", "--threshold=10"]);
    std::fs::remove_dir_all(&folder).unwrap();
    let table: Value = serde_json::from_slice(&security.stdout).unwrap();
    assert!(table.as_array().unwrap().len() > 50);
    let text = String::from_utf8_lossy(&threshold.stdout).into_owned();
    let overall = text.lines().find(|line| line.contains("Overall exposure"));
    eprintln!("{}", overall.unwrap());
    assert!(threshold.status.success(), "{text}");
}

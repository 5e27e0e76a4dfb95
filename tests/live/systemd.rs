//! The protocol of a service manager: a passed socket, notifications, units.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::common::NLSTREAM;
use crate::namespace::Namespace;

crate::trial::trials! {
    passed_socket_loses_nothing_over_20_restarts(Namespace, Program("python3")),
    passed_descriptor_that_is_no_route_socket_is_refused(Program("bash")),
    readiness_watchdog_and_stopping_are_notified(Namespace),
    units_verify_and_have_low_exposure(Program("systemd-analyze")),
}

/// A shell command that starts the program with the socket of descriptor 3 passed to it.
const PASS: &str = r#"exec env LISTEN_FDS=1 LISTEN_PID=$$ "$@""#;

/// Makes a socket as PID 1 does, which outlives each run, and restarts the program while addresses
/// are added: never more than 200 ahead of the lines, which the buffer of an unprivileged socket
/// can hold.
const KEEPER: &str = r#"
import glob, os, socket, subprocess, sys, threading, time
nlstream, folder, restarts = sys.argv[1], sys.argv[2], int(sys.argv[3])
kept = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
kept.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 20)
kept.bind((0, 0xffffffff))
os.dup2(kept.fileno(), 3, inheritable=True)
load = subprocess.Popen(["ip", "-batch", "-"], stdin=subprocess.PIPE, text=True)
def written():
    return sum(open(file, "rb").read().count(b'"type":"RTM_NEWADDR"') for file in glob.glob(folder + "/*"))
def add():
    for i in range(1, 1 + 100 * restarts):
        if i % 20 == 0:
            load.stdin.flush()
            time.sleep(0.04)
            while i - written() > 200: time.sleep(0.01)
        load.stdin.write(f"address add 10.{i >> 16}.{i >> 8 & 255}.{i & 255}/32 dev lo\n")
    load.stdin.close()
def run(number):
    file = f"{folder}/{number:02}"
    child = subprocess.Popen(["bash", "-c", 'exec env LISTEN_FDS=1 LISTEN_PID=$$ "$@"', "-", nlstream, "-k", "address", "-o", file], pass_fds=[3])
    # Until the file exists the process may still be bash, which a signal would end.
    while not os.path.exists(file) and child.poll() is None: time.sleep(0.01)
    return child
threading.Thread(target=add).start()
number = 0
while load.poll() is None or number < restarts:
    child = run(number)
    time.sleep(0.15)
    child.terminate()
    assert child.wait() == 0
    number += 1
child = run(number)
while written() < 100 * restarts and child.poll() is None: time.sleep(0.01)
child.terminate()
assert child.wait() == 0
print(number)
"#;

fn passed_socket_loses_nothing_over_20_restarts() {
    let ns = Namespace::new();
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
    let mut added = Vec::new();
    for name in &names {
        let lines = crate::common::lines(&std::fs::read(name).unwrap());
        assert_eq!(lines[0]["op"], "start");
        // bind(2) joins the first 32 groups; the program joins the others.
        let refused = &lines[0]["meta"]["refused_groups"];
        assert_eq!(refused, &serde_json::Value::Null);
        assert!(lines.iter().all(|line| line["op"] != "gap"), "{name:?}");
        let events = lines.iter().filter(|line| line["origin"] == "kernel");
        let adds = events.filter(|line| line["nl"]["type"] == "RTM_NEWADDR");
        added.extend(adds.map(|line| line["address"]["local"].as_str().unwrap().to_owned()));
    }
    std::fs::remove_dir_all(&folder).unwrap();
    eprintln!("{} runs wrote {} events", names.len(), added.len());
    let unique: BTreeSet<_> = added.iter().collect();
    assert_eq!((added.len(), unique.len()), (2000, 2000));
}

fn passed_descriptor_that_is_no_route_socket_is_refused() {
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

/// Receives a datagram from a socket that has a timeout: then the kernel does not repeat the call after a signal.
pub(crate) fn receive(socket: &UnixDatagram, buffer: &mut [u8]) -> std::io::Result<usize> {
    loop {
        match socket.recv(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn readiness_watchdog_and_stopping_are_notified() {
    let ns = Namespace::new();
    let path = std::env::temp_dir().join(format!("nlstream-notify-{}", std::process::id()));
    let manager = UnixDatagram::bind(&path).unwrap();
    manager
        .set_read_timeout(Some(crate::common::PATIENCE))
        .unwrap();
    let mut child = ns
        .command("bash")
        .args(["-c", r#"exec env WATCHDOG_PID=$$ "$@""#, "-", NLSTREAM])
        .stdout(Stdio::null())
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "400000")
        .spawn()
        .unwrap();
    let next = || {
        let mut buffer = [0; 512];
        let length = receive(&manager, &mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    };
    assert!(next().contains("READY=1"));
    let begun = std::time::Instant::now();
    for _ in 0..5 {
        assert!(next().contains("WATCHDOG=1"));
    }
    let took = begun.elapsed();
    // Half of WATCHDOG_USEC apart. A busy machine may deliver them later.
    assert!(took > Duration::from_millis(700), "{took:?}");
    let pid = child.id().to_string();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    while !next().contains("STOPPING=1") {}
    assert!(child.wait().unwrap().success());
    std::fs::remove_file(&path).unwrap();
}

fn units_verify_and_have_low_exposure() {
    let units = crate::common::root().join("packaging/systemd");
    let folder = std::env::temp_dir().join(format!("nlstream-units-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["nlstream.service", "nlstream-exec@.service"] {
        let service = std::fs::read_to_string(units.join(name)).unwrap();
        let service = service.replace("/usr/bin/nlstream", NLSTREAM);
        std::fs::write(folder.join(name), service).unwrap();
    }
    std::fs::copy(
        units.join("nlstream.socket"),
        folder.join("nlstream.socket"),
    )
    .unwrap();
    let by = std::fs::read_to_string(units.join("../nlstream-by.conf")).unwrap();
    std::fs::create_dir(folder.join("nlstream.service.d")).unwrap();
    std::fs::write(folder.join("nlstream.service.d/by.conf"), &by).unwrap();
    // The guide shows its settings.
    let settings: Vec<_> = by.lines().filter(|line| !line.starts_with('#')).collect();
    let guide = crate::common::root().join("docs/operating.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    assert!(guide.contains(&settings.join("\n")), "{settings:#?}");
    let net_admin = std::fs::read_to_string(units.join("../nlstream-net-admin.conf")).unwrap();
    std::fs::write(folder.join("nlstream.service.d/net-admin.conf"), &net_admin).unwrap();
    let settings = net_admin.lines().filter(|line| !line.starts_with('#'));
    let settings: Vec<_> = settings.collect();
    let page = crate::common::root().join("docs/confinement.md");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(&settings.join("\n")), "{settings:#?}");
    // What a unit is given has to be given up, which the filter of the service itself refuses.
    for drop_in in [&by, &net_admin] {
        let mut filters = drop_in
            .lines()
            .filter_map(|line| line.strip_prefix("SystemCallFilter="));
        assert!(filters.any(|it| it.split(' ').any(|call| call == "capset")));
    }
    let analyze = |args: &[&str]| {
        let mut command = Command::new("systemd-analyze");
        let files = [
            "nlstream.service",
            "nlstream.socket",
            "nlstream-exec@hook.service",
        ];
        command
            .args(args)
            .args(&files[..if args[0] == "verify" { 3 } else { 1 }]);
        command.current_dir(&folder).output().unwrap()
    };
    let verify = analyze(&["verify", "--man=no"]);
    let messages = String::from_utf8_lossy(&verify.stderr).into_owned();
    let warnings: Vec<_> = messages
        .lines()
        .filter(|line| line.contains("nlstream"))
        .collect();
    assert!(warnings.is_empty(), "{warnings:#?}");
    // The exposure is that of the unit alone.
    std::fs::remove_dir_all(folder.join("nlstream.service.d")).unwrap();
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

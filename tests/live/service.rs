//! What a service is watched by.

use std::time::{Duration, Instant};

use crate::common::namespace::Namespace;

#[test]
fn counters_for_prometheus() {
    let Some(ns) = Namespace::new() else { return };
    let path = std::env::temp_dir().join(format!("nlstream-{}.prom", std::process::id()));
    let mut stream = ns.stream(&["--snapshot", "--metrics", path.to_str().unwrap()]);
    stream.wait("meta", "sync");
    let end = Instant::now() + Duration::from_secs(10);
    while !path.exists() {
        assert!(Instant::now() < end, "no counters");
        std::thread::sleep(Duration::from_millis(10));
    }
    ns.run("for i in 1 2 3; do ip address add 192.0.2.$i/32 dev lo; done");
    stream.wait_for("the last address", |line| {
        line["address"]["local"] == "192.0.2.3"
    });
    let (lines, _) = stream.interrupt();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let value = |name: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let line = line.unwrap_or_else(|| panic!("no {name}: {text}"));
        line.trim().parse().unwrap()
    };
    let addresses = lines.iter().filter(|l| l["kind"] == "address").count();
    assert_eq!(
        value("nlstream_lines_total{kind=\"address\"}"),
        addresses as u64
    );
    assert_eq!(value("nlstream_objects{kind=\"link\"}"), 1);
    let stop = &lines.last().unwrap()["meta"];
    assert_eq!(stop["datagrams"], value("nlstream_datagrams_total"));
    assert_eq!(value("nlstream_output_up"), 1);
    assert_eq!(value("nlstream_lost_total"), 0);
    assert!(value("nlstream_output_bytes_total") > 1000);
    let run = format!("run={}}} 1", lines[0]["run"]);
    assert!(text.contains(&run), "{text}");
    // Every family is described once, before its values.
    let mut described = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("# TYPE ") {
            Some(rest) => described.push(rest.split(' ').next().unwrap()),
            None if line.starts_with('#') => {}
            None => {
                let name = line.split(['{', ' ']).next().unwrap();
                assert_eq!(described.last(), Some(&name), "{text}");
            }
        }
    }
    let count = described.len();
    described.dedup();
    assert_eq!(described.len(), count);
}

#[test]
fn it_gives_up_what_it_does_not_need() {
    let Some(ns) = Namespace::new() else { return };
    let path = std::env::temp_dir().join(format!("nlstream-confined-{}", std::process::id()));
    let args = ["-o", path.to_str().unwrap(), "--fsync", "always"];
    // CAP_NET_ADMIN, and CAP_DAC_OVERRIDE.
    for (args, capabilities) in [(&args[..0], 1 << 12), (&args[..], 1 << 12 | 1 << 1)] {
        let mut child = ns
            .command(crate::common::NLSTREAM)
            .args(args)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let tasks = format!("/proc/{}/task", child.id());
        let field = |text: &str, name: &str| {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap();
            u64::from_str_radix(line.trim(), 16).unwrap()
        };
        let end = Instant::now() + Duration::from_secs(10);
        let confined = || {
            let tasks: Vec<_> = std::fs::read_dir(&tasks).unwrap().flatten().collect();
            let filtered = tasks.iter().filter(|task| {
                let text = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
                text.contains("Seccomp:\t2")
                    && field(&text, "CapEff:") == capabilities
                    && field(&text, "CapPrm:") == capabilities
                    && field(&text, "NoNewPrivs:") == 1
            });
            // With a file there is a thread for it.
            filtered.count() == tasks.len() && tasks.len() == if args.is_empty() { 1 } else { 2 }
        };
        while !confined() {
            assert!(Instant::now() < end, "it has more than it needs: {args:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        let pid = child.id().to_string();
        std::process::Command::new("kill")
            .arg(pid)
            .status()
            .unwrap();
        assert!(child.wait().unwrap().success());
    }
    std::fs::remove_file(path).unwrap();
}

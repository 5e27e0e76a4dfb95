//! Metrics.

use crate::common::wait_until;
use crate::namespace::Namespace;

crate::trial::trials! {
    metrics_for_prometheus(Namespace),
}

fn metrics_for_prometheus() {
    let ns = Namespace::new();
    let path = std::env::temp_dir().join(format!("nlstream-{}.prom", std::process::id()));
    let mut stream = ns.stream(&["--snapshot", "--metrics", path.to_str().unwrap()]);
    stream.wait("meta", "sync");
    wait_until("metrics", || path.exists());
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

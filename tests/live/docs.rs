//! Every command of the documentation runs, on lines that have what the command selects.

use std::path::{Path, PathBuf};

use crate::common::NLSTREAM;
use crate::namespace::Namespace;

crate::trial::trials! {
    cookbook(Namespace, LinkType("veth"), Program("jq")),
    operating_guide(Namespace, LinkType("veth"), Program("jq")),
}

/// Makes an event of each sort that the commands select.
const EVENTS: &str = "
    ip link add veth0 type veth peer name veth1
    ip link set veth1 up
    for i in 1 2; do ip link set veth0 up; sleep 0.1; ip link set veth0 down; sleep 0.1; done
    ip link set veth0 up
    ip address add 192.0.2.1/24 dev veth0
    ip route add default via 192.0.2.254
    ip route replace default via 192.0.2.253
    ip neigh replace 192.0.2.9 lladdr 02:00:00:00:00:01 dev veth0
    ip neigh replace 192.0.2.9 lladdr 02:00:00:00:00:02 dev veth0
    ip neigh replace 192.0.2.10 nud failed dev veth0
";

/// Returns a folder with a file of lines.
fn folder(ns: &Namespace, name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("nlstream-docs-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let script = format!(
        "cd {}; {NLSTREAM} --snapshot -o net.ndjson & pid=$!
         until grep -qs '\"op\":\"sync\"' net.ndjson; do sleep 0.05; done
         {EVENTS}
         until grep -q FAILED net.ndjson; do sleep 0.05; done; sleep 0.5; kill $pid; wait $pid",
        folder.display()
    );
    ns.run(&script);
    folder
}

/// Returns the commands of a page: its code blocks marked as `sh`.
fn commands(page: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(page).unwrap();
    let blocks = text.split("\n```sh\n").skip(1);
    blocks
        .map(|block| block.split("\n```").next().unwrap().to_owned())
        .collect()
}

/// Runs the commands of a page, each of which must succeed. Returns them with their output.
fn outputs(page: &str) -> Vec<(String, String)> {
    let ns = Namespace::new();
    let folder = folder(&ns, page);
    let programs = Path::new(NLSTREAM).parent().unwrap().display();
    let page = crate::common::root().join(format!("docs/{page}.md"));
    let run = |command: String| {
        let folder = folder.display();
        let output = ns.run(&format!(
            "set -o pipefail; PATH={programs}:$PATH; cd {folder}\n{command}"
        ));
        (command, output)
    };
    let all = commands(&page).into_iter().map(run).collect();
    std::fs::remove_dir_all(&folder).unwrap();
    all
}

fn cookbook() {
    let all = outputs("cookbook");
    assert!(all.len() >= 12, "{}", all.len());
    // These commands select what did not happen; all others must print something.
    let none = ["\"gap\"", "foreach inputs", ".unparsed"];
    for (command, output) in &all {
        let quiet = none.iter().any(|part| command.contains(part));
        assert_eq!(output.is_empty(), quiet, "{command}: {output}");
    }
    let of = |part: &str| &all.iter().find(|of| of.0.contains(part)).unwrap().1;
    assert!(of("uniq -c | sort -rn").contains("veth0"));
    assert!(of("the kernel").contains("192.0.2.253"));
    assert!(of("FAILED").contains("192.0.2.10"));
    assert!(of("old.lladdr").contains("02:00:00:00:00:01\t02:00:00:00:00:02"));
    assert!(of("diff").contains("> ") && of("diff").contains("192.0.2.1"));
}

fn operating_guide() {
    let all = outputs("operating");
    let of = |part: &str| &all.iter().find(|of| of.0.contains(part)).unwrap().1;
    assert!(of("--print-config").contains("rotate-size"));
    assert!(of("rcvbuf").contains("settings") || of("rcvbuf").contains("snapshot"));
    assert_eq!(of("grep"), "nlstream_lost_total 0\n");
    assert!(of("--partial").contains("veth0"));
}

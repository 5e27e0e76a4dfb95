//! Every command of the documentation runs, on lines in which all that happened which it asks for.

mod common;

use std::path::{Path, PathBuf};

use common::NLSTREAM;
use common::namespace::Namespace;

/// Makes something of everything happen.
const HAPPEN: &str = "
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

/// A folder with a file of lines.
fn folder(ns: &Namespace, name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("nlstream-docs-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let script = format!(
        "cd {}; {NLSTREAM} --snapshot -o net.ndjson & pid=$!
         until grep -qs '\"op\":\"sync\"' net.ndjson; do sleep 0.05; done
         {HAPPEN}
         until grep -q FAILED net.ndjson; do sleep 0.05; done; sleep 0.5; kill $pid; wait $pid",
        folder.display()
    );
    ns.run(&script);
    folder
}

/// The commands of a page: its blocks that are marked as `sh`.
fn commands(page: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(page).unwrap();
    let blocks = text.split("\n```sh\n").skip(1);
    blocks
        .map(|block| block.split("\n```").next().unwrap().to_owned())
        .collect()
}

/// What these commands print, each of which must succeed.
fn outputs(page: &str) -> Vec<(String, String)> {
    let Some(ns) = Namespace::new() else {
        return Vec::new();
    };
    if !common::has("jq") {
        common::cannot_run("there is no jq");
        return Vec::new();
    }
    let folder = folder(&ns, page);
    let programs = Path::new(NLSTREAM).parent().unwrap().display();
    let page = common::root().join(format!("docs/{page}.md"));
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

#[test]
fn the_cookbook() {
    let all = outputs("cookbook");
    if all.is_empty() {
        return;
    }
    assert!(all.len() >= 12, "{}", all.len());
    // What there is to find is found; these are about what did not happen.
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

#[test]
fn the_operating_guide() {
    let all = outputs("operating");
    if all.is_empty() {
        return;
    }
    let of = |part: &str| &all.iter().find(|of| of.0.contains(part)).unwrap().1;
    assert!(of("--print-config").contains("rotate-size"));
    assert!(of("rcvbuf").contains("settings") || of("rcvbuf").contains("snapshot"));
    assert_eq!(of("grep"), "nlstream_lost_total 0\n");
    assert!(of("--partial").contains("veth0"));
}

#[test]
fn every_option_of_the_pages_exists() {
    let help = String::from_utf8(common::nlstream(&["--help"]).stdout).unwrap();
    for page in ["docs/cookbook.md", "docs/operating.md", "README.md"] {
        let text = std::fs::read_to_string(common::root().join(page)).unwrap();
        let lines = text
            .lines()
            .filter(|line| line.contains("nlstream") && !line.contains("cargo"));
        let options = lines.flat_map(|line| line.split_whitespace());
        let options = options.filter_map(|word| {
            word.trim_matches(['`', '(', ',', '.', '|'])
                .strip_prefix("--")
        });
        for option in options {
            let name = option.split(['=', '`', ',', ';', '|', ')']).next().unwrap();
            let known = help.contains(&format!("--{name}"))
                || ["at", "partial", "run", "unbuffered", "release", "now"].contains(&name);
            assert!(known || name.is_empty(), "{page}: --{name}");
        }
    }
}

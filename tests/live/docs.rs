//! Every command of the documentation runs, on lines that have what the command selects.

use std::path::{Path, PathBuf};

use crate::common::NLSTREAM;
use crate::namespace::Namespace;

crate::trial::trials! {
    cookbook(Namespace, LinkType("veth"), Program("jq")),
    filters(Namespace, LinkType("veth"), Program("jq")),
    hooks(Namespace, LinkType("veth"), Program("jq")),
    operating_guide(Namespace, LinkType("veth"), Program("jq")),
}

/// Makes an event of each sort that the commands select. At the end the kernel changes nothing more
/// by itself.
const EVENTS: &str = "
    ip link add veth0 type veth peer name veth1
    ip link set veth1 up
    for i in 1 2 3; do ip link set veth0 up; ip link set veth0 down; done
    ip link set veth0 up
    ip address add 192.0.2.1/24 dev veth0
    ip route add default via 192.0.2.254
    ip route replace default via 192.0.2.253
    ip neigh replace 192.0.2.9 lladdr 02:00:00:00:00:01 dev veth0
    ip neigh replace 192.0.2.9 lladdr 02:00:00:00:00:02 dev veth0
    ip neigh del 192.0.2.9 dev veth0
    ip neigh replace 192.0.2.9 lladdr 02:00:00:00:00:03 dev veth0
    echo >/dev/udp/192.0.2.10/9
    until ip neigh show 192.0.2.10 | grep -q FAILED; do sleep 0.05; done
    ip route add table 77 198.51.100.0/24 via 192.0.2.254
    while ip -6 address show tentative | grep -q tentative; do sleep 0.05; done
    ip link set veth0 down
";

/// Returns a folder with a file of lines.
fn folder(ns: &Namespace, name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("nlstream-docs-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let script = format!(
        "cd {}; {NLSTREAM} --snapshot -o net.ndjson & pid=$!
         until grep -qs '\"op\":\"sync\"' net.ndjson; do sleep 0.05; done
         {EVENTS}
         until grep -q '\"op\":\"delete\".*\"dst\":\"0.0.0.0/0\"' net.ndjson; do sleep 0.05; done
         size=0; until [ $size = $(stat -c %s net.ndjson) ]; do size=$(stat -c %s net.ndjson); sleep 1.5; done
         kill $pid; wait $pid",
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

/// Runs the commands of a page, each of which must succeed. Returns them with their output, and the
/// namespace.
fn outputs(page: &str) -> (Namespace, Vec<(String, String)>) {
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
    (ns, all)
}

/// The rows of a command's output, without the column of the time if there is one.
fn rows(output: &str) -> Vec<Vec<&str>> {
    fn columns(line: &str) -> Vec<&str> {
        let columns = line.split_whitespace();
        columns
            .filter(|column| column.parse::<jiff::Timestamp>().is_err())
            .collect()
    }
    output.lines().map(columns).collect()
}

fn filters() {
    let (_ns, all) = outputs("filters");
    assert!(all.len() >= 3, "{}", all.len());
    for (command, output) in &all {
        assert!(!output.is_empty(), "{command}");
    }
}

fn hooks() {
    let (_ns, all) = outputs("hooks");
    for (command, output) in &all {
        assert!(output.contains(r#"["veth1","DOWN""#), "{command}: {output}");
    }
    assert_eq!(all.len(), 1);
}

fn cookbook() {
    let (ns, all) = outputs("cookbook");
    assert!(all.len() >= 12, "{}", all.len());
    // These commands select what did not happen; all others must print something.
    let none = ["\"gap\"", "foreach inputs", ".unparsed"];
    for (command, output) in &all {
        let quiet = none.iter().any(|part| command.contains(part));
        assert_eq!(output.is_empty(), quiet, "{command}: {output}");
    }
    let of = |part: &str| -> &str { &all.iter().find(|of| of.0.contains(part)).unwrap().1 };

    // The script enabled veth0 four times, and disabled it four times.
    let states = rows(of("\"up\" else"));
    let of_veth0: Vec<_> = states
        .iter()
        .filter(|row| row[0] == "veth0")
        .map(|row| row[1])
        .collect();
    assert_eq!(of_veth0, ["up", "down"].repeat(4));
    let downs = rows(of("| .ifname' net.ndjson | sort"));
    assert!(downs.contains(&vec!["4", "veth0"]), "{downs:?}");

    let happened = crate::common::lines(of("object: .[.kind]").as_bytes());
    assert_eq!(
        (&happened[0]["kind"], &happened[0]["op"]),
        (&"link".into(), &"add".into())
    );
    let added: Vec<_> = happened
        .iter()
        .filter(|it| {
            it["op"] == "add" && it["kind"] == "address" && it["object"]["family"] == "inet"
        })
        .map(|it| it["object"]["local"].as_str().unwrap())
        .collect();
    assert_eq!(added, ["192.0.2.1"]);
    for it in &happened {
        let op = it["op"].as_str().unwrap();
        assert!(["add", "change", "delete", "present"].contains(&op), "{it}");
        assert!(
            op != "change" || it["changed"] != serde_json::json!([]),
            "{it}"
        );
    }

    // The program `ip` made the first two, and the kernel removed the route with the device.
    let routes = rows(of("0.0.0.0/0"));
    let short: Vec<_> = routes.iter().map(|row| (row[1], row[4] == "the")).collect();
    let gone = "192.0.2.253";
    assert_eq!(short, [("192.0.2.254", false), (gone, false), (gone, true)]);
    assert_eq!((routes[0][0], routes[2][0]), ("add", "delete"));

    let mut tables = std::collections::BTreeMap::<String, usize>::new();
    for family in ["-4", "-6"] {
        for route in ns.json(&format!("ip -j {family} route show table all")) {
            let table = route
                .get("table")
                .map_or("main", |table| table.as_str().unwrap());
            *tables.entry(table.to_owned()).or_default() += 1;
        }
    }
    let counts = rows(of("'.route.table'"));
    let counts = counts
        .iter()
        .map(|row| (row[1].to_owned(), row[0].parse().unwrap()));
    assert_eq!(counts.collect::<std::collections::BTreeMap<_, _>>(), tables);

    assert_eq!(rows(of("FAILED")), [["1", "192.0.2.10", "veth0"]]);
    // The commands saw what jq finds in the file.
    let changes = |text: &str| -> Vec<String> {
        let all = rows(text).into_iter().filter(|row| row.len() == 2);
        all.filter(|row| row[0] == "veth0")
            .map(|row| row[1].to_owned())
            .collect()
    };
    let states = changes(of("jq -r .link.operstate"));
    assert!(
        states.len() >= 8
            && states
                .iter()
                .all(|it| ["UP", "DOWN", "LOWERLAYERDOWN"].contains(&&**it)),
        "{states:?}"
    );
    let burst = format!("veth0 changed {} times", states.len());
    assert!(
        of("NLSTREAM_EVENTS").lines().any(|line| line == burst),
        "{burst}"
    );

    let lladdr = |number: u8| format!("02:00:00:00:00:0{number}");
    let [one, two, three] = [1, 2, 3].map(lladdr);
    assert_eq!(
        rows(of("$line.neigh.lladdr")),
        [["192.0.2.9", &one, &two], ["192.0.2.9", &two, &three]]
    );

    // There were only the addresses of lo at first.
    let locals = |lines: Vec<serde_json::Value>| {
        let infos = lines
            .iter()
            .flat_map(|link| link["addr_info"].as_array().unwrap().clone());
        let mut locals: Vec<_> = infos
            .map(|it| it["local"].as_str().unwrap().to_owned())
            .collect();
        locals.sort();
        locals
    };
    let mut new: Vec<_> = of("diff")
        .lines()
        .filter_map(|line| line.strip_prefix("> "))
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|object| object["kind"] == "address")
        .map(|object| object["address"]["local"].as_str().unwrap().to_owned())
        .collect();
    new.sort();
    let mut now = locals(ns.json("ip -j address"));
    let old = locals(ns.json("ip -j address show dev lo"));
    now.retain(|local| !old.contains(local));
    assert_eq!(new, now);
}

fn operating_guide() {
    let (_ns, all) = outputs("operating");
    let of = |part: &str| &all.iter().find(|of| of.0.contains(part)).unwrap().1;
    assert!(of("--print-config").contains("rotate-size"));
    assert!(of("rcvbuf").contains("settings") || of("rcvbuf").contains("snapshot"));
    assert_eq!(of("grep"), "nlstream_lost_total 0\n");
    assert!(of("--partial").contains("veth0"));
}

//! Every command of the README and of the pages in `docs/` runs, over one scenario, and each answer is
//! compared with what was done to the kernel or with what `ip` says.
//!
//! A page is Markdown. A code block marked `sh` is a command, and a block marked `text` after it is a part
//! of its output. A comment `<!-- not run: REASON -->` before a block excludes it.

mod answers;

use std::path::{Path, PathBuf};

use crate::common::NLSTREAM;
use crate::namespace::Namespace;
use answers::{COOKBOOK, FAQ, FILTERS, GUIDE, HOOKS, NFTABLES, OPERATING, README, WHO};

crate::trial::trials! {
    readme(Namespace, LinkType("veth"), LinkType("bridge"), Program("jq"), Program("bridge")),
    guide(Namespace, LinkType("veth"), LinkType("bridge"), Program("jq"), Program("bridge")),
    faq(Namespace, LinkType("veth"), LinkType("bridge"), Program("jq"), Program("bridge")),
    cookbook(Namespace, Mounts, LinkType("veth"), LinkType("bridge"), Program("jq"), Program("bridge"), Program("ethtool"), Program("tc")),
    who(Bpf, LinkType("veth"), Program("jq")),
    filters(Namespace, LinkType("veth"), LinkType("bridge"), Program("jq"), Program("bridge")),
    hooks(Namespace, LinkType("veth"), LinkType("bridge"), Program("jq"), Program("bridge")),
    operating(Namespace, LinkType("veth"), LinkType("bridge"), Program("jq"), Program("bridge")),
    nftables(Namespace, Program("jq"), Program("nft")),
    every_page_is_run(),
}

/// Makes an event of each sort that the commands select. At the end the kernel changes nothing more
/// by itself.
const EVENTS: &str = "
    ip link add veth0 type veth peer name veth1
    ip link set veth1 up
    for i in 1 2 3; do ip link set veth0 up; ip link set veth0 down; done
    ip link set veth0 up
    ip address add 192.0.2.1/24 dev veth0
    ip address add 192.0.2.77/24 dev veth0 valid_lft 3600 preferred_lft 1800
    ip route add default via 192.0.2.254
    ip route replace default via 192.0.2.253
    ip route add 203.0.113.0/24 via 192.0.2.254 proto bgp
    ip route del 203.0.113.0/24
    ip neigh replace 192.0.2.9 lladdr 02:00:00:00:00:01 dev veth0
    ip neigh replace 192.0.2.9 lladdr 02:00:00:00:00:02 dev veth0
    ip neigh del 192.0.2.9 dev veth0
    ip neigh replace 192.0.2.9 lladdr 02:00:00:00:00:03 dev veth0
    echo >/dev/udp/192.0.2.10/9
    until ip neigh show 192.0.2.10 | grep -q FAILED; do sleep 0.05; done
    ip route add table 77 198.51.100.0/24 via 192.0.2.254
    ip rule add from 192.0.2.0/24 lookup 77 priority 500
    ip rule del from 192.0.2.0/24 lookup 77 priority 500
    ip link set veth0 mtu 1400
    ip link set veth1 promisc on
    ip link set veth1 address 02:00:00:00:00:11
    ip link add br0 type bridge
    ip link add p0 type veth peer name q0
    ip link add p1 type veth peer name q1
    ip link set p0 master br0
    ip link set p1 master br0
    bridge fdb add 02:00:00:00:00:aa dev p0 master static
    bridge fdb replace 02:00:00:00:00:aa dev p1 master static
    ip link set p0 nomaster
    ip link set p0 name lan0
    ip -6 address add 2001:db8::1/64 dev veth1 nodad
    ip -6 address add 2001:db8::1/64 dev veth0
    until ip -6 address show dev veth0 | grep -q dadfailed; do sleep 0.05; done
    while ip -6 address show tentative | grep inet6 | grep -qv dadfailed; do sleep 0.05; done
    ip link del br0
    ip link set veth0 down
";

/// How the answer of a command is judged.
enum Answer {
    /// It has these rows, in any order, and no others. Columns that are times are left out; `*` stands
    /// for any word.
    Rows(&'static [&'static str]),
    /// The same, and it may have others.
    Has(&'static [&'static str]),
    /// It is empty: nothing happened that the command selects.
    Nothing,
    Check(fn(&Namespace, &str)),
    /// Each of its lines runs until a signal, and succeeds.
    Moments,
    /// Only the sample after the block says what it prints.
    Sample,
}

use Answer::{Check, Has, Moments, Nothing, Rows, Sample};

/// For a part of each command of a page, its answer.
type Answers = &'static [(&'static str, Answer)];

/// A code block of a page.
#[derive(Debug)]
struct Block {
    command: String,
    /// The lines of the block after it that is marked as `text`.
    sample: Vec<String>,
}

/// Returns the commands of a page, in their order.
fn blocks(page: &str) -> Vec<Block> {
    let file = crate::common::root().join(page);
    let text = std::fs::read_to_string(file).unwrap();
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = text.lines();
    let mut before = "";
    // The block just before, if nothing but empty lines followed it.
    let mut is_after_command = false;
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let body = lines.by_ref().take_while(|line| *line != "```");
            let body: Vec<_> = body.map(str::to_owned).collect();
            let is_run = match before.strip_prefix("<!-- not run: ") {
                Some(reason) => {
                    assert!(reason.len() > 8, "{page}: no reason: {before}");
                    false
                }
                None => true,
            };
            match kind {
                "sh" if is_run => {
                    blocks.push(Block {
                        command: body.join("\n"),
                        sample: Vec::new(),
                    });
                    is_after_command = true;
                }
                "text" if is_after_command => blocks.last_mut().unwrap().sample = body,
                _ => is_after_command = false,
            }
        } else if !line.is_empty() {
            is_after_command = false;
        }
        if !line.is_empty() {
            before = line;
        }
    }
    blocks
}

/// Makes a folder with a file of lines, and other files that the pages name.
fn folder(ns: &Namespace, name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("nlstream-docs-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let script = format!(
        "cd {}; {NLSTREAM} --snapshot -o net.ndjson --record capture.pcap & pid=$!
         until grep -qs '\"op\":\"sync\"' net.ndjson; do sleep 0.05; done
         printf '#!/bin/sh\\ncat >/dev/null\\n' >hook; chmod +x hook
         {EVENTS}
         until grep -q '\"op\":\"delete\".*\"dst\":\"0.0.0.0/0\"' net.ndjson; do sleep 0.05; done
         size=0; until [ $size = $(stat -c %s net.ndjson) ]; do size=$(stat -c %s net.ndjson); sleep 1.5; done
         kill $pid; wait $pid
         {NLSTREAM} replay {fixtures}/xfrm-state/capture.pcapng >ipsec.ndjson
         {NLSTREAM} replay {fixtures}/conntrack/capture.pcapng >flows.ndjson",
        folder.display(),
        fixtures = crate::common::root().join("fixtures").display()
    );
    ns.run(&script);
    folder
}

/// Runs the commands of a page and judges their answers. Each command has one answer, and each answer a
/// command.
fn run(page: &str, answers: Answers) {
    let ns = Namespace::new();
    let name = page.trim_start_matches("docs/").trim_end_matches(".md");
    let folder = folder(&ns, name);
    judge(page, answers, &ns, &folder);
}

/// The same, of commands that run in this folder.
fn judge(page: &str, answers: Answers, ns: &Namespace, folder: &Path) {
    let programs = std::path::Path::new(NLSTREAM).parent().unwrap().display();
    let setup = format!(
        "set -o pipefail; PATH={programs}:$PATH; cd {}\n",
        folder.display()
    );
    let blocks = blocks(page);
    assert_eq!(blocks.len(), answers.len(), "{page}: {blocks:#?}");
    let mut used = vec![0; answers.len()];
    for Block { command, sample } in &blocks {
        let fits =
            |(at, (part, _)): &(usize, &(&str, Answer))| used[*at] == 0 && command.contains(part);
        let found = answers.iter().enumerate().find(fits);
        let (at, (_, answer)) = found.unwrap_or_else(|| panic!("{page}: no answer: {command}"));
        used[at] += 1;
        if let Moments = answer {
            moments(ns, &setup, command);
            continue;
        }
        let output = ns.run(&format!("{setup}{command}"));
        compare_sample(command, sample, &output);
        match answer {
            Rows(rows) => compare(command, &output, rows, true),
            Has(rows) => compare(command, &output, rows, false),
            Nothing => assert_eq!(output, "", "{command}"),
            Check(check) => check(ns, &output),
            Sample => assert!(!sample.is_empty(), "{command}"),
            Moments => {}
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// Runs each line for a moment. One that goes on is ended as by Ctrl-C, and must succeed then.
fn moments(ns: &Namespace, setup: &str, block: &str) {
    for line in block.lines() {
        let command = line.split(" # ").next().unwrap().trim_end();
        let command =
            command.replacen("nlstream", "timeout --preserve-status -s INT 5 nlstream", 1);
        // The lines of the scenario do not reach back an hour.
        let most = usize::from(command.contains("-1h"));
        let status = format!("[ ${{PIPESTATUS[0]}} -le {most} ]");
        ns.run(&format!("{setup}set +e; {command} >/dev/null; {status}"));
    }
}

/// The words of a row, without those that are times.
fn words(line: &str) -> Vec<&str> {
    let words = line.split_whitespace();
    words
        .filter(|word| word.parse::<jiff::Timestamp>().is_err())
        .collect()
}

/// Returns true if the row has the words of the pattern.
fn is_like(row: &[&str], pattern: &str) -> bool {
    let pattern: Vec<_> = pattern.split(' ').collect();
    let mut pairs = row.iter().zip(&pattern);
    row.len() == pattern.len() && pairs.all(|(word, like)| word == like || *like == "*")
}

fn compare(command: &str, output: &str, expected: &[&str], is_all: bool) {
    let mut rows: Vec<_> = output.lines().map(words).collect();
    for pattern in expected {
        let at = rows.iter().position(|row| is_like(row, pattern));
        let at = at.unwrap_or_else(|| panic!("no row {pattern}: {command}\n{output}"));
        rows.remove(at);
    }
    assert!(!is_all || rows.is_empty(), "{rows:?}: {command}\n{output}");
}

/// The lines of a sample are those of the output, in order, apart from times; `…` stands for any lines.
fn compare_sample(command: &str, sample: &[String], output: &str) {
    let without_time = |line: &str| match line
        .strip_prefix('[')
        .and_then(|line| line.split_once("] "))
    {
        Some((_, rest)) => rest.to_owned(),
        None => line.to_owned(),
    };
    let mut lines = output.lines().map(without_time);
    for line in sample.iter().filter(|line| *line != "…") {
        let line = without_time(line);
        assert!(
            lines.any(|it| it == line),
            "no line {line}: {command}\n{output}"
        );
    }
}

fn readme() {
    run("README.md", README);
}

fn guide() {
    run("docs/guide.md", GUIDE);
}

fn faq() {
    run("docs/faq.md", FAQ);
}

/// Changes of a setting of ethtool, into another file.
const SETTING: &str = "
    PROGRAM --family ethtool --snapshot -o eth.ndjson & pid=$!
    until grep -qs '\"op\":\"sync\"' eth.ndjson; do sleep 0.05; done
    ethtool -K veth1 tx-sctp-segmentation off
    until grep -q '\"op\":\"change\"' eth.ndjson; do sleep 0.05; done
    kill $pid; wait $pid
";

/// Two namespaces with the same address, and a device that moves.
const NAMESPACES: &str = "
    PROGRAM --all-netns --snapshot -o ns.ndjson & pid=$!
    until grep -qs '\"op\":\"sync\"' ns.ndjson; do sleep 0.05; done
    ip -n red link add v0 type veth peer name v1
    ip -n red address add 192.0.2.1/24 dev v0
    ip -n red link set v1 netns blue
    until grep -q moved_from ns.ndjson; do sleep 0.05; done
    ip -n blue address add 192.0.2.1/24 dev v1
    until grep -q '\"op\":\"add\".*\"ifname\":\"v1\",\"address\"' ns.ndjson; do sleep 0.05; done
    kill $pid; wait $pid
";

fn cookbook() {
    let ns = Namespace::new();
    let folder = folder(&ns, "cookbook");
    let inside = |script: &str| {
        format!(
            "cd {}\n{}",
            folder.display(),
            script.replace("PROGRAM", NLSTREAM)
        )
    };
    ns.run(&inside(SETTING));
    crate::netns::host(&["red", "blue"]).run(&inside(NAMESPACES));
    judge("docs/cookbook.md", COOKBOOK, &ns, &folder);
}

/// Changes by two programs, and by the kernel.
const REQUESTS: &str = "
    ip link add veth0 type veth peer name veth1
    ip link set veth1 up; ip link set veth0 up
    ip address add 192.0.2.1/24 dev veth0
    ip route add default via 192.0.2.254
    cp $(command -v ip) other
    ./other route replace default via 192.0.2.253
    ./other route add 198.51.100.0/24 via 192.0.2.2 proto static
    ./other link set veth0 mtu 1400
    ip link set veth0 down
    until grep -q '\"op\":\"delete\".*\"dst\":\"0.0.0.0/0\"' who.ndjson; do sleep 0.05; done
";

fn who() {
    let ns = Namespace::privileged();
    let name = format!("nlstream-docs-who-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    ns.run(&format!(
        "cd {}
         {NLSTREAM} --with by --snapshot -o who.ndjson & pid=$!
         until grep -qs '\"op\":\"sync\"' who.ndjson; do sleep 0.05; done
         {REQUESTS}
         kill $pid; wait $pid",
        folder.display()
    ));
    judge("docs/who.md", WHO, &ns, &folder);
}

fn filters() {
    run("docs/filters.md", FILTERS);
}

fn hooks() {
    run("docs/hooks.md", HOOKS);
}

fn operating() {
    run("docs/operating.md", OPERATING);
}

/// Changes of a ruleset, by two programs.
const RULESET: &str = "
    nft add rule inet fw input tcp dport 443 accept comment '\"web\"'
    nft chain inet fw input '{ policy drop; }'
    nft add element inet fw blocked '{ 192.0.2.7, 192.0.2.8 }'
    nft delete element inet fw blocked '{ 192.0.2.8 }'
    cp $(command -v nft) other
    ./other delete rule inet fw input handle $(nft -a list chain inet fw input | sed -n 's/.*\"web\" # handle //p')
    nft add table inet last_change
";

fn nftables() {
    let ns = Namespace::new();
    let name = format!("nlstream-docs-nftables-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    ns.run(&format!(
        "cd {}
         nft add table inet fw; nft add set inet fw blocked '{{ type ipv4_addr; }}'
         nft add chain inet fw input '{{ type filter hook input priority 0; }}'
         {NLSTREAM} --family nftables --with by --snapshot -o fw.ndjson --record fw.pcapng & pid=$!
         until grep -qs '\"op\":\"sync\"' fw.ndjson; do sleep 0.05; done
         {RULESET}
         until grep -q last_change fw.ndjson; do sleep 0.05; done
         kill $pid; wait $pid",
        folder.display()
    ));
    judge("docs/nftables.md", NFTABLES, &ns, &folder);
}

/// A page with commands that no trial above runs would be a page whose commands nobody tries.
fn every_page_is_run() {
    let run = [
        "guide",
        "faq",
        "cookbook",
        "filters",
        "hooks",
        "operating",
        "nftables",
        "who",
    ];
    for entry in std::fs::read_dir(crate::common::root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let page = name.trim_end_matches(".md");
        let is_run = run.contains(&page);
        assert!(
            is_run || blocks(&format!("docs/{name}")).is_empty(),
            "{name}"
        );
    }
}

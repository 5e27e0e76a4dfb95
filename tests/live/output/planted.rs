//! Folders that other users may write to: whatever they plant there is refused, and stays as it is.

use std::process::{Output, Stdio};

use super::service::{Service, add, address, chain, lines};
use crate::common::{NLSTREAM, wait_until};
use crate::namespace::Namespace;

crate::trial::trials! {
    planted_entries_are_refused_and_stay_as_they_are(Users),
    folders_in_which_others_replace_files_are_refused(Users),
    planted_archive_names_are_neither_read_nor_replaced(Users, Program("zstd")),
    a_file_keeps_its_owner_when_it_is_rotated(Users),
    a_file_that_can_only_grow_is_continued_after_a_torn_line(Users, AppendOnly),
}

/// The user who plants, and owns nothing else.
const NOBODY: &str = "setpriv --reuid 65534 --regid 65534 --clear-groups";

/// Returns a namespace with root's `/mnt/safe`, a victim in it, and `/mnt/shared` with this owner and
/// mode.
fn with_shared(owner: u32, mode: &str) -> Namespace {
    let ns = Namespace::with_users();
    ns.run(&format!(
        "mount -t tmpfs -o mode=755 disk /mnt; cd /mnt; mkdir safe shared
         echo secret >safe/victim; chmod 600 safe/victim
         chown {owner}:{owner} shared; chmod {mode} shared
         {NOBODY} true"
    ));
    ns
}

/// Type, mode, owner, links, size, times, target and content of everything there.
fn everything(ns: &Namespace, folder: &str) -> String {
    ns.run(&format!(
        "find {folder} -printf '%p %y %m %U:%G %n %s %T@ %l\\n' | sort; find {folder} -type f | sort | xargs -r sha256sum"
    ))
}

/// Runs the program for a moment, or with `--exit` until the snapshot is complete.
fn run(ns: &Namespace, args: &[&str]) -> Output {
    let time = match args.contains(&"--exit") {
        true => "30s",
        false => "100ms",
    };
    let mut command = ns.command("timeout");
    command.args(["60", NLSTREAM, "--for", time]).args(args);
    command.stdout(Stdio::null()).output().unwrap()
}

/// Scripts that plant something under the name `$1`, and what the message says about it.
const PLANTS: [(&str, &str, &str); 7] = [
    (
        "link to a file",
        "ln -s /mnt/safe/victim $1",
        "symbolic link",
    ),
    ("link to nothing", "ln -s /mnt/safe/new $1", "symbolic link"),
    ("link to a folder", "ln -s /mnt/safe $1", "symbolic link"),
    ("FIFO", "mkfifo $1", ""),
    ("directory", "mkdir $1", "irectory"),
    (
        "file",
        "echo mine >$1; chmod 666 $1",
        "belongs to another user",
    ),
    (
        "empty file",
        ": >$1; chmod 666 $1",
        "belongs to another user",
    ),
];

fn planted_entries_are_refused_and_stay_as_they_are() {
    for (owner, mode, options) in [
        (0, "1777", &[][..]),
        (0, "777", &["--insecure-dir"]),
        (65534, "755", &["--insecure-dir"]),
    ] {
        let ns = with_shared(owner, mode);
        for (option, name) in [
            ("--output", "x"),
            ("--record", "x"),
            ("--metrics", "x.prom"),
            ("--metrics", "x.prom.part"),
        ] {
            let planted = format!("/mnt/shared/{name}");
            let file = planted.trim_end_matches(".part");
            let by_root = ("hard link", "ln /mnt/safe/victim $1", "hard links");
            for (what, script, message) in PLANTS.into_iter().chain([by_root]) {
                let case = format!("{option} {what} {name} in a folder of {owner}, mode {mode}");
                // fs.protected_hardlinks does not let others make a link to root's file; where it is
                // off they can, and the link looks like this one.
                let by = if what == "hard link" { "" } else { NOBODY };
                ns.run(&format!("{by} sh -euc '{script}' sh {planted}"));
                let before = everything(&ns, "/mnt");
                let output = run(&ns, &[&[option, file], options].concat());
                let stderr = String::from_utf8_lossy(&output.stderr);
                assert_eq!(output.status.code(), Some(1), "{case}: {stderr}");
                assert!(
                    stderr.contains(&format!("/mnt/shared/{}", file.rsplit('/').next().unwrap())),
                    "{case}: {stderr}"
                );
                // A draft of another run is a regular file: of a link its type is told.
                let says = stderr.contains(message) || name.ends_with(".part");
                assert!(says, "{case}: {stderr}");
                assert_eq!(before, everything(&ns, "/mnt"), "{case}");
                ns.run(&format!("rm -rf {planted}"));
            }
            // Without the planted entry the same command succeeds, twice.
            for _ in 0..2 {
                let output = run(&ns, &[&[option, file, "--force"], options].concat());
                let stderr = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{option} {file}: {stderr}");
            }
            ns.run("rm -rf /mnt/shared/*");
        }
    }
}

fn folders_in_which_others_replace_files_are_refused() {
    for (owner, mode, is_refused) in [
        (0, "755", false),
        (0, "1777", false),
        (0, "777", true),
        (65534, "755", true),
        // The sticky bit does not restrict the owner of the folder.
        (65534, "1777", true),
    ] {
        let ns = with_shared(owner, mode);
        ns.run("mkdir /mnt/shared/sub; ln -s /mnt/shared/sub /mnt/safe/link");
        for option in ["--output", "--record", "--metrics"] {
            // Also if the folder is only on the way.
            for folder in ["shared", "shared/sub", "safe/link"] {
                let file = format!("/mnt/{folder}/x");
                let before = everything(&ns, "/mnt");
                let output = run(&ns, &[option, &file]);
                let stderr = String::from_utf8_lossy(&output.stderr);
                let case = format!("{option} {file}, {owner} {mode}: {stderr}");
                assert_eq!(output.status.success(), !is_refused, "{case}");
                if is_refused {
                    assert!(stderr.contains("the folder /mnt/shared ("), "{case}");
                    assert!(stderr.contains("--insecure-dir"), "{case}");
                    assert_eq!(before, everything(&ns, "/mnt"), "{case}");
                }
                let output = run(&ns, &[option, &file, "--insecure-dir", "--force"]);
                let stderr = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "--insecure-dir {case}: {stderr}");
                ns.run(&format!("rm -f {file}*"));
            }
        }
        // Another user who writes there with his own rights is not concerned.
        let mut command = ns.command("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        command.args([NLSTREAM, "--for", "100ms", "-o", "/mnt/shared/own"]);
        let output = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        let may_write = owner == 65534 || mode != "755";
        assert_eq!(
            output.status.success(),
            may_write,
            "{owner} {mode}: {stderr}"
        );
    }
}

fn planted_archive_names_are_neither_read_nor_replaced() {
    for (mode, options) in [("1777", &[][..]), ("777", &["--insecure-dir"])] {
        let ns = with_shared(0, mode);
        let old = "/mnt/shared/net.ndjson.20200101T00000";
        ns.run(&format!(
            "{NOBODY} sh -euc '
                ln -s /mnt/safe/victim {old}0.000Z
                mkfifo {old}1.000Z
                mkdir {old}2.000Z
                echo mine >{old}3.000Z
                ln -s /mnt/safe/victim {old}4.000Z.zst.part
                echo mine >{old}4.000Z.zst.part2
                ln -s /mnt/safe/victim {old}5.000Z.zst
                echo mine >/mnt/shared/net.ndjson.99991230T220000.999Z'
             echo whole >{old}5.000Z
             ln /mnt/safe/victim {old}6.000Z"
        ));
        let safe = everything(&ns, "/mnt/safe");
        let planted = everything(&ns, "/mnt/shared/net.ndjson.*");
        // Plants a link under every name that comes next, all the time.
        let mut attacker = ns.command("setpriv");
        attacker.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        let script =
            "cd /mnt/shared; while :; do for f in net.ndjson.20[3-9]*Z net.ndjson.202[6-9]*Z; do
                ln -s /mnt/safe/victim $f.zst.part; ln -s /mnt/safe/victim $f.zst
            done; done";
        attacker.args(["bash", "-c", script]).stderr(Stdio::null());
        let mut attacker = attacker.spawn().unwrap();
        let args = [
            &[
                "-k",
                "address",
                "--rotate-size",
                "20K",
                "--rotate-compress",
                "zstd",
            ][..],
            &["--rotate-keep", "0"],
            options,
        ]
        .concat();
        let service = Service::start(&ns, "shared/net.ndjson", &args);
        for number in 0..20 {
            add(&ns, 1 + number * 50, 50);
        }
        wait_until("the last line", || {
            let all = ns.run("{ cat $(find /mnt/shared -maxdepth 1 -name 'net.ndjson.2*Z' -type f -user root -links 1 | sort) /mnt/shared/net.ndjson; zstd -dcq $(find /mnt/shared -name '*.zst' -type f -user root) </dev/null; } 2>/dev/null || true");
            all.contains(&format!("\"{}\"", address(1000)))
        });
        let stderr = service.end();
        attacker.kill().unwrap();
        attacker.wait().unwrap();
        assert_eq!(safe, everything(&ns, "/mnt/safe"));
        let now = everything(&ns, &format!("{old}* /mnt/shared/net.ndjson.9*"));
        assert_eq!(planted, now, "{stderr}");
        for number in [0, 1, 2, 3, 6] {
            let name = format!("{old}{number}.000Z has the name of an archived file");
            assert_eq!(stderr.matches(&name).count(), 1, "{stderr}");
        }
        // No line is lost.
        let files = "find /mnt/shared -name 'net.ndjson.202[6-9]*' -type f | sort";
        let text = ns.run(&format!(
            "for f in $({files}); do case $f in *.zst) zstd -dcq $f;; *) cat $f;; esac; done; cat /mnt/shared/net.ndjson"
        ));
        assert_eq!(chain(&lines(&text)).dropped, 0);
    }
}

fn a_file_keeps_its_owner_when_it_is_rotated() {
    let ns = with_shared(0, "755");
    let args = [
        "-k",
        "address",
        "--rotate-size",
        "20K",
        "--rotate-compress",
        "zstd",
    ];
    // Before the start: the capability to keep another owner is dropped if there is none.
    ns.run("cd /mnt/safe; : >net.ndjson; chown 65534:1 net.ndjson; chmod 640 net.ndjson");
    let service = Service::start(&ns, "safe/net.ndjson", &args);
    add(&ns, 1, 500);
    // One may be compressed at this moment.
    let list = "stat -c '%u:%g %a %n' /mnt/safe/net.ndjson* 2>/dev/null || true";
    wait_until("a compressed file", || ns.run(list).contains(".zst\n"));
    let stderr = service.end();
    assert!(!stderr.contains("cannot"), "{stderr}");
    let files = ns.run(list);
    assert!(files.lines().count() >= 3);
    assert!(
        files.lines().all(|line| line.starts_with("65534:1 640 ")),
        "{files}"
    );
    // The metrics and a recording that is replaced as well.
    ns.run("cd /mnt/safe; : >m.prom; echo old >r; chown 65534:1 m.prom r; chmod 604 m.prom r");
    let output = run(
        &ns,
        &[
            "--metrics",
            "/mnt/safe/m.prom",
            "--record",
            "/mnt/safe/r",
            "--force",
        ],
    );
    assert!(output.status.success(), "{output:?}");
    let files = ns.run("cd /mnt/safe; stat -c '%u:%g %a %n' m.prom r; ls; head -c 6 m.prom");
    assert!(
        files.starts_with("65534:1 604 m.prom\n65534:1 604 r\n"),
        "{files}"
    );
    assert!(
        !files.contains(".part") && files.ends_with("# HELP"),
        "{files}"
    );
}

fn a_file_that_can_only_grow_is_continued_after_a_torn_line() {
    let ns = with_shared(0, "755");
    let folder = std::env::temp_dir().join(format!("nlstream-append-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("net.ndjson");
    let file = file.to_str().unwrap();
    let run = || {
        let output = run(&ns, &["--snapshot", "--exit", "-k", "address", "-o", file]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
    };
    run();
    ns.run(&format!(
        "printf '{{\"v\":1,\"run\":\"00' >>{file}; chattr +a {file}"
    ));
    let before = std::fs::read_to_string(file).unwrap();
    run();
    let after = std::fs::read_to_string(file).unwrap();
    ns.run(&format!("chattr -a {file}; {NLSTREAM} state {file}"));
    std::fs::remove_dir_all(&folder).unwrap();
    let added = after.strip_prefix(&before).expect("nothing is cut off");
    let added = added.strip_prefix('\n').expect("the torn line is ended");
    let added = lines(added);
    assert_eq!(added[0]["op"], "start");
    assert_eq!(added[0]["meta"]["tail_ended"], 16);
    assert_eq!(added.last().unwrap()["op"], "stop");
}

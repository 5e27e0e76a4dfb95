//! `nlstream top` on a terminal: what the screen shows, keys, and that the terminal is left as it was.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};
use serde_json::{Value, json};

use crate::common::{Folder, NLSTREAM, nlstream, wait_until};

crate::trial::trials! {
    the_screen_shows_rates_flaps_gaps_and_the_last_changes(Program("setsid")),
    keys_select_sort_pause_and_filter(Program("setsid")),
    hostile_text_never_reaches_the_terminal(Program("setsid")),
    the_screen_follows_the_size_of_the_terminal(Program("setsid")),
    the_terminal_is_left_as_it_was(Program("setsid")),
    stop_and_continue_give_the_terminal_back_and_take_it_again(Program("setsid")),
    lines_come_from_a_pipe_and_keys_from_the_terminal(Program("setsid")),
    without_a_terminal_an_error_names_the_alternatives(),
    colours_are_for_those_who_want_them(Program("setsid")),
    the_events_of_this_machine_come_from_a_run_that_ends_with_it(Namespace, Program("setsid")),
}

/// A terminal with a program on it.
struct Tty {
    controller: OwnedFd,
    child: Child,
    output: Arc<Mutex<Output>>,
    modes: String,
}

struct Output {
    bytes: Vec<u8>,
    screen: vt100::Parser,
    /// The text of the screen, without a frame that has not come whole.
    shown: String,
}

impl Output {
    fn process(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.screen.process(bytes);
        let last = |mode: &[u8]| self.bytes.windows(mode.len()).rposition(|it| it == mode);
        if last(b"\x1b[?2026h") <= last(b"\x1b[?2026l") {
            self.shown = self.screen.screen().contents();
        }
    }
}

fn cells(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

/// The modes of a terminal, as text.
fn modes(terminal: &OwnedFd) -> String {
    let modes = tcgetattr(terminal).unwrap();
    format!(
        "{:?} {:?} {:?} {:?}",
        modes.input_modes, modes.output_modes, modes.control_modes, modes.local_modes
    )
}

fn size(rows: u16, columns: u16) -> Winsize {
    Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

impl Tty {
    /// Runs a command of the shell on a terminal of 30 rows and 100 columns.
    fn shell(command: &str, environment: &[(&str, &str)]) -> Self {
        let controller =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let terminal = open(
            &name,
            OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC,
            Mode::empty(),
        )
        .unwrap();
        tcsetwinsize(&controller, size(30, 100)).unwrap();
        let mut program = Command::new("setsid");
        program.args(["--ctty", "sh", "-c", command]);
        program
            .env("TZ", "UTC")
            .env("TERM", "xterm-256color")
            .env_remove("NO_COLOR");
        program.envs(environment.iter().copied());
        let stdio = || Stdio::from(terminal.try_clone().unwrap());
        // Before the program changes them.
        let modes = modes(&controller);
        let child = program
            .stdin(stdio())
            .stdout(stdio())
            .stderr(stdio())
            .spawn()
            .unwrap();
        let output = Arc::new(Mutex::new(Output {
            bytes: Vec::new(),
            screen: vt100::Parser::new(cells(30), cells(100), 0),
            shown: String::new(),
        }));
        let mut reader = File::from(controller.try_clone().unwrap());
        let shared = output.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                shared.lock().unwrap().process(&bytes[..read]);
            }
        });
        // Kept open by the test, so that the modes can be read at the end.
        std::mem::forget(terminal);
        Tty {
            controller,
            child,
            output,
            modes,
        }
    }

    /// Runs `nlstream top`.
    fn top(args: &[&str]) -> Self {
        Self::shell(&format!("exec {NLSTREAM} top {}", args.join(" ")), &[])
    }

    fn screen(&self) -> String {
        self.output.lock().unwrap().shown.clone()
    }

    fn row(&self, row: usize) -> String {
        self.screen()
            .lines()
            .nth(row)
            .unwrap_or_default()
            .to_owned()
    }

    #[track_caller]
    fn wait_for(&self, text: &str) {
        let start = std::time::Instant::now();
        while !self.screen().contains(text) {
            let screen = self.screen();
            assert!(
                start.elapsed() < crate::common::PATIENCE,
                "no {text:?} in\n{screen}"
            );
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    fn press(&self, keys: &str) {
        rustix::io::write(&self.controller, keys.as_bytes()).unwrap();
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn is_on_other_screen(&self) -> bool {
        self.output
            .lock()
            .unwrap()
            .screen
            .screen()
            .alternate_screen()
    }

    /// Fails unless the terminal is as it was before.
    #[track_caller]
    fn assert_left(&self) {
        wait_until("the former screen, with its cursor", || {
            let output = self.output.lock().unwrap();
            let screen = output.screen.screen();
            !screen.alternate_screen() && !screen.hide_cursor()
        });
        assert_eq!(modes(&self.controller), self.modes);
    }

    #[track_caller]
    fn end(&mut self) -> ExitStatus {
        wait_until("the end of top", || {
            self.child.try_wait().unwrap().is_some()
        });
        self.assert_left();
        self.child.wait().unwrap()
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(seq: u64, second: u64, kind: &str, op: &str, more: &Value) -> String {
    let mut line = json!({
        "v": 1, "run": "00000001", "seq": seq, "kind": kind, "op": op, "origin": "kernel",
        "time": format!("2026-11-24T10:00:{second:02}.000000000Z"),
    });
    for (name, value) in more.as_object().unwrap() {
        line[name] = value.clone();
    }
    line.to_string() + "\n"
}

fn link(seq: u64, second: u64, name: &str, up: bool) -> String {
    let flags = |up: bool| {
        if up {
            json!(["UP", "LOWER_UP"])
        } else {
            json!(["UP"])
        }
    };
    let ifindex = name.bytes().map(u32::from).sum::<u32>();
    line(
        seq,
        second,
        "link",
        "change",
        &json!({
            "ifindex": ifindex, "ifname": name, "changed": ["flags"], "old": { "flags": flags(!up) },
            "link": { "ifindex": ifindex, "ifname": name, "flags": flags(up) },
            "by": { "pid": 7, "comm": "wpa_supplicant" }
        }),
    )
}

fn route(seq: u64, second: u64) -> String {
    let dst = format!("10.{}.0.0/16", seq % 200);
    let route = json!({ "family": "inet", "table": "main", "dst": dst, "dev": "d1" });
    line(
        seq,
        second,
        "route",
        "add",
        &json!({ "ifindex": 1, "ifname": "d1", "route": route }),
    )
}

fn sample() -> String {
    let mut text: String = (0..8)
        .map(|seq| link(seq, seq, "d1", seq % 2 == 1))
        .collect();
    text += &route(8, 9);
    text += &link(9, 9, "d2", false);
    text
}

fn the_screen_shows_rates_flaps_gaps_and_the_last_changes() {
    let folder = Folder::new("top-screen");
    let file = folder.write("net.ndjson", sample().as_bytes());
    let mut tty = Tty::top(&[&file]);
    tty.wait_for("10 events");
    let screen = tty.screen();
    assert!(
        screen.contains("1:kinds (2)") && screen.contains("2:devices"),
        "{screen}"
    );
    assert!(
        tty.row(0).contains("live") && !screen.contains("GAP"),
        "{screen}"
    );
    // The words of the text format.
    assert!(
        screen.contains("d2") && screen.contains("LOWER_UP on → off"),
        "{screen}"
    );
    assert!(
        screen.contains("[10:00:09.000] route     add     10.8.0.0/16"),
        "{screen}"
    );
    tty.press("3");
    tty.wait_for("3:flapping (2)");
    let screen = tty.screen();
    let row = screen.lines().find(|row| row.starts_with("d1 ")).unwrap();
    assert!(row.contains(" 4/4"), "{screen}");
    tty.press("4");
    tty.wait_for("wpa_supplicant");
    tty.press("6");
    tty.wait_for("10.8.0.0/16 dev d1");
    // The file is followed, and a gap is visible until the resync.
    let mut output = File::options().append(true).open(&file).unwrap();
    let gap = json!({ "meta": { "cause": "overflow", "lost": 12 } });
    output
        .write_all(line(10, 10, "meta", "gap", &gap).as_bytes())
        .unwrap();
    tty.wait_for("GAP at 10:00:10: 12 lost (overflow); what follows is incomplete");
    tty.wait_for("1 gap, 12 lost");
    let time = "2026-11-24T10:00:10Z";
    let resync = json!({ "meta": { "from": time, "to": time, "corrections": [] } });
    let text = line(11, 11, "meta", "resync", &resync) + &route(12, 12);
    output.write_all(text.as_bytes()).unwrap();
    tty.wait_for("11 events");
    assert!(!tty.screen().contains("what follows is incomplete"));
    tty.press("q");
    assert!(tty.end().success());
}

fn keys_select_sort_pause_and_filter() {
    let folder = Folder::new("top-keys");
    let file = folder.write("net.ndjson", sample().as_bytes());
    let mut tty = Tty::top(&["--kind", "link", &file]);
    tty.wait_for("9 events");
    assert!(tty.row(0).contains("[--kind link]"), "{}", tty.screen());
    tty.press("s");
    tty.wait_for("sort (total)");
    tty.press("\t");
    tty.wait_for("3:flapping");
    tty.press("\x1b[Z");
    tty.wait_for("1:kinds");
    tty.press(" ");
    tty.wait_for("paused");
    let mut output = File::options().append(true).open(&file).unwrap();
    output
        .write_all(link(10, 20, "d3", true).as_bytes())
        .unwrap();
    tty.press("s");
    tty.wait_for("sort (time)");
    assert!(!tty.screen().contains("d3"));
    tty.press(" ");
    tty.wait_for("d3");
    // The filter counts again, from now on.
    tty.press("/");
    tty.wait_for("filter: --kind link");
    tty.press(&"\x7f".repeat(20));
    tty.press("--dev d4 --nonsense\r");
    tty.wait_for("unexpected argument");
    tty.press(&"\x7f".repeat(11));
    tty.press("\r");
    tty.wait_for("[--dev d4]");
    tty.wait_for("0 events");
    let text = link(11, 21, "d5", true) + &link(12, 22, "d4", true);
    output.write_all(text.as_bytes()).unwrap();
    tty.wait_for("1 events");
    assert!(tty.screen().contains("d4"), "{}", tty.screen());
    tty.press("\x03");
    assert!(tty.end().success());
}

fn hostile_text_never_reaches_the_terminal() {
    let folder = Folder::new("top-hostile");
    let name = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}\u{9b}31m";
    let mut text = link(0, 1, name, true);
    let meta = json!({ "meta": { "cause": "\u{1b}[2Jx", "lost": 1 } });
    text += &line(1, 2, "meta", "gap", &meta);
    let by = json!({
        "ifindex": 7, "ifname": "d7", "by": { "pid": 1, "comm": name },
        "route": { "family": "inet", "dst": "\u{1b}[2J", "table": "\u{1b}[2J" }
    });
    text += &line(2, 3, "route", "add", &by);
    let file = folder.write("net.ndjson", text.as_bytes());
    let mut tty = Tty::top(&[&file]);
    tty.wait_for("2 events");
    for list in ["2", "3", "4", "6", "/--dev '\u{9b}2J\u{202e}"] {
        tty.press(list);
    }
    tty.wait_for("filter: ");
    tty.wait_for(r"\u{202e}");
    assert!(tty.screen().contains(r"\x1b]0;owned"), "{}", tty.screen());
    tty.press("\x03");
    assert!(tty.end().success());
    let output = tty.output.lock().unwrap();
    let text = String::from_utf8_lossy(&output.bytes);
    for sequence in ["\u{1b}]0;", "\u{202e}", "\u{9b}", "\u{7}"] {
        assert!(!text.contains(sequence), "{sequence:?}");
    }
}

fn the_screen_follows_the_size_of_the_terminal() {
    let folder = Folder::new("top-size");
    let file = folder.write("net.ndjson", sample().as_bytes());
    let mut tty = Tty::top(&[&file]);
    tty.wait_for("10 events");
    // The rows arrive one after the other.
    wait_until("the last row", || tty.row(29).starts_with("q quit"));
    for (rows, columns) in [(50, 160), (12, 40), (1, 1), (3, 200), (24, 80)] {
        tty.output
            .lock()
            .unwrap()
            .screen
            .screen_mut()
            .set_size(cells(rows), cells(columns));
        tcsetwinsize(&tty.controller, size(rows, columns)).unwrap();
        if rows >= 3 {
            let last = usize::from(rows) - 1;
            wait_until("the last row", || tty.row(last).starts_with("q quit"));
        }
    }
    tty.wait_for("last changes");
    tty.press("q");
    assert!(tty.end().success());
}

fn the_terminal_is_left_as_it_was() {
    let folder = Folder::new("top-left");
    let file = folder.write("net.ndjson", sample().as_bytes());
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut tty = Tty::top(&[&file]);
        tty.wait_for("10 events");
        assert!(tty.is_on_other_screen() && modes(&tty.controller) != tty.modes);
        tty.signal(signal);
        assert!(tty.end().success());
    }
    // What cannot be read stays on the screen until the user quits, and is then an error.
    let file = folder.write("damaged", (sample() + "{\"v\":2}\n").as_bytes());
    let mut tty = Tty::top(&[&file]);
    tty.wait_for("line 11 has version 2");
    assert!(tty.screen().contains("10 events"), "{}", tty.screen());
    tty.press("q");
    assert_eq!(tty.end().code(), Some(1));
    assert!(
        tty.screen().contains("line 11 has version 2"),
        "{}",
        tty.screen()
    );
    // A run that cannot begin.
    let mut tty = Tty::top(&["--netns", "/nowhere"]);
    assert_eq!(tty.end().code(), Some(1));
    assert!(tty.screen().contains("/nowhere"), "{}", tty.screen());
}

/// The state of a process, as in /proc/PID/stat.
fn state(pid: u32) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit(") ")
        .next()
        .and_then(|rest| rest.chars().next())
        .unwrap()
}

fn stop_and_continue_give_the_terminal_back_and_take_it_again() {
    let folder = Folder::new("top-stop");
    let file = folder.write("net.ndjson", sample().as_bytes());
    let mut tty = Tty::top(&[&file]);
    tty.wait_for("10 events");
    for stop in [None, Some(Signal::TSTP)] {
        match stop {
            Some(signal) => tty.signal(signal),
            None => tty.press("\x1a"),
        }
        wait_until("a stopped process", || state(tty.child.id()) == 'T');
        tty.assert_left();
        tty.signal(Signal::CONT);
        wait_until("the screen of top", || tty.is_on_other_screen());
        tty.wait_for("10 events");
        assert_ne!(modes(&tty.controller), tty.modes);
    }
    tty.press("q");
    assert!(tty.end().success());
}

fn lines_come_from_a_pipe_and_keys_from_the_terminal() {
    let folder = Folder::new("top-pipe");
    let file = folder.write("net.ndjson", sample().as_bytes());
    let mut tty = Tty::shell(&format!("cat {file} | {NLSTREAM} top -"), &[]);
    tty.wait_for("10 events");
    tty.wait_for("ended");
    tty.press("5");
    tty.wait_for("5:namespaces");
    tty.press("q");
    assert!(tty.end().success());
    // Archives are read, and are no files to follow.
    let zstd = folder.write(
        "net.zst",
        &zstd::encode_all(sample().as_bytes(), 1).unwrap(),
    );
    let more = folder.write("more", route(10, 30).as_bytes());
    let mut tty = Tty::top(&[&zstd, &more]);
    tty.wait_for("11 events");
    tty.press("q");
    assert!(tty.end().success());
}

fn without_a_terminal_an_error_names_the_alternatives() {
    let output = nlstream(&["top"]);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.stdout.is_empty() && message.contains("nlstream log"),
        "{message}"
    );
}

fn colours_are_for_those_who_want_them() {
    let folder = Folder::new("top-colour");
    let file = folder.write("net.ndjson", sample().as_bytes());
    let command = |args: &str| format!("exec {NLSTREAM} top {args} {file}");
    for (args, environment, expected) in [
        ("", None, true),
        ("", Some(("NO_COLOR", "1")), false),
        ("--color never", None, false),
        ("--color always", Some(("NO_COLOR", "1")), true),
    ] {
        let mut tty = Tty::shell(&command(args), environment.as_slice());
        tty.wait_for("10 events");
        tty.press("q");
        assert!(tty.end().success());
        let bytes = tty.output.lock().unwrap().bytes.clone();
        let text = String::from_utf8_lossy(&bytes);
        let has_colour = [";31m", ";32m", ";33m", ";36m"]
            .iter()
            .any(|code| text.contains(code));
        assert_eq!(has_colour, expected, "{args} {environment:?}");
    }
}

fn the_events_of_this_machine_come_from_a_run_that_ends_with_it() {
    let folder = Folder::new("top-live");
    let pid = folder.path("pid");
    // The kernel changes something again and again, until top has ended.
    let script = format!(
        "echo $$ >{pid}; (while kill -0 $$; do ip link set lo up; ip link set lo down; sleep 0.1; done) >/dev/null 2>&1 & exec {NLSTREAM} top"
    );
    let mut tty = Tty::shell(&format!("exec unshare -rn sh -c '{script}'"), &[]);
    tty.wait_for("this machine");
    tty.wait_for("link      change  lo");
    tty.press("2");
    wait_until("the device in the list", || {
        tty.screen().lines().any(|row| row.starts_with("lo "))
    });
    let top: u32 = std::fs::read_to_string(&pid)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let children =
        || std::fs::read_to_string(format!("/proc/{top}/task/{top}/children")).unwrap_or_default();
    let is_run = |pid: &str| {
        let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&arguments).contains("--heartbeat")
    };
    let run = children()
        .split(' ')
        .find(|pid| is_run(pid))
        .unwrap()
        .to_owned();
    tty.press("q");
    assert!(tty.end().success());
    assert!(!is_run(&run), "the run goes on");
    // A run that somebody ends is no silent end of top.
    let mut tty = Tty::shell(&format!("exec unshare -rn sh -c '{script}'"), &[]);
    tty.wait_for("link      change  lo");
    let top: u32 = std::fs::read_to_string(&pid)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let children = std::fs::read_to_string(format!("/proc/{top}/task/{top}/children")).unwrap();
    let run: i32 = children
        .split(' ')
        .find(|pid| is_run(pid))
        .unwrap()
        .parse()
        .unwrap();
    kill_process(Pid::from_raw(run).unwrap(), Signal::KILL).unwrap();
    let status = tty.end();
    assert_eq!((status.code(), status.signal()), (Some(1), None));
    assert!(
        tty.screen().contains("the run has ended"),
        "{}",
        tty.screen()
    );
}

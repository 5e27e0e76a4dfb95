//! Outputs whose reader takes nothing for a while, or never: signals, the watchdog and the kernel's
//! events are served all the same.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::service::{add, address, chain, lines};
use crate::common::{NLSTREAM, PATIENCE, wait_until};
use crate::namespace::{Namespace, Stream};
use crate::systemd::receive;

crate::trial::trials! {
    fifo_that_stalls(Namespace),
    pipe_that_stalls(Namespace),
    socket_that_stalls(Namespace),
    terminal_that_stalls(Namespace, Program("python3")),
    fifo_waits_for_a_reader_and_for_the_next_one(Namespace),
    outputs_of_other_types_are_refused(Namespace),
    standard_error_that_stalls(Namespace),
}

/// Opens a terminal whose output is stopped, as by Ctrl-S, and prints its name. Goes on at a line on
/// standard input, and then prints what was written to the terminal.
const TERMINAL: &str = r#"
import os, pty, sys, termios, tty
master, slave = pty.openpty()
tty.setraw(slave)
termios.tcflow(slave, termios.TCOOFF)
print(os.ttyname(slave), flush=True)
if sys.stdin.readline():
    termios.tcflow(slave, termios.TCOON)
    os.close(slave)
    try:
        while part := os.read(master, 65536): os.write(1, part)
    except OSError: pass  # the last process has closed the terminal
"#;

/// An output, and a way to its other end.
struct Output {
    name: String,
    stdout: Stdio,
    /// Makes the reader go on.
    read: Box<dyn FnOnce() -> Box<dyn Read + Send>>,
}

fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("nlstream-{name}-{}", std::process::id()))
}

fn fifo(name: &str) -> (PathBuf, Output) {
    let path = temporary(name);
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    let output = Output {
        name: path.to_str().unwrap().to_owned(),
        stdout: Stdio::null(),
        read: Box::new({
            let path = path.clone();
            move || Box::new(std::fs::File::open(path).unwrap())
        }),
    };
    (path, output)
}

fn fifo_that_stalls() {
    for name in ["fifo-ends", "fifo-goes-on"] {
        let (path, output) = fifo(name);
        stall(output, name == "fifo-ends");
        std::fs::remove_file(path).unwrap();
    }
}

fn pipe_that_stalls() {
    for ends in [true, false] {
        let (reader, writer) = std::io::pipe().unwrap();
        let output = Output {
            name: "/dev/stdout".to_owned(),
            stdout: writer.into(),
            read: Box::new(|| Box::new(reader)),
        };
        stall(output, ends);
    }
}

fn socket_that_stalls() {
    for ends in [true, false] {
        let (reader, writer) = UnixStream::pair().unwrap();
        let output = Output {
            name: "/dev/stdout".to_owned(),
            stdout: std::os::fd::OwnedFd::from(writer).into(),
            read: Box::new(|| Box::new(reader)),
        };
        stall(output, ends);
    }
}

fn terminal_that_stalls() {
    for ends in [true, false] {
        let mut command = Command::new("python3");
        command.args(["-c", TERMINAL]);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut terminal = Killed(piped.spawn().unwrap());
        let mut stdout = BufReader::new(terminal.0.stdout.take().unwrap());
        let mut name = String::new();
        stdout.read_line(&mut name).unwrap();
        let mut stdin = terminal.0.stdin.take().unwrap();
        let output = Output {
            name: name.trim().to_owned(),
            stdout: Stdio::null(),
            read: Box::new(move || {
                stdin.write_all(b"\n").unwrap();
                Box::new(stdout)
            }),
        };
        stall(output, ends);
        terminal.0.wait().unwrap();
    }
}

/// Runs the program on an output that takes nothing, and checks what must go on. `ends`: ends it
/// while the output takes nothing; otherwise the reader goes on.
fn stall(output: Output, ends: bool) {
    let ns = Namespace::new();
    let socket = temporary(&format!("stall-{ends}-{:p}", &raw const ns));
    let metrics = socket.with_extension("prom");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = ns.command("bash");
    let args = ["-k", "address", "--queue", "64K", "-o", &output.name];
    command.args(["-c", r#"exec env WATCHDOG_PID=$$ "$@""#, "-", NLSTREAM]);
    command.args(args).arg("--metrics").arg(&metrics);
    command
        .env("NOTIFY_SOCKET", &socket)
        .env("WATCHDOG_USEC", "200000");
    command.stdout(output.stdout).stderr(Stdio::piped());
    let mut child = Killed(command.spawn().unwrap());
    drop(command); // the writing end of a pipe
    // Read all the time: a full queue of the manager would make the program wait.
    let messages = Arc::new(Mutex::new(String::new()));
    std::thread::spawn({
        let messages = messages.clone();
        move || {
            let mut buffer = [0; 512];
            while let Ok(length) = receive(&manager, &mut buffer) {
                *messages.lock().unwrap() += &String::from_utf8_lossy(&buffer[..length]);
            }
        }
    });
    let wait_for_message = |wanted: &str| {
        messages.lock().unwrap().clear();
        wait_until(wanted, || messages.lock().unwrap().contains(wanted));
    };
    wait_until("the start", || messages.lock().unwrap().contains("READY=1"));
    add(&ns, 1, 1500);
    // The kernel is read, what does not fit is counted, and SIGHUP is served.
    let counted = || {
        kill(&child, "HUP");
        let text = std::fs::read_to_string(&metrics).unwrap_or_default();
        let name = "\nnlstream_lines_total{kind=\"address\"} ";
        let value = text.split(name).nth(1).and_then(|rest| rest.lines().next());
        value.is_some_and(|value| value.parse::<u32>().unwrap() >= 1500)
    };
    wait_until("all events are counted", counted);
    for _ in 0..3 {
        wait_for_message("WATCHDOG=1");
    }
    let mut text = String::new();
    if ends {
        let begun = Instant::now();
        kill(&child, "TERM");
        let status = child.0.wait().unwrap();
        let took = begun.elapsed();
        assert_eq!(status.code(), Some(1));
        // Within five seconds (docs/operating.md); a busy machine takes longer.
        assert!(took < Duration::from_secs(10), "{took:?}");
        let mut stderr = child.0.stderr.take().unwrap();
        stderr.read_to_string(&mut text).unwrap();
        assert!(text.contains("takes no more data"), "{text}");
        drop(output.read);
    } else {
        let reader = (output.read)();
        let text = Arc::new(Mutex::new(String::new()));
        let reading = std::thread::spawn({
            let text = text.clone();
            move || {
                // EIO of a terminal that was closed.
                let lines = BufReader::new(reader).lines().map_while(Result::ok);
                lines.for_each(|line| *text.lock().unwrap() += &(line + "\n"));
            }
        });
        let caught_up = || {
            kill(&child, "HUP");
            let text = std::fs::read_to_string(&metrics).unwrap_or_default();
            text.contains("\nnlstream_queue_bytes 0\n")
        };
        wait_until("the reader has caught up", caught_up);
        add(&ns, 1501, 1);
        // At the end of a run the state of dropped objects is not written.
        wait_until("the last event is written", || {
            text.lock().unwrap().contains(&address(1501))
        });
        kill(&child, "TERM");
        assert!(child.0.wait().unwrap().success());
        reading.join().unwrap();
        let lines = lines(&text.lock().unwrap());
        let chain = chain(&lines);
        assert!(chain.dropped > 0, "{chain:?}");
        // Every address is reported: by its event, or after the gap.
        for number in 1..=1501 {
            let wanted = address(number);
            let found = lines.iter().any(|line| line["address"]["local"] == *wanted);
            assert!(found, "{wanted}");
        }
        assert_eq!(lines.last().unwrap()["op"], "stop");
    }
    std::fs::remove_file(&socket).unwrap();
    std::fs::remove_file(&metrics).unwrap();
}

/// Nobody reads the standard error, and its pipe is full: events, signals and the end are served all the
/// same, and the log says how many messages are missing.
fn standard_error_that_stalls() {
    for ends in [true, false] {
        let ns = Namespace::new();
        let (reader, writer) = std::io::pipe().unwrap();
        fill(&writer);
        // Each reload logs an error with this name.
        let folder = temporary(&format!("stderr-{ends}-{}", "x".repeat(200)));
        std::fs::create_dir_all(&folder).unwrap();
        let config = folder.join("nlstream.toml");
        std::fs::write(&config, "").unwrap();
        let mut command = ns.command(NLSTREAM);
        command
            .args(["-k", "address", "-o", "/dev/stdout", "--config"])
            .arg(&config);
        command.stdout(Stdio::piped()).stderr(writer);
        let mut stream = Stream::of(command.spawn().unwrap());
        drop(command);
        std::fs::write(&config, "no such option").unwrap();
        // More than waits in memory.
        for number in 1..=400 {
            stream.signal("HUP");
            stream.signal("USR1");
            stream.wait("meta", "heartbeat");
            if number % 100 == 0 {
                add(&ns, number, 1);
                stream.wait_for("the event", |line| {
                    line["address"]["local"] == *address(number)
                });
            }
        }
        if ends {
            let begun = Instant::now();
            stream.interrupt();
            let took = begun.elapsed();
            assert!(took < Duration::from_secs(10), "{took:?}");
            drop(reader);
        } else {
            const MISSING: &str = " log messages are missing here";
            let text = Arc::new(Mutex::new(String::new()));
            let reading = std::thread::spawn({
                let text = text.clone();
                move || {
                    for line in BufReader::new(reader).lines() {
                        *text.lock().unwrap() += &(line.unwrap() + "\n");
                    }
                }
            });
            // The loop writes the messages that waited, as far as the reader takes them.
            wait_until("the messages that waited are written", || {
                stream.signal("USR1");
                stream.wait("meta", "heartbeat");
                text.lock().unwrap().contains(MISSING)
            });
            stream.interrupt();
            reading.join().unwrap();
            let text = text.lock().unwrap();
            let lines: Vec<_> = text.lines().collect();
            let errors = lines
                .iter()
                .filter(|it| it.contains("cannot reload"))
                .count();
            let missing = lines.iter().find_map(|line| {
                let count = line.split_once(MISSING)?.0.rsplit(' ').next()?;
                count.parse::<usize>().ok()
            });
            assert_eq!(errors + missing.unwrap(), 400, "{missing:?}");
            assert!(errors > 50, "{errors}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

/// Fills a pipe.
fn fill(writer: &std::io::PipeWriter) {
    // An open file description of its own, so that the writer stays one that waits.
    let path = format!("/proc/self/fd/{}", writer.as_raw_fd());
    let mut options = std::fs::OpenOptions::new();
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let mut pipe = options
        .write(true)
        .custom_flags(nonblocking)
        .open(path)
        .unwrap();
    loop {
        match pipe.write(b"\n") {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return,
            Err(error) => panic!("{error}"),
        }
    }
}

/// A child that is killed at the end of the test, also of one that fails.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn kill(child: &Killed, signal: &str) {
    let pid = child.0.id().to_string();
    let status = Command::new("kill").args(["-s", signal, &pid]).status();
    assert!(status.unwrap().success());
}

/// Reads the lines of a FIFO up to the one about an address.
fn read_up_to(path: &Path, wanted: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in BufReader::new(std::fs::File::open(path).unwrap()).lines() {
        lines.push(line.unwrap());
        if lines.last().is_some_and(|line| line.contains(wanted)) {
            break;
        }
    }
    lines
}

fn fifo_waits_for_a_reader_and_for_the_next_one() {
    let (path, output) = fifo("fifo-readers");
    let ns = Namespace::new();
    let mut command = ns.command(NLSTREAM);
    command.args(["--snapshot", "-k", "address", "-o", &output.name]);
    let mut child = Killed(command.spawn().unwrap());
    let first = read_up_to(&path, "\"op\":\"sync\"");
    assert!(first[0].contains("\"op\":\"start\""), "{first:?}");
    // Nobody reads.
    add(&ns, 1, 3);
    let second = read_up_to(&path, &address(3));
    let seq = |line: &String| lines(&format!("{line}\n"))[0]["seq"].as_u64().unwrap();
    let numbers: Vec<_> = first.iter().chain(&second).map(seq).collect();
    let expected: Vec<_> = (0..numbers.len() as u64).collect();
    assert_eq!(numbers, expected);
    kill(&child, "TERM");
    assert!(child.0.wait().unwrap().success());
    std::fs::remove_file(path).unwrap();
}

fn outputs_of_other_types_are_refused() {
    let ns = Namespace::new();
    let socket = temporary("listening");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for (name, message) in [
        (socket.to_str().unwrap(), "it is a socket; pipe"),
        ("/tmp", "name a file in that directory"),
    ] {
        let output = ns.command(NLSTREAM).args(["-o", name]).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(
            stderr.contains(name) && stderr.contains(message),
            "{stderr}"
        );
    }
    std::fs::remove_file(socket).unwrap();
}

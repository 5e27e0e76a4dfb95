//! Where the lines come from: a run of this program, or files and the standard input. A thread reads them.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use super::super::exec::follow::{Begin, Follower};
use super::super::state::open;
use super::{Shared, TopQuery, lock};
use crate::decompress;
use crate::error::Error;
use crate::lines::{self, Ending, Line, LineFault, LinesError, Order, Place};

/// A run of this program, which ends with this value.
#[derive(Debug)]
pub(super) struct Live(Child);

impl Live {
    /// Starts a run whose lines the model gets. It is confined as any other, reads the kernel however slow the
    /// terminal is, and ends when nobody reads its lines: at the next heartbeat at the latest.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(super) fn start(query: &TopQuery, model: &Shared) -> Result<Self, Error> {
        let mut command = Command::new("/proc/self/exe");
        command.arg0("nlstream");
        command.args(["--config", "/dev/null", "--format", "json", "--output", "-"]);
        command.args(["--with", "by", "--heartbeat", "1s", "--log-level", "warn"]);
        if !query.netns.is_empty() {
            command.args(["--netns", &query.netns.join(",")]);
        }
        if query.all_netns {
            command.arg("--all-netns");
        }
        if !query.is_confined {
            command.args(["--confinement", "off"]);
        }
        // Options of this program that are not for this run.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("NLSTREAM_") {
                command.env_remove(name);
            }
        }
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Error::Loop)?;
        let (lines, messages) = (child.stdout.take(), child.stderr.take());
        lock(model).note_live();
        if let Some(messages) = messages {
            let model = model.clone();
            spawn(move || {
                let mut input = BufReader::new(messages);
                let mut text = Vec::new();
                while lines::next(&mut input, &mut text).is_ok_and(|it| it != Ending::Nothing) {
                    let message = String::from_utf8_lossy(&text).into_owned();
                    lock(&model).note_message(&message);
                }
                lock(&model).end_of_run();
            })?;
        }
        if let Some(lines) = lines {
            let model = model.clone();
            spawn(move || {
                let read = each(BufReader::new(lines), &mut Order::default(), &model);
                let mut model = lock(&model);
                if let Err(error) = read {
                    model.fail(&error.to_string());
                }
            })?;
        }
        Ok(Live(child))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let child = rustix::process::Pid::from_child(&self.0);
        let _ = rustix::process::kill_process(child, rustix::process::Signal::TERM);
        let _ = self.0.wait();
    }
}

/// Starts a thread, which ends with the program.
fn spawn(run: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let thread = thread::Builder::new().name("lines".to_owned());
    thread.spawn(run).map(|_| ()).map_err(Error::Loop)
}

/// Reads the files in a thread.
///
/// # Errors
/// If there can be no thread.
pub(super) fn read(files: Vec<PathBuf>, model: Shared) -> Result<(), Error> {
    spawn(move || {
        let mut order = Order::default();
        for (at, path) in files.iter().enumerate() {
            let is_last = at + 1 == files.len();
            let read = match is_last && is_followed(path) {
                true => follow(path, &mut order, &model),
                false => open(path)
                    .map_err(LinesError::Read)
                    .and_then(|input| each(input, &mut order, &model)),
            };
            if let Err(error) = read {
                lock(&model).fail(&format!("{}: {error}", path.display()));
                return;
            }
        }
        lock(&model).end();
    })
}

/// Returns true if further lines may be appended to the file.
fn is_followed(path: &Path) -> bool {
    let is_plain = || {
        let file = File::open(path).ok()?;
        let mut head = [0; 4];
        let read = file.read_at(&mut head, 0).ok()?;
        Some(!decompress::is_compressed(&head[..read]))
    };
    path != Path::new("-")
        && path.metadata().is_ok_and(|data| data.is_file())
        && is_plain() == Some(true)
}

fn each(input: impl BufRead, order: &mut Order, model: &Shared) -> Result<(), LinesError> {
    let take = |line: &Line<'_>| -> Result<ControlFlow<()>, LineFault> {
        lock(model).take(line)?;
        Ok(ControlFlow::Continue(()))
    };
    lines::each(input, order, take).map(|_| ())
}

/// Reads a file and what is appended to it, without an end.
fn follow(path: &Path, order: &mut Order, model: &Shared) -> Result<(), LinesError> {
    let mut follower = Follower::new(path, Begin::Start)?;
    let (mut text, mut number) = (Vec::new(), 0);
    loop {
        match follower.next(&mut text)? {
            None => {
                lock(model).note_live();
                follower.wait();
            }
            Some(Ending::TooLong) => return Err(LinesError::TooLong(number + 1)),
            Some(_) => {
                number += 1;
                if text.trim_ascii().is_empty() {
                    continue;
                }
                let fault = |fault| LinesError::Line(number, fault);
                let line = match Line::parse(&text) {
                    Ok(line) => line,
                    // What a crash left behind.
                    Err(LineFault::Json(_)) if number > 1 => continue,
                    Err(error) => return Err(fault(error)),
                };
                match order.place(&line, number == 1).map_err(fault)? {
                    Place::Next | Place::NewRun => lock(model).take(&line).map_err(fault)?,
                    Place::Repeated | Place::Disorder => {}
                }
            }
        }
    }
}

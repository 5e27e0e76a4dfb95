//! `nlstream top`: what happens now, on a terminal: rates by kind, device, process and namespace, flapping
//! devices, gaps and the last changes. The lines come from a run of this program in a process of its own,
//! from files of which the last one is followed, or from the standard input.

mod keys;
mod model;
mod screen;
mod seen;
mod source;
mod view;

use std::io::Read as _;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use ratatui::Terminal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::{flag, low_level};

use super::files::Files;
use super::line_filter::{LineFilter, LineOptions};
use crate::error::Error;
use keys::{Key, Keys};
use model::Model;
use screen::{Backend, Screen};
use source::Live;
use view::{Action, View};

/// The options of `nlstream top`.
#[derive(Clone, Debug)]
pub struct TopQuery {
    /// The files with the lines, oldest first, of which the last one is followed; `-` is the standard input.
    /// None: those of a run that begins now.
    pub files: Vec<PathBuf>,
    /// Limits of the time.
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// The lines that are shown, and the options that select them.
    pub lines: LineOptions,
    pub selection: String,
    /// Reads such options, which the user edits.
    pub read_selection: fn(&str) -> Result<LineOptions, String>,
    /// The network namespaces that the run watches.
    pub netns: Vec<String>,
    pub all_netns: bool,
    /// The run is confined.
    pub is_confined: bool,
    pub colour: bool,
}

/// Time between two looks at what is new.
const REFRESH: Duration = Duration::from_millis(250);

/// What the reader of the lines and the screen share.
type Shared = Arc<Mutex<Model>>;

fn lock(model: &Shared) -> MutexGuard<'_, Model> {
    // A panic elsewhere ends the process.
    model.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shows what happens, until the user quits or a signal.
///
/// # Errors
/// If there is no terminal, or the lines cannot be read.
pub fn run(query: &TopQuery) -> Result<(), Error> {
    let filter = LineFilter::new(&query.lines)?;
    let mut files = Files::default();
    for path in &query.files {
        files.input(path);
    }
    files.check()?;
    let screen = Screen::open()?;
    // Messages would be written over the screen.
    log::set_max_level(log::LevelFilter::Off);
    let signals = Signals::new().map_err(Error::Loop)?;
    let model = Arc::new(Mutex::new(Model::new(query, filter)));
    let live = match &query.files[..] {
        [] => Some(Live::start(query, &model)?),
        files => {
            source::read(files.to_vec(), model.clone())?;
            None
        }
    };
    let mut top = Top {
        query,
        keys: Keys::default(),
        view: View::new(query),
        model,
        signals,
    };
    let result = top.show(&screen);
    screen.leave();
    // The end of the run that follows is none that matters.
    let failure = lock(&top.model).take_failure();
    drop(live);
    result?;
    failure.map_or(Ok(()), |message| Err(Error::Top(message)))
}

/// The names of files for the title.
fn title(query: &TopQuery) -> String {
    match &query.files[..] {
        [] => "this machine".to_owned(),
        [path] if path == Path::new("-") => "the standard input".to_owned(),
        [path] => path.display().to_string(),
        [.., last] => format!("{} files, then {}", query.files.len() - 1, last.display()),
    }
}

/// The signals that matter, each with a flag, and a socket that wakes poll(2).
struct Signals {
    wake: UnixStream,
    end: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    resume: Arc<AtomicBool>,
    resize: Arc<AtomicBool>,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        let (wake, sender) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        let signals = Signals {
            wake,
            end: Arc::default(),
            stop: Arc::default(),
            resume: Arc::default(),
            resize: Arc::default(),
        };
        for (signal, is_set) in [
            (SIGINT, &signals.end),
            (SIGTERM, &signals.end),
            (SIGHUP, &signals.end),
            (SIGTSTP, &signals.stop),
            (SIGCONT, &signals.resume),
            (SIGWINCH, &signals.resize),
        ] {
            flag::register(signal, is_set.clone())?;
            low_level::pipe::register(signal, sender.try_clone()?)?;
        }
        Ok(signals)
    }

    fn clear(&self) {
        let mut bytes = [0; 64];
        while (&self.wake).read(&mut bytes).is_ok_and(|read| read > 0) {}
    }
}

struct Top<'a> {
    query: &'a TopQuery,
    keys: Keys,
    view: View,
    model: Shared,
    signals: Signals,
}

impl Top<'_> {
    fn show(&mut self, screen: &Screen) -> Result<(), Error> {
        screen.enter().map_err(Error::Loop)?;
        let backend = Backend::new(screen, self.query.colour);
        let mut terminal = Terminal::new(backend).map_err(Error::Loop)?;
        let mut drawn: Option<Instant> = None;
        loop {
            if self.signals.end.load(Ordering::Relaxed) {
                return Ok(());
            }
            if self.signals.stop.swap(false, Ordering::Relaxed) {
                screen.leave();
                low_level::emulate_default_handler(SIGTSTP).map_err(Error::Loop)?;
            }
            if self.signals.resume.swap(false, Ordering::Relaxed) {
                screen.enter().map_err(Error::Loop)?;
                terminal.clear().map_err(Error::Loop)?;
                drawn = None;
            }
            if self.signals.resize.swap(false, Ordering::Relaxed) {
                terminal.autoresize().map_err(Error::Loop)?;
                drawn = None;
            }
            if drawn.is_none_or(|drawn| drawn.elapsed() >= REFRESH) {
                self.view.update(&mut lock(&self.model));
                terminal
                    .draw(|frame| self.view.draw(frame))
                    .map_err(Error::Loop)?;
                drawn = Some(Instant::now());
                if lock(&self.model).must_end() {
                    return Ok(());
                }
            }
            let wait = drawn.map_or(Duration::ZERO, |drawn| {
                REFRESH.saturating_sub(drawn.elapsed())
            });
            for key in self.wait(screen, wait)? {
                drawn = None;
                match self.view.press(key, &self.model, self.query) {
                    Action::None => {}
                    Action::Quit => return Ok(()),
                    Action::Stop => self.signals.stop.store(true, Ordering::Relaxed),
                    Action::Redraw => terminal.clear().map_err(Error::Loop)?,
                }
            }
        }
    }

    /// Waits for keys, a signal or the end of the time.
    fn wait(&mut self, screen: &Screen, time: Duration) -> Result<Vec<Key>, Error> {
        let mut fds = vec![PollFd::new(&self.signals.wake, PollFlags::IN)];
        let keyboard = screen.keyboard();
        fds.extend(
            keyboard.map(|keyboard| PollFd::from_borrowed_fd(keyboard.as_fd(), PollFlags::IN)),
        );
        let timeout = Timespec::try_from(time).ok();
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Error::Loop(error.into())),
        }
        let events = fds.get(1).map_or(PollFlags::empty(), PollFd::revents);
        drop(fds);
        self.signals.clear();
        let mut bytes = [0; 256];
        let Some(keyboard) = keyboard.filter(|_| !events.is_empty()) else {
            return Ok(Vec::new());
        };
        match rustix::io::read(keyboard, &mut bytes) {
            // The terminal is gone.
            Ok(0) | Err(rustix::io::Errno::IO) => {
                self.signals.end.store(true, Ordering::Relaxed);
                Ok(Vec::new())
            }
            Ok(read) => Ok(self.keys.push(&bytes[..read])),
            Err(_) => Ok(Vec::new()),
        }
    }
}

//! What a run asks, and tells, the process around it.

use std::io;
#[cfg(feature = "cli")]
use std::sync::Arc;
#[cfg(feature = "cli")]
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

#[cfg(feature = "cli")]
use mio::Interest;
use mio::{Registry, Token};
#[cfg(feature = "cli")]
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
#[cfg(feature = "cli")]
use signal_hook_mio::v1_0::Signals;

#[cfg(feature = "cli")]
use crate::run::service::Manager;

/// The process around a run.
pub(crate) enum Host {
    /// The program: its signals, and the service manager.
    #[cfg(feature = "cli")]
    Program(Program),
    /// A program that uses the library. Nothing of its process is touched.
    #[cfg_attr(not(feature = "watch"), allow(dead_code))]
    Library,
}

/// The program.
#[cfg(feature = "cli")]
pub(crate) struct Program {
    signals: Signals,
    /// A second signal ends the program at once, even if it is blocked.
    is_ending: Arc<AtomicBool>,
    manager: Manager,
}

/// What signals ask for.
#[derive(Debug, Default)]
pub(super) struct Requests {
    pub end: bool,
    pub heartbeat: bool,
    pub checkpoint: bool,
    pub hang_up: bool,
}

impl Host {
    /// The program. From now on no signal ends it without its last lines.
    ///
    /// # Errors
    /// If the handlers cannot be installed.
    #[cfg(feature = "cli")]
    pub(super) fn program() -> io::Result<Self> {
        let signals = Signals::new([SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGHUP])?;
        let is_ending = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register_conditional_default(signal, is_ending.clone())?;
        }
        Ok(Host::Program(Program {
            signals,
            is_ending,
            manager: Manager::new(),
        }))
    }

    #[cfg(feature = "cli")]
    fn manager(&mut self) -> Option<&mut Manager> {
        match self {
            Host::Program(program) => Some(&mut program.manager),
            Host::Library => None,
        }
    }

    /// Registers the signals.
    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match self {
            #[cfg(feature = "cli")]
            Host::Program(program) => {
                registry.register(&mut program.signals, token, Interest::READABLE)
            }
            Host::Library => {
                let _ = (registry, token);
                Ok(())
            }
        }
    }

    /// The signals since the last call.
    pub(super) fn requests(&mut self) -> Requests {
        #[cfg_attr(not(feature = "cli"), expect(unused_mut))]
        let mut requests = Requests::default();
        match self {
            #[cfg(feature = "cli")]
            Host::Program(program) => {
                for signal in program.signals.pending() {
                    match signal {
                        SIGUSR1 => requests.heartbeat = true,
                        SIGUSR2 => requests.checkpoint = true,
                        SIGHUP => requests.hang_up = true,
                        _ => requests.end = true,
                    }
                }
            }
            Host::Library => {}
        }
        requests
    }

    /// The run waits for the reader of its last lines: the next signal ends the program at once.
    pub(super) fn ending(&self) {
        match self {
            #[cfg(feature = "cli")]
            Host::Program(program) => program.is_ending.store(true, Ordering::Relaxed),
            Host::Library => {}
        }
    }
}

/// The service manager.
#[cfg(feature = "cli")]
impl Host {
    /// When [`Host::alive`] has something to do.
    pub(super) fn due(&self) -> Option<Instant> {
        match self {
            Host::Program(program) => program.manager.due(),
            Host::Library => None,
        }
    }

    /// See [`Manager::alive`].
    pub(super) fn alive(&mut self, now: Instant, errno: Option<u32>) {
        if let Some(manager) = self.manager() {
            manager.alive(now, errno);
        }
    }

    pub(super) fn reloading(&mut self) {
        if let Some(manager) = self.manager() {
            manager.reloading();
        }
    }

    pub(super) fn reloaded(&mut self) {
        if let Some(manager) = self.manager() {
            manager.reloaded();
        }
    }

    pub(super) fn stopping(&mut self) {
        if let Some(manager) = self.manager() {
            manager.stopping();
        }
    }
}

#[cfg(not(feature = "cli"))]
impl Host {
    pub(super) fn due(&self) -> Option<Instant> {
        None
    }

    pub(super) fn alive(&mut self, _now: Instant, _errno: Option<u32>) {}

    pub(super) fn stopping(&mut self) {}
}

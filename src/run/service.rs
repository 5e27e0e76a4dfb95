//! The service manager: passes a socket, and receives readiness and watchdog notifications (systemd's
//! sd_listen_fds(3) and sd_notify(3)).

use std::io;
use std::os::fd::RawFd;
use std::time::{Duration, Instant};

use log::debug;
use sd_notify::NotifyState;

/// The socket that the service manager passed, if it did.
///
/// # Errors
/// If there are several, or if the environment variables are malformed.
pub(super) fn passed_socket() -> io::Result<Option<RawFd>> {
    let mut fds = sd_notify::listen_fds()?;
    match fds.len() {
        0 | 1 => Ok(fds.next()),
        number => {
            let text = format!("{number} sockets were passed: one ListenNetlink= is enough");
            Err(io::Error::new(io::ErrorKind::InvalidInput, text))
        }
    }
}

/// The service manager, if there is one.
pub(super) struct Manager {
    /// Interval and next due time of watchdog notifications.
    watchdog: Option<(Duration, Instant)>,
    ready: bool,
    errno: Option<u32>,
}

impl Manager {
    pub(super) fn new() -> Self {
        let limit = sd_notify::watchdog_enabled();
        Manager {
            watchdog: limit.map(|limit| (limit / 2, Instant::now())),
            ready: false,
            errno: None,
        }
    }

    /// When the next watchdog notification is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.watchdog.map(|(_, due)| due)
    }

    /// Sends due notifications; called on every pass of the loop. The first call reports that the
    /// program is ready: no later event is missed. `errno` prevents lines from being written.
    pub(super) fn alive(&mut self, now: Instant, errno: Option<u32>) {
        let mut states = Vec::new();
        if !self.ready {
            self.ready = true;
            states.push(NotifyState::Ready);
        }
        if let Some((every, due)) = &mut self.watchdog
            && *due <= now
        {
            *due = now + *every;
            states.push(NotifyState::Watchdog);
        }
        let mut status = String::new();
        if errno != self.errno {
            self.errno = errno;
            if let Some(errno) = errno {
                let error = io::Error::from_raw_os_error(errno.cast_signed());
                status = format!("cannot write: {error}; lines are queued");
            }
            states.push(NotifyState::Status(&status));
        }
        if !states.is_empty() {
            notify(&states);
        }
    }

    /// Tells that the configuration is being read again (`RELOADING=1`, sd_notify(3)).
    pub(super) fn reloading(&self) {
        if let Ok(now) = NotifyState::monotonic_usec_now() {
            notify(&[NotifyState::Reloading, now]);
        }
    }

    pub(super) fn reloaded(&self) {
        notify(&[NotifyState::Ready]);
    }

    pub(super) fn stopping(&self) {
        notify(&[NotifyState::Stopping]);
    }
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!("cannot notify the service manager: {error}");
    }
}

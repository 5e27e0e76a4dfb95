//! The minimal listener: joins every group, receives and counts.

use std::io;
use std::os::fd::AsFd as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};
use signal_hook::consts::SIGTERM;

use crate::common::sys::{self, Counter};

/// The argument with which this program is the minimal listener.
pub(crate) const ROLE: &str = "--floor";

/// The receive buffer of nlstream, if the limit allows it.
const BUFFER: libc::c_int = 32 << 20;

/// Counts until SIGTERM, and prints the number of datagrams.
pub(crate) fn run() -> ExitCode {
    match count() {
        Ok(count) => {
            println!("{count}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("floor: {error}");
            ExitCode::FAILURE
        }
    }
}

fn count() -> io::Result<u64> {
    let ends = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGTERM, ends.clone())?;
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    let set = |option| sys::set_option(socket.as_fd(), libc::SOL_SOCKET, option, BUFFER);
    set(libc::SO_RCVBUFFORCE).or_else(|_| set(libc::SO_RCVBUF))?;
    socket.bind(&SocketAddr::new(0, 0))?;
    for group in 1..40 {
        // Some groups need privilege, and older kernels have fewer.
        let _ = socket.add_membership(group);
    }
    let mut counter = Counter::new();
    let mut count = 0;
    while !ends.load(Ordering::Relaxed) {
        match counter.receive(socket.as_fd()) {
            Ok(datagrams) => count += datagrams as u64,
            Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                // A signal before this call is noticed after a second.
                let wait = sys::wait_readable(socket.as_fd(), 1000);
                match wait {
                    Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                    _ => {}
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

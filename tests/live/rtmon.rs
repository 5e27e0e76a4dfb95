//! A file that rtmon writes while a trial runs.

use std::path::PathBuf;
use std::process::{Child, Stdio};

use crate::common::wait_until;
use crate::namespace::Namespace;

/// rtmon, writing the events of a namespace to a file.
pub(crate) struct Rtmon {
    child: Child,
    pub path: PathBuf,
}

impl Rtmon {
    /// Starts it, and waits until it has written the devices.
    pub(crate) fn start(ns: &Namespace, name: &str) -> Self {
        let path = temporary(&format!("{name}.rtmon"));
        let mut command = ns.command("rtmon");
        command.args(["file", path.to_str().unwrap(), "all"]);
        let child = command.stdout(Stdio::null()).spawn().unwrap();
        wait_until("rtmon has written the devices", || {
            std::fs::metadata(&path).is_ok_and(|file| file.len() > 0)
        });
        Rtmon { child, path }
    }
}

impl Drop for Rtmon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A path of this process.
pub(crate) fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("nlstream-{}-{name}", std::process::id()))
}

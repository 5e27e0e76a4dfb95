//! A thread that reads what other users' processes hide: the files that they execute, and their sockets.
//! Landlock would forbid it to a confined thread, and it needs CAP_SYS_PTRACE, which is the only
//! capability that the thread keeps.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::{fs, io};

use caps::Capability;

use super::ports::Ports;
use crate::run::capabilities::keep_only;
#[cfg(feature = "cli")]
use crate::run::confinement;

/// The thread.
#[derive(Debug)]
pub(super) struct Helper {
    questions: Sender<Question>,
    answers: Receiver<Answer>,
}

enum Question {
    /// Which file does the process execute?
    Executable(u32),
    /// Which process has the netlink socket of this protocol and port id?
    Process(u16, u32),
}

enum Answer {
    Executable(Option<PathBuf>),
    Process(Option<u32>),
}

impl Helper {
    /// Starts the thread, which must be before the process is confined. `None` if no thread can be
    /// started. `confine`: the thread confines itself, and reports a refused call by this function.
    pub(super) fn start(confine: Option<fn(&str)>) -> Option<Self> {
        let (questions, asked) = channel();
        let (answered, answers) = channel();
        let (ready, is_ready) = channel();
        let thread = move || {
            let thread = "the thread that reads about processes";
            keep_only(&[Capability::CAP_SYS_PTRACE], thread);
            #[cfg(not(feature = "cli"))]
            let _ = confine;
            #[cfg(feature = "cli")]
            if let Some(report) = confine {
                confinement::enter_processes(report);
            }
            let _ = ready.send(());
            let mut ports = Ports::default();
            for question in asked {
                let answer = match question {
                    Question::Executable(pid) => Answer::Executable(executable(pid).ok()),
                    Question::Process(protocol, portid) => {
                        Answer::Process(ports.process(protocol, portid))
                    }
                };
                if answered.send(answer).is_err() {
                    return;
                }
            }
        };
        let builder = std::thread::Builder::new().name("processes".to_owned());
        builder.spawn(thread).ok()?;
        // Confined, it could not give up capabilities.
        is_ready.recv().ok()?;
        Some(Helper { questions, answers })
    }

    fn ask(&self, question: Question) -> Option<Answer> {
        self.questions.send(question).ok()?;
        self.answers.recv().ok()
    }

    /// Returns the path of the file that a process executes; `None` if it has ended.
    pub(super) fn executable(&self, pid: u32) -> Option<PathBuf> {
        match self.ask(Question::Executable(pid))? {
            Answer::Executable(path) => path,
            Answer::Process(_) => None,
        }
    }

    /// Returns the process that has a netlink socket; `None` if none is found in time.
    pub(super) fn process(&self, protocol: u16, portid: u32) -> Option<u32> {
        match self.ask(Question::Process(protocol, portid))? {
            Answer::Process(pid) => pid,
            Answer::Executable(_) => None,
        }
    }
}

fn executable(pid: u32) -> io::Result<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe"))
}

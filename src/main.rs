//! Entry point: runs the task of the command line and maps the result to an exit status.

use std::process::ExitCode;

use nlstream::cli::{self, Task};
use nlstream::error::Error;
use nlstream::logging;
use nlstream::run::confinement::{self, Needs};
use nlstream::run::{exec, live, replay, report, state};
use nlstream::sink;

fn main() -> ExitCode {
    let cli::Invocation {
        log,
        warnings,
        confined,
        task,
    } = cli::invocation();
    logging::begin(log);
    // Their loops serve more than the reader of the messages.
    if matches!(task, Task::Live(_) | Task::Exec(_)) {
        logging::never_wait();
    }
    for warning in warnings {
        log::warn!("{warning}");
    }
    // The confinement would refuse it.
    let prepared = match &task {
        Task::Live(live) => {
            let report: fn(&str) = logging::error_of_handler;
            live::prepare(live, confined.then_some(report))
        }
        _ => Ok(live::Prepared::default()),
    };
    if confined {
        let has_broker = prepared.as_ref().is_ok_and(live::Prepared::has_broker);
        confine(&task, has_broker);
    }
    let status = match prepared.and_then(|prepared| run(task, prepared)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logging::error(&error);
            ExitCode::from(error.exit_status())
        }
    };
    logging::finish();
    status
}

fn run(task: Task, prepared: live::Prepared) -> Result<(), Error> {
    match task {
        Task::Live(live) => live::run(&live, prepared),
        Task::Replay(replay, files) => replay::run(&replay, &files),
        Task::State(query) => state::run(&query),
        Task::Log(query) => nlstream::run::log::run(&query),
        Task::Report(query) => report::run(&query),
        #[cfg(feature = "top")]
        Task::Top(query) => nlstream::run::top::run(&query),
        Task::Exec(exec) => exec::run(&exec),
        Task::Text(text) => sink::print(|out| out.write_all(text.as_bytes())),
    }
}

/// Confines the process to what the task needs: in the program, since a library must not confine the
/// programs that use it. `has_broker`: a process apart keeps CAP_NET_ADMIN.
fn confine(task: &Task, has_broker: bool) {
    let needs = match task {
        Task::Live(live) => Needs {
            has_broker,
            ..Needs::live(live)
        },
        Task::Replay(replay, files) => Needs::replay(replay, files),
        Task::State(query) => Needs::state(query),
        Task::Log(query) => Needs::log(query),
        Task::Report(query) => Needs::report(query),
        // The commands would be confined as well: docs/confinement.md.
        Task::Exec(_) | Task::Text(_) => return,
        // Its run is, in a process of its own.
        #[cfg(feature = "top")]
        Task::Top(_) => return,
    };
    confinement::enter(&needs, logging::error_of_handler);
}

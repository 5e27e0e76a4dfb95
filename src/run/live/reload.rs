//! SIGHUP: the options are read again, and those that can change during a run take effect.

use std::collections::BTreeMap;
#[cfg(feature = "cli")]
use std::time::Instant;

#[cfg(feature = "cli")]
use log::{error, info, warn};

use super::Live;
#[cfg(feature = "cli")]
use super::Stream;
#[cfg(feature = "cli")]
use super::prepare::check_files;
#[cfg(feature = "cli")]
use crate::netlink::{DumpSource, EventSource};
#[cfg(feature = "cli")]
use crate::run::confinement;
#[cfg(feature = "cli")]
use crate::run::metrics::{self, Metrics};
#[cfg(feature = "cli")]
use crate::sink::Sink;

/// The options of a run by name, as the command line, the environment and the configuration file
/// give them.
pub type Options = BTreeMap<String, String>;

/// Reads the options of a run again. The error says what is wrong with them.
pub type ReadOptions = fn() -> Result<Live, String>;

/// Options that [`Stream::apply`] changes, and those of logging, which take effect when they are
/// read.
const RELOADED: &[&str] = &[
    "audit",
    "checkpoint",
    "fsync",
    "heartbeat",
    "metrics",
    "queue",
    "rotate-compress",
    "rotate-every",
    "rotate-keep",
    "rotate-size",
    "log-level",
    "log-format",
];

/// The names of the options that differ.
fn changed<'a>(old: &'a Options, new: &'a Options) -> Vec<&'a str> {
    let names = old.keys().chain(new.keys());
    let differ = |name: &&String| old.get(*name) != new.get(*name);
    let mut names: Vec<_> = names.filter(differ).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(feature = "cli")]
impl<E: EventSource, D: DumpSource> Stream<E, D> {
    /// Reads the options again. If they are invalid, those of the run remain.
    pub(super) fn reload(&mut self, sink: &mut Sink) {
        let Some(read) = self.live.read_options else {
            return;
        };
        self.host.reloading();
        let applied = read().and_then(|live| self.apply(&live, sink));
        if let Some(metrics) = &mut self.metrics {
            metrics.reloaded(applied.is_ok());
        }
        if let Err(error) = applied {
            error!(
                "cannot reload the configuration: {error}; the run continues with its previous options"
            );
        }
        self.host.reloaded();
    }

    fn apply(&mut self, new: &Live, sink: &mut Sink) -> Result<(), String> {
        let old = self.live.options.clone();
        let names = changed(&old, &new.options);
        // The confinement allows writes only in the folders of the start.
        let metrics = new.metrics.as_ref().map(metrics::Config::path);
        let is_refused = metrics.is_some_and(|path| !confinement::is_writable(path));
        let (reloaded, restart): (Vec<_>, Vec<_>) = names
            .iter()
            .partition(|name| RELOADED.contains(name) && !(is_refused && **name == "metrics"));
        let mut live = self.live.clone();
        if !is_refused {
            live.metrics.clone_from(&new.metrics);
        }
        let mut files = live.clone();
        files.outputs.file.clone_from(&new.outputs.file);
        let checked = check_files(&files).and_then(|()| sink.check(&new.outputs.file));
        checked.map_err(|error| error.to_string())?;
        let now = Instant::now();
        if live.heartbeat != new.heartbeat {
            live.heartbeat = new.heartbeat;
            self.next_heartbeat = live.heartbeat.map(|every| now + every);
        }
        if live.audit != new.audit {
            live.audit = new.audit;
            self.resync.set_audit(live.audit, now);
        }
        if reloaded.contains(&&"metrics") {
            self.metrics = live.metrics.clone().map(Metrics::new);
            if self.metrics.is_some() {
                self.session.pipeline.count_network();
            }
        }
        if live.outputs.checkpoints != new.outputs.checkpoints {
            live.outputs.checkpoints = new.outputs.checkpoints;
            self.session.checkpoints.set(live.outputs.checkpoints);
        }
        if live.outputs.file != new.outputs.file {
            live.outputs.file = new.outputs.file.clone();
            self.session
                .set_rotate_size(live.outputs.file.rotation.size);
            sink.configure(&live.outputs.file);
        }
        live.outputs.queue = new.outputs.queue;
        self.session.set_limit(live.outputs.queue);
        for name in &reloaded {
            match new.options.get(**name) {
                Some(value) => live.options.insert((**name).to_owned(), value.clone()),
                None => live.options.remove(**name),
            };
        }
        self.live = live;
        match reloaded.is_empty() {
            true => info!(
                "configuration reloaded: nothing has changed that a running nlstream can take over"
            ),
            false => info!("configuration reloaded: changed {}", list(&reloaded)),
        }
        if !restart.is_empty() {
            warn!("a restart is needed for changes of {}", list(&restart));
        }
        Ok(())
    }
}

fn list(names: &[&&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| **name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::RELOADED;

    #[test]
    fn the_manual_lists_the_options_that_sighup_applies() {
        let names: Vec<_> = RELOADED.iter().map(|name| format!("`{name}`")).collect();
        let (last, others) = names.split_last().unwrap();
        let list = format!(
            "(SIGHUP) applies the options {} and {last}",
            others.join(", ")
        );
        let text = include_str!("../../../docs/operating.md").replace('\n', " ");
        assert!(text.contains(&list), "{list}");
    }
}

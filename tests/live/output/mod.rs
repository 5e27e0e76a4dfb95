//! A service that writes a file, under faults: full disks, files that are renamed, truncated or
//! deleted, limits, kills. Every line in the file must be complete, and every missing line
//! counted by a gap.

mod checkpoint;
mod disk;
mod files;
mod kill;
mod planted;
mod record;
mod reload;
mod service;
mod stall;
mod state_command;

pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    [
        checkpoint::trials,
        disk::trials,
        files::trials,
        kill::trials,
        planted::trials,
        record::trials,
        reload::trials,
        stall::trials,
        state_command::trials,
    ]
    .into_iter()
    .flat_map(|trials| trials())
    .collect()
}

//! Whoever folds the lines by their keys holds the objects of the kernel, as `ip` and `bridge`
//! list them.

mod cases;
mod churn;
mod churn_commands;
pub(crate) mod fold;
mod heavy;
mod judge;
mod million;
mod negotiation;
mod races;
mod random;
mod replay;
mod settings_commands;
mod silent;
mod stacked_commands;
mod verification;

pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    let modules = [
        cases::trials,
        churn::trials,
        heavy::trials,
        million::trials,
        negotiation::trials,
        races::trials,
        replay::trials,
        silent::trials,
        verification::trials,
    ];
    modules.into_iter().flat_map(|trials| trials()).collect()
}

//! Whoever folds the lines by their keys holds the objects of the kernel, as `ip` and `bridge`
//! list them.

mod churn;
mod churn_commands;
mod fold;
mod heavy;
mod judge;
mod million;
mod races;
mod random;
mod silent;
mod verification;

pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    let modules = [
        churn::trials,
        heavy::trials,
        million::trials,
        races::trials,
        silent::trials,
        verification::trials,
    ];
    modules.into_iter().flat_map(|trials| trials()).collect()
}

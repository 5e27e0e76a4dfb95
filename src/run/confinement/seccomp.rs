//! Seccomp: the calls of [`calls`](super::calls) are allowed, every other ends the process.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::io::{self, Cursor};
use std::sync::OnceLock;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter, apply_filter_all_threads,
};

use super::calls::{CALLS, Condition};
use super::{Needs, REFUSED_CALL, names};
use crate::netlink::sys;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Refuses what the run does not need, in all threads; in this thread only if another one has a filter of its
/// own.
///
/// # Errors
/// If the kernel does not filter, or filters of this architecture are not supported.
pub(super) fn filter(needs: &Needs, report: fn(&str)) -> Result<(), Box<dyn std::error::Error>> {
    let arch: TargetArch = ARCH.try_into()?;
    let (mut allowed, mut absent) = (Rules::new(), Rules::new());
    for call in CALLS.iter().filter(|call| call.is_made_by(needs.mode)) {
        let Some(number) = call.number() else {
            continue;
        };
        let mut rules = Vec::new();
        for alternative in call.alternatives(needs) {
            let conditions = alternative.into_iter().map(condition);
            rules.push(SeccompRule::new(conditions.collect::<Result<_, _>>()?)?);
        }
        if call.is_absent() {
            absent.insert(number, Vec::new());
        } else if call.is_limited() && rules.is_empty() {
            continue;
        }
        allowed.insert(number, rules);
    }
    let refuse = SeccompAction::Trap;
    let filter: BpfProgram =
        SeccompFilter::new(allowed, refuse, SeccompAction::Allow, arch)?.try_into()?;
    let missing = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    let absent: BpfProgram =
        SeccompFilter::new(absent, SeccompAction::Allow, missing, arch)?.try_into()?;
    let _ = REPORT.set(report);
    sys::on_refused_call(refused, REFUSED_CALL)?;
    // The second, which refuses seccomp(2), comes last.
    if needs.has_visitor {
        apply_filter(&absent)?;
        apply_filter(&filter)?;
    } else {
        apply_filter_all_threads(&absent)?;
        apply_filter_all_threads(&filter)?;
    }
    Ok(())
}

fn condition(it: Condition) -> Result<SeccompCondition, seccompiler::BackendError> {
    // The kernel uses 32 bits of an argument that is an int; the others have any value.
    let (length, operator) = match u32::try_from(it.mask) {
        Ok(_) => (SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(it.mask)),
        Err(_) => (SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(it.mask)),
    };
    SeccompCondition::new(it.argument, length, operator, it.value)
}

static REPORT: OnceLock<fn(&str)> = OnceLock::new();

/// Reports a refused call. Runs in a signal handler: allocates nothing and takes no lock.
fn refused(number: i32) {
    let mut text = Cursor::new([0; 256]);
    let _ = write_message(&mut text, number);
    let length = text.position() as usize;
    if let (Ok(text), Some(report)) = (std::str::from_utf8(&text.get_ref()[..length]), REPORT.get())
    {
        report(text);
    }
}

fn write_message(mut out: impl io::Write, number: i32) -> io::Result<()> {
    let name = names::of(number).unwrap_or("unknown");
    write!(
        out,
        "refused the system call {name} ({number}): nlstream does not make it, unless it has a fault or is attacked; \
         report this message; --confinement off runs without this protection"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_the_call_and_fits() {
        let mut text = Vec::new();
        write_message(&mut text, libc::SYS_kill as i32).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(
            text.contains(&format!("kill ({})", libc::SYS_kill)),
            "{text}"
        );
        let mut longest = Vec::new();
        write_message(&mut longest, i32::MIN).unwrap();
        assert!(longest.len() <= 256, "{}", longest.len());
        assert!(longest.is_ascii());
    }
}

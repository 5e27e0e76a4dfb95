//! Trials of libtest-mimic that state what they need of the machine. A trial whose needs are not
//! met is reported as ignored, with the reason; with `CI` in the environment it fails.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

use libtest_mimic::{Completion, Trial};

/// What a trial needs of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Need {
    /// Unprivileged user and network namespaces, with unshare(1), nsenter(1), bash and ip(8).
    Namespace,
    /// The same, with mount namespaces in which tmpfs can be mounted.
    Mounts,
    /// A link type of the kernel: `ip link add type …`.
    LinkType(&'static str),
    /// Network namespaces of root with CAP_BPF and CAP_PERFMON, and a kernel with BPF and its types.
    Bpf,
    /// A program in `PATH`.
    Program(&'static str),
    /// The kernel's uapi headers, in `NLSTREAM_UAPI` or /usr/include.
    UapiHeaders,
}

pub(crate) use Need::{Bpf, LinkType, Mounts, Namespace, Program, UapiHeaders};

impl Need {
    /// Returns why the need is not met, or `None` if it is. The probe runs once per need.
    fn missing(self) -> Option<String> {
        static PROBED: OnceLock<Mutex<HashMap<Need, Option<String>>>> = OnceLock::new();
        let mut probed = PROBED.get_or_init(Mutex::default).lock().unwrap();
        probed.entry(self).or_insert_with(|| self.probe()).clone()
    }

    fn probe(self) -> Option<String> {
        let (command, reason) = match self {
            Namespace => (
                "unshare -rn ip link set lo up && command -v nsenter bash".to_owned(),
                "no unprivileged network namespaces, or no unshare, nsenter, bash or ip".to_owned(),
            ),
            Mounts => (
                "unshare -rnm mount -t tmpfs tmpfs /mnt".to_owned(),
                "no unprivileged mount namespaces".to_owned(),
            ),
            LinkType(kind) => (
                format!("unshare -rn ip link add probe0 type {kind}"),
                format!("the kernel has no links of the type {kind}"),
            ),
            Bpf => (
                format!(
                    "test -e /sys/kernel/btf/vmlinux &&
                     unshare -n sh -c 'ip link set lo up; ! {} --with by --snapshot --exit -k link 2>&1 | grep -q \"not permitted\"'",
                    crate::common::NLSTREAM
                ),
                "no CAP_BPF and CAP_PERFMON, or a kernel without CONFIG_DEBUG_INFO_BTF".to_owned(),
            ),
            Program(program) => (
                format!("command -v {program}"),
                format!("{program} is not installed"),
            ),
            UapiHeaders => (
                "test -e ${NLSTREAM_UAPI:-/usr/include}/linux/rtnetlink.h".to_owned(),
                "no uapi headers: linux-libc-dev is not installed".to_owned(),
            ),
        };
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]).stdin(Stdio::null());
        shell.stdout(Stdio::null()).stderr(Stdio::null());
        let met = shell.status().is_ok_and(|status| status.success());
        (!met).then_some(reason)
    }
}

/// Makes a trial. `module` is the `module_path!` of the test: the name of the trial is the path
/// without the crate. `long` says why the trial runs only with `--ignored`.
pub(crate) fn trial(
    module: &str,
    name: &str,
    needs: &'static [Need],
    long: Option<&str>,
    test: impl FnOnce() + Send + 'static,
) -> Trial {
    let name = match module.split_once("::") {
        Some((_, path)) => format!("{path}::{name}"),
        None => name.to_owned(),
    };
    let run = move || {
        let missing: Vec<_> = needs.iter().filter_map(|need| need.missing()).collect();
        if missing.is_empty() {
            test();
            return Ok(Completion::Completed);
        }
        match std::env::var_os("CI") {
            Some(_) => Err(format!("cannot run: {}", missing.join("; ")).into()),
            None => Ok(Completion::ignored_with(missing.join("; "))),
        }
    };
    let trial = Trial::ignorable_test(name, run).with_ignored_flag(long.is_some());
    match long {
        Some(reason) => trial.with_kind(reason),
        None => trial,
    }
}

/// Defines `trials()`, which returns one trial for each listed function of the module:
/// `name(NEEDS)`, or `name(NEEDS) long "reason"` for one that runs only with `--ignored`.
/// A test function that is missing in the list is dead code, which is an error in these binaries.
macro_rules! trials {
    ($($name:ident($($need:expr),*) $(long $reason:literal)?),+ $(,)?) => {
        pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
            #[allow(unused_imports, reason = "not every list uses each need")]
            use $crate::trial::Need::*;
            vec![$(
                $crate::trial::trial(
                    module_path!(),
                    stringify!($name),
                    &[$($need),*],
                    None$(.or(Some($reason)))?,
                    $name,
                )
            ),+]
        }
    };
}
pub(crate) use trials;

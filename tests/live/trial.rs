//! Trials of libtest-mimic that state what they need of the machine. A trial whose needs are not
//! met is reported as ignored, with the reason; with `CI` in the environment it fails, unless it is
//! one that runs in a guest.

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
    /// Root and other users, with mount and network namespaces: the trial runs as root, or with
    /// subordinate user ids (subuid(5), newuidmap(1)).
    Users,
    /// Files that can only grow (`chattr +a`) in the folder of temporary files.
    AppendOnly,
    /// A link type of the kernel: `ip link add type …`.
    LinkType(&'static str),
    /// TAP devices: `ip tuntap`.
    TapDevice,
    /// Network namespaces of root with CAP_BPF and CAP_PERFMON, and a kernel with BPF and its types.
    Bpf,
    /// The same for one that many kernels lack: elsewhere the trial runs in a guest (`fixtures/live`).
    GuestLinkType(&'static str),
    /// A program in `PATH`.
    Program(&'static str),
    /// Landlock, in the kernel.
    Landlock,
    /// Policies of IPsec, in the kernel.
    Xfrm,
    /// ESP with AES, which many kernels lack: elsewhere the trial runs in a guest.
    GuestEsp,
    /// Root, and devices of netdevsim, which most kernels lack: elsewhere the trial runs in a guest.
    GuestNetdevsim,
    /// Simulated radios (mac80211_hwsim), in a guest: their module makes devices when it is loaded.
    GuestRadios,
    /// A module of the kernel, in a guest: its objects are not limited to a namespace, or it makes some when it is loaded.
    GuestModule(&'static str),
    /// The thermal zone of `fixtures/thermal`, which the ACPI of a guest has.
    GuestThermal,
    /// Multipath TCP, in the kernel.
    Mptcp,
    /// The kernel's uapi headers, in `NLSTREAM_UAPI` or /usr/include.
    UapiHeaders,
}

pub(crate) use Need::{
    AppendOnly, Bpf, GuestEsp, GuestLinkType, GuestModule, GuestNetdevsim, GuestRadios,
    GuestThermal, Landlock, LinkType, Mounts, Mptcp, Namespace, Program, TapDevice, UapiHeaders,
    Users, Xfrm,
};

/// Options of unshare(1) with which root and other users exist inside: `Namespace::with_users`.
const AS_ROOT: &str = "$([ $(id -u) = 0 ] && echo -nm || echo -rnm --map-auto)";

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
            Users => (
                format!("unshare {AS_ROOT} setpriv --reuid 65534 --regid 65534 --clear-groups true"),
                "neither root nor subordinate user ids, or no setpriv".to_owned(),
            ),
            AppendOnly => (
                "f=$(mktemp) && trap 'chattr -a $f; rm $f' EXIT && chattr +a $f && ! (: >$f)"
                    .to_owned(),
                "not root, no chattr, or the file system of the temporary folder has no append-only files".to_owned(),
            ),
            LinkType(kind) | GuestLinkType(kind) => (
                format!("unshare -rn ip link add probe0 type {kind}"),
                format!("the kernel has no links of the type {kind}"),
            ),
            TapDevice => (
                "modprobe -q tun; unshare -rn ip tuntap add dev probe0 mode tap".to_owned(),
                "no /dev/net/tun, or the kernel has no TAP devices".to_owned(),
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
            Landlock => (
                "grep -qs landlock /sys/kernel/security/lsm || python3 -c \
                 'import ctypes; exit(ctypes.CDLL(None).syscall(444, None, 0, 1) < 1)'"
                    .to_owned(),
                "the kernel has no landlock, or that cannot be found out without python3"
                    .to_owned(),
            ),
            Xfrm => (
                "unshare -rn ip xfrm policy".to_owned(),
                "the kernel has no IPsec".to_owned(),
            ),
            GuestEsp => (
                "unshare -rn ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 1 mode tunnel \
                 enc 'cbc(aes)' 0x00112233445566778899aabbccddeeff auth 'hmac(sha1)' 0x0011223344556677889900112233445566778899"
                    .to_owned(),
                "the kernel has no ESP".to_owned(),
            ),
            GuestNetdevsim => (
                "[ $(id -u) = 0 ] && modprobe -q netdevsim && test -w /sys/bus/netdevsim/new_device"
                    .to_owned(),
                "not root, or the kernel has no netdevsim".to_owned(),
            ),
            // The options of the kernel are those of `fixtures/guest`.
            GuestRadios => (
                "[ $(id -u) = 0 ] && grep -q ' moddir=' /proc/cmdline && modprobe -q mac80211_hwsim && iw phy | grep -q Wiphy"
                    .to_owned(),
                "no guest with simulated radios, whose kernel has cfg80211".to_owned(),
            ),
            GuestModule(name) => (
                format!("[ $(id -u) = 0 ] && grep -q ' moddir=' /proc/cmdline && modprobe -q {name}"),
                format!("no guest whose kernel has the module {name}"),
            ),
            GuestThermal => (
                "[ $(id -u) = 0 ] && grep -q ' moddir=' /proc/cmdline && modprobe -q fan && grep -q acpitz /sys/class/thermal/thermal_zone0/type"
                    .to_owned(),
                "no guest with a thermal zone".to_owned(),
            ),
            Mptcp => (
                "unshare -rn ip mptcp limits".to_owned(),
                "the kernel has no Multipath TCP".to_owned(),
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
        let mut missing = Vec::new();
        // Then it cannot run on this machine, whatever else is missing.
        let mut is_for_guest = false;
        for need in needs {
            if let Some(reason) = need.missing() {
                is_for_guest |= matches!(
                    need,
                    GuestLinkType(_)
                        | GuestModule(_)
                        | GuestEsp
                        | GuestNetdevsim
                        | GuestRadios
                        | GuestThermal
                );
                missing.push(reason);
            }
        }
        if missing.is_empty() {
            test();
            return Ok(Completion::Completed);
        }
        match std::env::var_os("CI") {
            Some(_) if !is_for_guest => Err(format!("cannot run: {}", missing.join("; ")).into()),
            _ => Ok(Completion::ignored_with(missing.join("; "))),
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

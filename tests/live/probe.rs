//! The confinement, probed from inside: a process confines itself as the program does, and makes one
//! call.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use libc::c_long;
use nlstream::run::confinement::{self, Mode, Needs};

use crate::common::{NLSTREAM, wait_until};
use crate::namespace::Namespace;

crate::trial::trials! {
    each_call_is_allowed_or_refused_as_listed(),
    a_refused_call_is_logged_as_text_and_as_json(),
    writes_are_limited_to_the_folders_of_the_outputs(Landlock),
    confinement_can_be_turned_off(Namespace),
    all_threads_are_confined_in_every_mode(Namespace),
    folder_that_only_the_superuser_may_write_to(Mounts),
}

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The kernel executes it, whatever the result.
    Allowed,
    /// It ends the process.
    Refused,
    /// It fails with this error number.
    Fails(i32),
}

use Verdict::{Allowed, Fails, Refused};

const MODES: [Mode; 3] = [Mode::Live, Mode::Replay, Mode::State];
/// In every mode.
const fn all(verdict: Verdict) -> [Verdict; 3] {
    [verdict; 3]
}
const REFUSED: [Verdict; 3] = all(Refused);
const ALLOWED: [Verdict; 3] = all(Allowed);
const ONLY_LIVE: [Verdict; 3] = [Allowed, Refused, Refused];
const ONLY_RUNS: [Verdict; 3] = [Allowed, Allowed, Refused];

/// A call: name, number, arguments, and what happens to it in live, replay and state.
type Probe = (&'static str, c_long, [c_long; 6], [Verdict; 3]);

const fn probe(
    name: &'static str,
    number: c_long,
    arguments: &[c_long],
    verdicts: [Verdict; 3],
) -> Probe {
    let mut all = [0; 6];
    let mut at = 0;
    while at < arguments.len() {
        all[at] = arguments[at];
        at += 1;
    }
    (name, number, all, verdicts)
}

const IPPROTO_MPTCP: c_long = 262;
const INVALID: c_long = -1;

/// The calls. None of them does harm if it is executed: pointers are null, descriptors invalid.
#[rustfmt::skip]
const PROBES: &[Probe] = &[
    // Programs and processes.
    probe("execve", libc::SYS_execve, &[], REFUSED),
    probe("execveat", libc::SYS_execveat, &[INVALID], REFUSED),
    probe("clone of a process", libc::SYS_clone, &[libc::SIGCHLD as c_long], REFUSED),
    probe("clone of a thread in a new network", libc::SYS_clone,
        &[(libc::CLONE_VM | libc::CLONE_SIGHAND | libc::CLONE_THREAD | libc::CLONE_NEWNET) as c_long], REFUSED),
    probe("clone3", libc::SYS_clone3, &[], [Fails(libc::ENOSYS), Fails(libc::ENOSYS), Refused]),
    probe("ptrace", libc::SYS_ptrace, &[INVALID], REFUSED),
    probe("process_vm_readv", libc::SYS_process_vm_readv, &[1], REFUSED),
    probe("process_vm_writev", libc::SYS_process_vm_writev, &[1], REFUSED),
    probe("pidfd_open", libc::SYS_pidfd_open, &[1], REFUSED),
    probe("pidfd_getfd", libc::SYS_pidfd_getfd, &[INVALID], REFUSED),
    probe("wait4", libc::SYS_wait4, &[INVALID], REFUSED),
    probe("personality", libc::SYS_personality, &[0xffff_ffff], REFUSED),
    // Signals to others.
    probe("kill", libc::SYS_kill, &[1], REFUSED),
    probe("kill of itself", libc::SYS_kill, &[0], REFUSED),
    probe("tgkill of another process", libc::SYS_tgkill, &[1, 1], REFUSED),
    probe("tkill", libc::SYS_tkill, &[1], REFUSED),
    probe("rt_sigqueueinfo", libc::SYS_rt_sigqueueinfo, &[1], REFUSED),
    probe("rt_tgsigqueueinfo", libc::SYS_rt_tgsigqueueinfo, &[1, 1], REFUSED),
    probe("pidfd_send_signal", libc::SYS_pidfd_send_signal, &[INVALID], REFUSED),
    probe("fcntl F_SETOWN", libc::SYS_fcntl, &[0, libc::F_SETOWN as c_long, 1], REFUSED),
    probe("fcntl F_GETFL", libc::SYS_fcntl, &[0, libc::F_GETFL as c_long], ALLOWED),
    // Namespaces and mounts.
    probe("mount", libc::SYS_mount, &[], REFUSED),
    probe("umount2", libc::SYS_umount2, &[], REFUSED),
    probe("fsopen", libc::SYS_fsopen, &[], REFUSED),
    probe("pivot_root", libc::SYS_pivot_root, &[], REFUSED),
    probe("chroot", libc::SYS_chroot, &[], REFUSED),
    probe("chdir", libc::SYS_chdir, &[], REFUSED),
    probe("setns", libc::SYS_setns, &[INVALID], REFUSED),
    probe("unshare", libc::SYS_unshare, &[], REFUSED),
    // The kernel.
    probe("init_module", libc::SYS_init_module, &[], REFUSED),
    probe("finit_module", libc::SYS_finit_module, &[INVALID], REFUSED),
    probe("delete_module", libc::SYS_delete_module, &[], REFUSED),
    probe("kexec_load", libc::SYS_kexec_load, &[0, 1], REFUSED),
    probe("bpf", libc::SYS_bpf, &[INVALID], REFUSED),
    probe("perf_event_open", libc::SYS_perf_event_open, &[], REFUSED),
    probe("userfaultfd", libc::SYS_userfaultfd, &[INVALID], REFUSED),
    probe("io_uring_setup", libc::SYS_io_uring_setup, &[], REFUSED),
    probe("add_key", libc::SYS_add_key, &[], REFUSED),
    probe("keyctl", libc::SYS_keyctl, &[INVALID], REFUSED),
    probe("syslog", libc::SYS_syslog, &[10], REFUSED),
    probe("reboot", libc::SYS_reboot, &[], REFUSED),
    probe("swapon", libc::SYS_swapon, &[], REFUSED),
    probe("sethostname", libc::SYS_sethostname, &[0, INVALID], REFUSED),
    probe("settimeofday", libc::SYS_settimeofday, &[], REFUSED),
    probe("clock_settime", libc::SYS_clock_settime, &[INVALID], REFUSED),
    probe("adjtimex", libc::SYS_adjtimex, &[], REFUSED),
    // Rights.
    probe("setuid", libc::SYS_setuid, &[INVALID], REFUSED),
    probe("setgid", libc::SYS_setgid, &[INVALID], REFUSED),
    probe("setgroups", libc::SYS_setgroups, &[INVALID], REFUSED),
    probe("capset", libc::SYS_capset, &[], REFUSED),
    probe("prctl PR_SET_DUMPABLE", libc::SYS_prctl, &[libc::PR_SET_DUMPABLE as c_long, INVALID], REFUSED),
    probe("prlimit64 of another process", libc::SYS_prlimit64, &[1], REFUSED),
    probe("setrlimit", libc::SYS_prlimit64, &[0, INVALID, 8], REFUSED),
    probe("seccomp", libc::SYS_seccomp, &[INVALID], REFUSED),
    probe("landlock_create_ruleset", libc::SYS_landlock_create_ruleset, &[0, 0, 1], REFUSED),
    // Files.
    probe("open for reading", libc::SYS_openat, &[INVALID, 0, libc::O_RDONLY as c_long], ALLOWED),
    probe("creation of a set-user-ID file", libc::SYS_openat,
        &[INVALID, 0, (libc::O_CREAT | libc::O_WRONLY) as c_long, 0o4755], REFUSED),
    probe("openat2", libc::SYS_openat2, &[INVALID], REFUSED),
    probe("open_by_handle_at", libc::SYS_open_by_handle_at, &[INVALID], REFUSED),
    probe("fchmod", libc::SYS_fchmod, &[INVALID, 0o640], ONLY_RUNS),
    probe("fchmod 4755", libc::SYS_fchmod, &[INVALID, 0o4755], REFUSED),
    probe("fchmodat", libc::SYS_fchmodat, &[INVALID], REFUSED),
    probe("fchown", libc::SYS_fchown, &[INVALID], ONLY_RUNS),
    probe("fchownat", libc::SYS_fchownat, &[INVALID], REFUSED),
    probe("setxattr", libc::SYS_setxattr, &[], REFUSED),
    probe("mkdirat", libc::SYS_mkdirat, &[INVALID], REFUSED),
    probe("mknodat", libc::SYS_mknodat, &[INVALID], REFUSED),
    probe("symlinkat", libc::SYS_symlinkat, &[0, INVALID], REFUSED),
    probe("unlinkat", libc::SYS_unlinkat, &[INVALID], ONLY_RUNS),
    probe("rmdir", libc::SYS_unlinkat, &[INVALID, 0, libc::AT_REMOVEDIR as c_long], REFUSED),
    probe("renameat2", libc::SYS_renameat2, &[INVALID, 0, INVALID], ONLY_RUNS),
    probe("truncate", libc::SYS_truncate, &[], REFUSED),
    probe("ftruncate", libc::SYS_ftruncate, &[INVALID], ONLY_RUNS),
    probe("memfd_create", libc::SYS_memfd_create, &[], REFUSED),
    probe("inotify_init1", libc::SYS_inotify_init1, &[INVALID], REFUSED),
    probe("fanotify_init", libc::SYS_fanotify_init, &[INVALID], REFUSED),
    // Memory.
    probe("mmap", libc::SYS_mmap, &[], ALLOWED),
    probe("mmap of code", libc::SYS_mmap, &[0, 0, libc::PROT_EXEC as c_long], REFUSED),
    probe("mprotect", libc::SYS_mprotect, &[1], ALLOWED),
    probe("mprotect to code", libc::SYS_mprotect, &[1, 0, libc::PROT_EXEC as c_long], REFUSED),
    probe("shmget", libc::SYS_shmget, &[0, 0], REFUSED),
    // The network.
    probe("socket of rtnetlink", libc::SYS_socket, &[16, 3, 0], ONLY_LIVE),
    probe("socket of generic netlink", libc::SYS_socket, &[16, 3, 16], ONLY_LIVE),
    probe("socket of netfilter netlink", libc::SYS_socket, &[16, 3, 12], REFUSED),
    probe("socket of TCP", libc::SYS_socket, &[2, 1, 0], REFUSED),
    probe("socket of MPTCP", libc::SYS_socket, &[2, 1, IPPROTO_MPTCP], REFUSED),
    probe("socket of TCP over IPv6", libc::SYS_socket, &[10, 1, 0], REFUSED),
    probe("socket of UDP", libc::SYS_socket, &[2, 2, 0], REFUSED),
    probe("raw socket", libc::SYS_socket, &[2, 3, 1], REFUSED),
    probe("socket of packets", libc::SYS_socket, &[17, 3, 0], REFUSED),
    probe("socket of vsock", libc::SYS_socket, &[40, 1, 0], REFUSED),
    probe("unix datagram socket", libc::SYS_socket, &[1, 2, 0], REFUSED),
    probe("unix stream socket", libc::SYS_socket, &[1, 1, 0], REFUSED),
    probe("connect", libc::SYS_connect, &[INVALID], REFUSED),
    probe("listen", libc::SYS_listen, &[INVALID], REFUSED),
    probe("accept4", libc::SYS_accept4, &[INVALID], REFUSED),
    probe("recvmmsg", libc::SYS_recvmmsg, &[INVALID], ONLY_LIVE),
    probe("SO_ATTACH_FILTER", libc::SYS_setsockopt, &[INVALID, 1, 26], ONLY_LIVE),
    probe("SO_ATTACH_BPF", libc::SYS_setsockopt, &[INVALID, 1, 50], REFUSED),
    probe("NETLINK_ADD_MEMBERSHIP", libc::SYS_setsockopt, &[INVALID, 270, 1], ONLY_LIVE),
    // The terminal.
    probe("ioctl TCGETS", libc::SYS_ioctl, &[INVALID, libc::TCGETS as c_long], ALLOWED),
    probe("ioctl TIOCSTI", libc::SYS_ioctl, &[INVALID, libc::TIOCSTI as c_long], REFUSED),
    // What every process does.
    probe("read", libc::SYS_read, &[INVALID], ALLOWED),
    probe("write", libc::SYS_write, &[INVALID], ALLOWED),
    probe("getrandom", libc::SYS_getrandom, &[], ALLOWED),
    probe("clock_gettime", libc::SYS_clock_gettime, &[INVALID], ALLOWED),
    probe("futex", libc::SYS_futex, &[0, libc::FUTEX_WAKE as c_long], ALLOWED),
];

/// The environment variable that makes this binary a probe: mode, number and arguments.
const VARIABLE: &str = "NLSTREAM_TEST_PROBE";
/// The output of the probe.
const OUTPUT: &str = "NLSTREAM_TEST_PROBE_OUTPUT";
/// Not empty: it logs JSON.
const JSON: &str = "NLSTREAM_TEST_PROBE_JSON";

/// Returns true if this process is to make a call.
pub(crate) fn is_probe() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// Confines the process, makes the call, and prints its error number.
pub(crate) fn run() {
    let text = std::env::var(VARIABLE).unwrap();
    let numbers: Vec<c_long> = text.split(' ').map(|word| word.parse().unwrap()).collect();
    let needs = Needs {
        has_visitor: MODES[numbers[0] as usize] == Mode::Visit,
        mode: MODES[numbers[0] as usize],
        inputs: Vec::new(),
        outputs: std::env::var_os(OUTPUT).iter().map(PathBuf::from).collect(),
        notify: None,
        has_broker: false,
        sockets: Vec::new(),
        protocols: Vec::new(),
    };
    nlstream::logging::begin(nlstream::logging::Config {
        level: log::LevelFilter::Info,
        json: std::env::var_os(JSON).is_some_and(|json| !json.is_empty()),
    });
    confinement::enter(&needs, nlstream::logging::error_of_handler);
    if let Some(path) = std::env::args_os().nth(1) {
        println!("{}", writes(Path::new(&path)));
        return;
    }
    println!("{}", call(&numbers[1..]));
}

/// Returns the error number of a system call, 0 for none.
#[allow(unsafe_code, reason = "no crate has all these calls")]
fn call(numbers: &[c_long]) -> i32 {
    let [number, a, b, c, d, e, f] = numbers.try_into().unwrap();
    // SAFETY: the calls of PROBES have null pointers and invalid descriptors.
    let result = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    match result {
        -1 => std::io::Error::last_os_error().raw_os_error().unwrap(),
        _ => 0,
    }
}

/// Creates, renames and removes a file. Returns the error number of the first failure.
fn writes(path: &Path) -> i32 {
    let result = std::fs::write(path, "x")
        .and_then(|()| std::fs::rename(path, path.with_extension("new")))
        .and_then(|()| std::fs::remove_file(path.with_extension("new")));
    result
        .err()
        .map_or(0, |error| error.raw_os_error().unwrap())
}

fn probe_command(mode: usize, number: c_long, arguments: &[c_long; 6]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let words: Vec<_> = [mode as c_long, number]
        .iter()
        .chain(arguments)
        .map(c_long::to_string)
        .collect();
    command.env(VARIABLE, words.join(" ")).stdin(Stdio::null());
    command
}

fn verdict(status: ExitStatus, stdout: &str) -> Verdict {
    match (status.code(), stdout.trim().parse()) {
        (Some(confinement::REFUSED_CALL), _) => Refused,
        (Some(0), Ok(libc::ENOSYS)) => Fails(libc::ENOSYS),
        (Some(0), Ok(_)) => Allowed,
        _ => panic!("{status}: {stdout}"),
    }
}

fn each_call_is_allowed_or_refused_as_listed() {
    assert!(PROBES.len() >= 60);
    let mut wrong = Vec::new();
    for (name, number, arguments, expected) in PROBES {
        for (mode, expected) in expected.iter().enumerate() {
            let mut command = probe_command(mode, *number, arguments);
            let output = command
                .env(OUTPUT, std::env::temp_dir().join("x"))
                .output()
                .unwrap();
            let stdout = String::from_utf8_lossy(&output.stdout);
            let stderr = String::from_utf8_lossy(&output.stderr);
            let found = verdict(output.status, &stdout);
            if found != *expected {
                wrong.push(format!(
                    "{:?}: {name}: {found:?}, not {expected:?}",
                    MODES[mode]
                ));
            }
            // The name of the call is in the message.
            if found == Refused && !stderr.contains(&format!("({number})")) {
                wrong.push(format!("{name}: {stderr}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn a_refused_call_is_logged_as_text_and_as_json() {
    let stderr = |json| {
        let mut command = probe_command(0, libc::SYS_kill, &[1, 0, 0, 0, 0, 0]);
        let output = command.env(JSON, json).output().unwrap();
        assert_eq!(output.status.code(), Some(confinement::REFUSED_CALL));
        String::from_utf8(output.stderr).unwrap()
    };
    let message = format!("refused the system call kill ({})", libc::SYS_kill);
    let text = stderr("");
    assert!(
        text.starts_with(&format!("nlstream: error: {message}")),
        "{text}"
    );
    assert!(
        text.ends_with("protection\n") && text.contains("--confinement off"),
        "{text}"
    );
    let line: serde_json::Value = serde_json::from_str(&stderr("1")).unwrap();
    assert_eq!(line["level"], "error");
    assert!(
        line["message"].as_str().unwrap().starts_with(&message),
        "{line}"
    );
    assert!(line["time"].as_str().unwrap().ends_with('Z'), "{line}");
}

fn writes_are_limited_to_the_folders_of_the_outputs() {
    let folder = std::env::temp_dir().join(format!("nlstream-probe-{}", std::process::id()));
    for name in ["out", "target", "other"] {
        std::fs::create_dir_all(folder.join(name)).unwrap();
    }
    std::os::unix::fs::symlink("../target/file", folder.join("out/link")).unwrap();
    let found = |mode, output: Option<&str>, path: &str| {
        let mut command = probe_command(mode, 0, &[0; 6]);
        command.arg(folder.join(path));
        command.envs(output.map(|output| (OUTPUT, folder.join(output))));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout)
            .unwrap()
            .trim()
            .parse::<i32>()
            .unwrap()
    };
    for mode in [0, 1] {
        for (output, path, errno) in [
            (Some("out/file"), "out/file.part", 0),
            (Some("out/file"), "other/file", libc::EACCES),
            (Some("out/file"), "target/file", libc::EACCES),
            (Some("out/link"), "target/file", 0),
            (Some("out/link"), "out/x", 0),
            (Some("absent/file"), "other/file", libc::EACCES),
            (None, "out/file", libc::EACCES),
        ] {
            assert_eq!(found(mode, output, path), errno, "{mode} {output:?} {path}");
        }
    }
    assert_eq!(found(2, None, "other/file"), libc::EACCES);
    std::fs::remove_dir_all(folder).unwrap();
}

fn confinement_can_be_turned_off() {
    let ns = Namespace::new();
    let off = Program::start(&ns, &["--confinement", "off"]);
    // It has begun: it handles SIGUSR1.
    wait_until("the handlers", || off.field("SigCgt:") & (1 << 9) != 0);
    assert_eq!((off.field("Seccomp:"), off.field("NoNewPrivs:")), (0, 0));
}

/// The program, running.
struct Program(Child);

impl Program {
    fn start(ns: &Namespace, args: &[&str]) -> Self {
        let mut command = ns.command(NLSTREAM);
        command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        Program(command.stderr(Stdio::piped()).spawn().unwrap())
    }

    /// Returns a number of /proc/PID/status, hexadecimal.
    fn field(&self, name: &str) -> u64 {
        field(&format!("/proc/{}/status", self.0.id()), name)
    }

    /// Waits until all threads are confined, with these capabilities.
    fn wait(&self, threads: usize, capabilities: u64) {
        let tasks = format!("/proc/{}/task", self.0.id());
        wait_until("every thread is confined", || {
            let tasks: Vec<_> = std::fs::read_dir(&tasks).unwrap().flatten().collect();
            let confined = tasks.iter().filter(|task| {
                let status = task.path().join("status");
                let of = |name| field(status.to_str().unwrap(), name);
                let rights = (of("CapEff:"), of("CapPrm:"), of("CapInh:"));
                rights == (capabilities, capabilities, 0)
                    && (of("Seccomp:"), of("NoNewPrivs:")) == (2, 1)
            });
            (confined.count(), tasks.len()) == (threads, threads)
        });
    }
}

fn field(status: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    value.map_or(0, |value| u64::from_str_radix(value.trim(), 16).unwrap())
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const CAP_DAC_OVERRIDE: u64 = 1 << 1;
const CAP_NET_ADMIN: u64 = 1 << 12;

fn all_threads_are_confined_in_every_mode() {
    let ns = Namespace::new();
    let path = std::env::temp_dir().join(format!("nlstream-confined-{}", std::process::id()));
    let file = path.to_str().unwrap();
    // A second thread writes the file.
    for (args, threads, capabilities) in [
        (&[][..], 1, CAP_NET_ADMIN),
        (&["-o", file, "--fsync", "always"], 2, CAP_NET_ADMIN),
        (&["replay", "-"], 1, 0),
        (&["replay", "-o", file, "-"], 1, 0),
        (&["state", "-"], 1, 0),
    ] {
        let program = Program::start(&ns, args);
        program.wait(threads, capabilities);
    }
    std::fs::remove_file(path).unwrap();
}

fn folder_that_only_the_superuser_may_write_to() {
    let ns = Namespace::with_mounts();
    ns.run("mount -t tmpfs disk /mnt; mkdir /mnt/closed; chmod 555 /mnt/closed");
    let mut program = Program::start(&ns, &["-o", "/mnt/closed/x", "--log-level", "debug"]);
    program.wait(2, CAP_NET_ADMIN | CAP_DAC_OVERRIDE);
    let kill = Command::new("kill")
        .arg(program.0.id().to_string())
        .status();
    assert!(kill.unwrap().success());
    let mut text = String::new();
    program
        .0
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert!(
        text.contains("CAP_DAC_OVERRIDE: without it /mnt/closed/x"),
        "{text}"
    );
}

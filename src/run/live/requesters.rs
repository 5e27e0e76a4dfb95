//! Who caused the events (`--with by`): starts what finds it out, and names it in the inputs.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use caps::{CapSet, Capability};
use log::warn;

use super::subscription::Subscription;
use crate::channel::FamilyId;
use crate::event::By;
use crate::event::by::MAX_LOST_BY;
use crate::event::meta::LostBy;
use crate::input::ControlRecord;
use crate::netlink::dump::Dumps;
use crate::netlink::events::Events;
use crate::netlink::requester::{Filter, Requester, Step, Unavailable};
use crate::run::processes::Processes;

/// Who caused the events, and the last of them that the inputs name.
#[derive(Debug)]
pub(super) struct RequesterLog {
    processes: Processes,
    /// No filter is attached: only port ids tell who caused an event.
    by_port: bool,
    last: Option<Arc<By>>,
}

impl RequesterLog {
    /// Finds out from now on who causes the events of these sockets: before the process is confined.
    /// Without what the filter needs, port ids tell it of some events, and a warning says what is missing. `confine`:
    /// the thread that this starts confines itself, and reports a refused call by this function.
    pub(super) fn start(
        subscriptions: &mut [Subscription<Events, Dumps>],
        confine: Option<fn(&str)>,
    ) -> Self {
        let attached = attach(subscriptions);
        if let Err(error) = &attached {
            warn!(
                "--with by: {error}: {}; until then `by` is only in events of processes that keep a netlink socket open, \
                 and never in those of links",
                remedy(error)
            );
            for subscription in subscriptions {
                subscription.requesters = None;
            }
        }
        RequesterLog {
            processes: Processes::new(confine),
            by_port: attached.is_err(),
            last: None,
        }
    }

    /// Returns the record that precedes an event, unless the inputs name its requester already. `is_own`:
    /// it is one of the program's own namespace.
    pub(super) fn record(
        &mut self,
        requester: Option<&Requester>,
        family: FamilyId,
        is_own: bool,
        datagram: &[u8],
    ) -> Option<ControlRecord> {
        let by = match requester {
            Some(requester) => Some(self.processes.by(requester)),
            // /proc shows the sockets of the own namespace.
            None if self.by_port && is_own => match portid(datagram)? {
                0 => None,
                portid => self.processes.of_port(family, portid),
            },
            None => None,
        };
        self.begin(by)
    }

    /// Returns the record that precedes events of which the kernel has named the process.
    pub(super) fn name(&mut self, by: Option<By>) -> Option<ControlRecord> {
        self.begin(by.map(|by| Arc::new(by.bounded())))
    }

    fn begin(&mut self, by: Option<Arc<By>>) -> Option<ControlRecord> {
        if by == self.last {
            return None;
        }
        self.last.clone_from(&by);
        Some(ControlRecord::By(by))
    }

    /// Returns who caused most of the lost events; `None` if that is known of none. Processes of the same
    /// name, user and cgroup count as one requester: a script may start one for each event.
    pub(super) fn lost_by(&mut self, requesters: &[Requester]) -> Option<Vec<LostBy>> {
        let mut groups = HashMap::<_, HashMap<&Requester, u64>>::new();
        for requester in requesters {
            let group = match requester {
                Requester::Kernel => None,
                Requester::Process {
                    uid, cgroup, comm, ..
                } => Some((uid, cgroup, comm)),
            };
            let group = groups.entry(group).or_default();
            *group.entry(requester).or_default() += 1;
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        let sum = |group: &HashMap<&Requester, u64>| group.values().sum::<u64>();
        groups.sort_by_cached_key(|group| std::cmp::Reverse(sum(group)));
        groups.truncate(MAX_LOST_BY);
        let lost_by = groups.into_iter().filter_map(|group| {
            let by = By::clone(&self.processes.by(group.keys().next()?));
            let (processes, by) = match group.len() {
                1 => (None, by),
                number => {
                    let common = By {
                        pid: None,
                        tid: None,
                        ppid: None,
                        exe: None,
                        ..by
                    };
                    (Some(number as u64), common)
                }
            };
            Some(LostBy {
                lost: sum(&group),
                processes,
                by,
            })
        });
        let lost_by: Vec<_> = lost_by.collect();
        (!lost_by.is_empty()).then_some(lost_by)
    }
}

fn attach(subscriptions: &mut [Subscription<Events, Dumps>]) -> Result<(), Unavailable> {
    let filter = Filter::new()?;
    let sockets = subscriptions.len();
    for subscription in subscriptions {
        // A socket has one filter: of sampled flows nobody is known.
        if subscription.events.is_sampled() {
            continue;
        }
        subscription.requesters = Some(filter.attach(&subscription.events, sockets)?);
    }
    Ok(())
}

/// The port id in the header of a message.
fn portid(message: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(*message.get(12..)?.first_chunk()?))
}

/// What to do about the error.
fn remedy(error: &Unavailable) -> String {
    let lacking = || {
        let has = caps::read(None, CapSet::Effective).unwrap_or_default();
        // CAP_SYS_ADMIN includes both.
        let needed = [Capability::CAP_BPF, Capability::CAP_PERFMON];
        let lacking = needed.into_iter().filter(|it| !has.contains(it));
        match has.contains(&Capability::CAP_SYS_ADMIN) {
            true => Vec::new(),
            false => lacking.map(|it| it.to_string()).collect(),
        }
    };
    // The initial user namespace maps every id to itself.
    let is_initial = std::fs::read_to_string("/proc/self/uid_map")
        .is_ok_and(|map| map.split_whitespace().eq(["0", "0", "4294967295"]));
    let kind = error.source.kind();
    match (error.step, error.source.raw_os_error()) {
        (Step::Types, _) if kind == io::ErrorKind::NotFound => {
            "the kernel lacks CONFIG_DEBUG_INFO_BTF, or /sys is not mounted".to_owned()
        }
        (Step::Types | Step::Fields, _) => "this kernel is not supported".to_owned(),
        (_, Some(libc::ENOSYS)) => "the kernel lacks CONFIG_BPF_SYSCALL".to_owned(),
        (_, Some(libc::EPERM)) => match &lacking()[..] {
            [] if !is_initial => "the capabilities CAP_BPF and CAP_PERFMON are those of a user namespace, and must be those of the \
                 machine: run as root outside of a container, or as a service with PrivateUsers=no"
                .to_owned(),
            [] => "a filter of system calls or a security module refuses bpf(2): a service needs SystemCallFilter=bpf"
                .to_owned(),
            lacking => format!(
                "{} {} missing: run as root, or as a service with AmbientCapabilities=CAP_BPF CAP_PERFMON",
                lacking.join(" and "),
                if lacking.len() == 1 { "is" } else { "are" }
            ),
        },
        (Step::Program, _) => "the kernel's verifier refuses the program: Linux 6.1 or later is needed".to_owned(),
        _ => "BPF is not usable".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, comm: &[u8]) -> Requester {
        let mut name = [0; 16];
        name[..comm.len()].copy_from_slice(comm);
        Requester::Process {
            pid,
            tid: pid,
            ppid: 1,
            uid: 0,
            cgroup: 1,
            start: 0,
            comm: name,
        }
    }

    #[test]
    fn processes_of_one_program_count_as_one_requester_of_a_gap() {
        let mut log = RequesterLog {
            processes: Processes::new(None),
            by_port: false,
            last: None,
        };
        // No such ids exist: the limit is 2^22.
        const FIRST: u32 = 1 << 30;
        let short_lived = (0..50).map(|number| process(FIRST + number, b"ip"));
        let mut lost: Vec<_> = short_lived.collect();
        lost.extend([process(FIRST + 99, b"zebra"), process(FIRST + 99, b"zebra")]);
        lost.extend(vec![Requester::Kernel; 3]);
        for number in 0..9 {
            lost.push(process(FIRST + 200 + number, &[b'a' + number as u8]));
        }
        let by = log.lost_by(&lost).unwrap();
        assert_eq!(by.len(), MAX_LOST_BY);
        let comm = |at: usize| by[at].by.comm.as_deref();
        assert_eq!(
            (by[0].lost, by[0].processes, comm(0)),
            (50, Some(50), Some("ip"))
        );
        assert_eq!((by[0].by.pid, by[0].by.ppid), (None, None));
        assert_eq!((by[1].lost, by[1].by.kernel), (3, Some(true)));
        assert_eq!(
            (by[2].lost, by[2].processes, comm(2)),
            (2, None, Some("zebra"))
        );
        assert_eq!(by[2].by.pid, Some(FIRST + 99));
        assert_eq!((by[4].lost, by[4].processes), (1, None));
        assert!(log.lost_by(&[]).is_none());
    }

    #[test]
    fn an_error_says_what_is_missing() {
        let remedy = |step, errno| {
            remedy(&Unavailable {
                step,
                source: io::Error::from_raw_os_error(errno),
            })
        };
        assert!(remedy(Step::Types, libc::ENOENT).contains("CONFIG_DEBUG_INFO_BTF"));
        assert!(remedy(Step::Ring, libc::ENOSYS).contains("CONFIG_BPF_SYSCALL"));
        assert!(remedy(Step::Program, libc::EINVAL).contains("Linux 6.1"));
        assert!(remedy(Step::Ring, libc::ENOMEM).contains("not usable"));
    }
}

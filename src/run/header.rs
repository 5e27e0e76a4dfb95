//! The header of a live run.

use jiff::Timestamp;
use log::{Level, debug, log, warn};

use crate::channel::FamilyId;
use crate::event::Kind;
use crate::event::meta::{Netns, Part, RefusedGroup, Settings, Start, UnavailableFamily};
use crate::event::values::Time;
use crate::family::FAMILIES;
use crate::input::Header;
use crate::names::Names;
use crate::netlink::events::Events;
use crate::netlink::family::Privilege;
use crate::netlink::groups;
use crate::sink::Sink;

/// The groups that need CAP_NET_ADMIN. They have messages of the kind `cachereport` alone, which the kernel sends
/// while a daemon for multicast routing runs.
const OF_ROUTING_DAEMONS: [&str; 2] = ["IPV4_MROUTE_R", "IPV6_MROUTE_R"];

/// The header of a run with these settings and event sockets, which watches these namespaces by name, without
/// the families that are `unavailable`. `rcvbuf` is that of the first socket.
pub(super) fn header<'a>(
    settings: &Settings,
    sockets: impl Iterator<Item = &'a Events>,
    namespaces: Vec<Netns>,
    unavailable: Vec<UnavailableFamily>,
    sink: &Sink,
) -> Header {
    let (mut joined, mut refused, mut rcvbuf) = (Vec::new(), Vec::new(), None);
    let mut has_others = false;
    for events in sockets {
        has_others |= events.family() != FamilyId::ROUTE;
        // Those of a family are the same in every namespace.
        for group in &events.joined {
            let name = events.group_name(*group);
            if !joined.contains(&name) {
                joined.push(name);
            }
        }
        for (group, error) in &events.refused {
            let group = events.group_name(*group);
            if !refused.iter().any(|it: &RefusedGroup| it.group == group) {
                refused.push(RefusedGroup {
                    group,
                    errno: error.raw_os_error().unwrap_or(0).unsigned_abs(),
                    error: error.to_string(),
                });
            }
        }
        rcvbuf = rcvbuf.or_else(|| events.rcvbuf().ok());
    }
    let kinds = settings.kinds.as_deref().unwrap_or_default();
    for RefusedGroup { group, error, .. } in &refused {
        // A warning at every start without privileges would be about what hardly anybody has.
        let level = match OF_ROUTING_DAEMONS.contains(&group.as_str()) {
            true if !kinds.contains(&Kind::Cachereport) => Level::Debug,
            _ => Level::Warn,
        };
        log!(
            level,
            "cannot join the multicast group {group}: {error}; its events will be missing; run with CAP_NET_ADMIN"
        );
    }
    debug!("joined the multicast groups {}", joined.join(", "));
    // Those of rtnetlink are joined in every run: what is missing is in `refused_groups`.
    joined.retain(|name| !groups::is_named(name));
    for UnavailableFamily {
        family,
        error,
        errno,
    } in &unavailable
    {
        let mut named = FAMILIES.iter().filter(|it| it.name() == family);
        let privilege = named
            .next()
            .map_or(Privilege::NetAdmin, |it| it.privilege());
        let advice = match *errno == libc::EPERM.unsigned_abs() {
            true => format!("; {}", privilege.advice()),
            false => String::new(),
        };
        warn!(
            "the netlink family {family} is unavailable, its events will be missing: {error}{advice}"
        );
    }
    let opened = sink.opened().cloned().unwrap_or_default();
    let uname = rustix::system::uname();
    let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    Header {
        time: Time(Timestamp::now()),
        start: Start {
            tool: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            host: Some(uname.nodename().to_string_lossy().into_owned()),
            kernel: Some(uname.release().to_string_lossy().into_owned()),
            boot_id: boot_id.ok().map(|id| id.trim().to_owned()),
            // Even if there are none (`Start::is_foreign`).
            groups: Some(joined),
            namespaces: (!namespaces.is_empty()).then_some(namespaces),
            refused_groups: (!refused.is_empty()).then_some(refused),
            unavailable_families: (!unavailable.is_empty()).then_some(unavailable),
            rcvbuf,
            settings: settings.clone(),
            since: None,
            tail_repaired: opened.tail_repaired,
            tail_ended: opened.tail_ended,
            follows: opened.follows,
        },
        names: Names::of_machine().recorded(),
        redacted: has_others && !settings.with.contains(&Part::Secrets),
    }
}

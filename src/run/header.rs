//! How a live run begins.

use jiff::Timestamp;
use log::warn;

use crate::event::meta::{RefusedGroup, Settings, Start};
use crate::event::values::Time;
use crate::input::Header;
use crate::names::Names;
use crate::netlink::events::Events;
use crate::sink::Sink;

/// How a run with these settings begins.
pub fn header(settings: &Settings, events: &Events, sink: &Sink) -> Header {
    let names = |groups: &[u32]| Events::group_names(groups);
    let refused: Vec<_> = events
        .refused
        .iter()
        .map(|(group, error)| RefusedGroup {
            group: names(&[*group]).concat(),
            errno: error.raw_os_error().unwrap_or(0).unsigned_abs(),
            error: error.to_string(),
        })
        .collect();
    for RefusedGroup { group, error, .. } in &refused {
        warn!("the events of the group {group} will be missing: {error}: it takes CAP_NET_ADMIN");
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
            groups: Some(names(&events.joined)),
            refused_groups: (!refused.is_empty()).then_some(refused),
            rcvbuf: events.rcvbuf().ok(),
            settings: settings.clone(),
            since: None,
            tail_repaired: opened.tail_repaired,
            follows: opened.follows,
        },
        names: Names::of_machine().recorded(),
    }
}

//! What an event of a capture of another program implies for objects without an event.

use super::names::{link_with_flags, millis};
use super::{Run, channel};
use crate::channel::NetnsId;
use crate::input::{Input, InputData, Role};
use crate::netlink::build::{attr, message};
use crate::netlink::rtm::RTM_NEWROUTE;

const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const IFF_UP: u32 = 1;

fn route(n: u16, ifindex: u32) -> Vec<u8> {
    let [x, y] = n.to_be_bytes();
    // AF_INET, /32, table main, protocol boot, scope link, unicast.
    let header = vec![2, 32, 0, 0, 254, 3, 253, 1, 0, 0, 0, 0];
    let body = [
        header,
        attr(RTA_DST, &[10, 0, x, y]),
        attr(RTA_OIF, &ifindex.to_ne_bytes()),
    ];
    message(RTM_NEWROUTE, &body.concat())
}

#[test]
fn routes_go_with_their_device_however_many_were_stored_since_the_last_cause() {
    const ROUTES: u16 = 3000;
    let mut run = Run::new();
    let feed = |run: &mut Run, message: &[u8]| {
        let data = InputData::Datagram(channel(NetnsId::OWN, Role::Events), message);
        let time = millis(1000);
        run.feed(Input { time, data });
    };
    for ifindex in [1, 2] {
        feed(&mut run, &link_with_flags(ifindex, "a", IFF_UP));
    }
    for n in 0..ROUTES {
        feed(&mut run, &route(n, 1 + u32::from(n % 3 == 0)));
    }
    run.take_lines();
    feed(&mut run, &link_with_flags(1, "a", 0));
    feed(&mut run, &link_with_flags(3, "b", 0));
    let lines = run.take_lines();
    let deleted = lines.iter().filter(|line| line.starts_with("delete"));
    assert_eq!(deleted.count(), usize::from(ROUTES / 3 * 2));
    feed(&mut run, &link_with_flags(2, "a", 0));
    feed(&mut run, &link_with_flags(4, "b", 0));
    let lines = run.take_lines();
    let deleted = lines.iter().filter(|line| line.starts_with("delete"));
    assert_eq!(deleted.count(), usize::from(ROUTES / 3));
}

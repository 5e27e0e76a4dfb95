//! What two hosts negotiate without an event: LACP.

use super::judge::assert_exact;
use crate::common::wait_until;
use crate::namespace::Namespace;

crate::trial::trials! {
    lacp_values_after_negotiation(Namespace, LinkType("veth"), LinkType("bridge"), GuestLinkType("bond")),
}

/// The other end is in a namespace of its own, whose events the program does not see.
const SETUP: &str = "
unshare -n sleep 1000 > /dev/null 2>&1 & other=$!
until [ $(readlink /proc/$other/ns/net) != $(readlink /proc/self/ns/net) ]; do sleep 0.01; done
for n in 0 1; do ip link add v$n type veth peer name w$n netns $other; done
ip link add bond0 type bond mode 802.3ad miimon 100 lacp_rate fast; ip link set bond0 up
nsenter -t $other -n bash -euc 'ip link add bond1 type bond mode 802.3ad miimon 100 lacp_rate fast
  for n in 0 1; do ip link set w$n master bond1; ip link set w$n up; done; ip link set bond1 up'
echo $other";

/// Values of the partner are set some seconds after the last event of a port.
fn lacp_values_after_negotiation() {
    let ns = Namespace::new();
    let other = ns.run(SETUP);
    let elsewhere = |command: &str| ns.run(&format!("nsenter -t {} -n {command}", other.trim()));
    let mut stream = ns.synced(&["--audit", "0"]);
    let await_ports = |number: u64| {
        wait_until("the negotiation", || {
            let bond = &ns.json("ip -d -j link show bond0")[0]["linkinfo"]["info_data"]["ad_info"];
            let is_known = bond["partner_mac"] != "00:00:00:00:00:00";
            is_known && bond["num_ports"] == number
        });
    };
    ns.run("for n in 0 1; do ip link set v$n master bond0; ip link set v$n up; done");
    await_ports(2);
    assert_exact(&ns, &mut stream);
    elsewhere("ip link set w0 down");
    await_ports(1);
    assert_exact(&ns, &mut stream);
    elsewhere("ip link set w0 up");
    await_ports(2);
    assert_exact(&ns, &mut stream);
    let (lines, _) = stream.interrupt();
    let partner = |line: &&serde_json::Value| {
        line["origin"] == "inferred"
            && line["link"]["linkinfo"]["info_slave_data"]["ad_partner_oper_port_state"] != 0
    };
    assert!(
        lines.iter().filter(partner).count() > 0,
        "no value is inferred"
    );
}

"""The scenario: commands. Those that the kernel or iproute2 does not support fail, and are listed."""
import os, subprocess, sys

# One command per line. An indented command is run only if the last command that is not indented succeeded.
COMMANDS = """
ip link set lo up
ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02
ip link add w0 address 02:00:00:00:01:01 type veth peer name w1 address 02:00:00:00:01:02
ip link set v0 up
ip link set v1 up
ip link set w0 up
ip link set w1 up
ip link set v0 alias uplink
ip link property add dev v0 altname uplink0 altname uplink1
ip link set v0 mtu 1400 txqueuelen 500 group 7
ip link set v1 gso_max_size 60000 gso_max_segs 100
ip link set w0 allmulticast on promisc on
ip link add y0 type veth peer name y1
ip link add x0 numtxqueues 2 numrxqueues 3 type veth peer name x1
ip link add d0 type dummy
ip link set d0 up
ip link add d1 type dummy
ip link add ifb0 type ifb
ip link add nlmon0 type nlmon
ip link add br0 address 02:00:00:00:00:b0 type bridge vlan_filtering 1 stp_state 1 priority 8192 ageing_time 20000 mcast_querier 1 vlan_stats_enabled 1 group_fwd_mask 0x8 fdb_max_learned 99
  ip link set br0 up
ip link add br1 address 02:00:00:00:00:b1 type bridge vlan_filtering 1 mcast_snooping 1 vlan_default_pvid 5
  ip link set br1 up
ip link add p0 address 02:00:00:00:02:01 type veth peer name p1
  ip link set p0 master br1 up
  ip link set p1 up
  ip link set p0 type bridge_slave cost 7 priority 9 hairpin on guard on fastleave on learning off flood off mcast_flood off neigh_suppress on isolated on
  bridge vlan add vid 10 pvid untagged dev p0
  bridge vlan add vid 100-104 dev p0
  bridge vlan set vid 101 dev p0 state blocking
  bridge vlan add vid 10 dev br1 self
  bridge fdb add 02:aa:00:00:00:03 dev p0 master static vlan 10
  bridge fdb add 02:aa:00:00:00:04 dev p0 master dynamic sticky vlan 100
  bridge mdb add dev br1 port p0 grp 239.1.1.1 permanent vid 10
  bridge mdb add dev br1 port p0 grp ff0e::1 temp vid 100
  bridge mdb add dev br1 port p0 grp 239.1.1.2 src 192.0.2.9 permanent vid 10
ip link add bond0 address 02:00:00:00:00:d0 type bond mode active-backup miimon 100 updelay 200
  ip link add bp0 address 02:00:00:00:03:01 type dummy
  ip link set bp0 master bond0
  ip link set bond0 up
ip link add bond1 type bond mode 802.3ad lacp_rate fast ad_actor_sys_prio 9 xmit_hash_policy layer3+4
  ip link add bp1 type dummy
  ip link set bp1 master bond1
  ip link set bond1 up
ip link add bond2 type bond mode active-backup arp_interval 100 arp_ip_target 192.0.2.7,192.0.2.8 arp_validate all
ip link add team0 type team
  ip link add tp0 type dummy
  ip link set tp0 master team0
ip link add vrf0 type vrf table 100
  ip link set vrf0 up
  ip link add vp0 type dummy
  ip link set vp0 master vrf0
ip link add link d0 name vl5 type vlan id 5 protocol 802.1ad gvrp on ingress-qos-map 1:2 3:4 egress-qos-map 5:6
ip link add link v0 name mv0 type macvlan mode private
ip link add link v1 name mvs0 type macvlan mode source macaddr add 02:00:00:00:00:99
ip link add link x0 name mt0 type macvtap mode bridge
ip link add link d1 name iv0 type ipvlan mode l3 private
ip link add link d1 name it0 type ipvtap mode l3s vepa
ip link add vx0 type vxlan id 42 remote 192.0.2.2 local 192.0.2.1 dev v0 dstport 4789 ttl 9 tos 0x10 nolearning l2miss l3miss ageing 100 maxaddress 50 udpcsum
  ip link set vx0 up
  bridge fdb add 02:aa:00:00:00:05 dev vx0 dst 192.0.2.3 vni 43 port 4790
ip link add vx6 type vxlan id 43 group ff05::1 dev v0 dstport 4790 flowlabel 0x123 gbp df unset
ip link add vxe type vxlan external vnifilter dstport 4791
  bridge vni add vni 100-102 dev vxe
ip link add gre1 type gre local 192.0.2.1 remote 192.0.2.2 key 7 csum ttl 9 tos 0x20
ip link add gt1 type gretap local 192.0.2.1 remote 192.0.2.3 ikey 1 oseq nopmtudisc encap fou encap-sport auto encap-dport 5555
ip link add er1 type erspan local 192.0.2.1 remote 192.0.2.4 seq key 7 erspan_ver 2 erspan_dir egress erspan_hwid 5
ip link add g6 type ip6gre local 2001:db8::1 remote 2001:db8::2 hoplimit 3 tclass 0x10 flowlabel 0x12345 encaplimit none
ip link add gt6 type ip6gretap remote 2001:db8::3 dscp inherit fwmark 0x55
ip link add ip1 type ipip local 192.0.2.1 remote 192.0.2.5 ttl 64
ip link add sit1 type sit local 192.0.2.1 remote 192.0.2.6 mode any
ip link add ip6t type ip6tnl local 2001:db8::1 remote 2001:db8::4 mode any encaplimit 5 allow-localremote
ip link add vti1 type vti local 192.0.2.1 remote 192.0.2.7 key 5 fwmark 9
ip link add vt6 type vti6 local 2001:db8::1 remote 2001:db8::5 ikey 4 okey 5
ip link add xf0 type xfrm dev v0 if_id 66
  ip link set xf0 up
ip link add gn0 type geneve id 9 remote 192.0.2.9 ttl inherit df inherit udpcsum
ip link add gn6 type geneve id 10 remote 2001:db8::9 flowlabel 0x99
ip link add gtp0 type gtp role sgsn hsize 64
ip link add hsr0 type hsr slave1 y0 slave2 y1 supervision 45 version 1
ip link add ms0 link d0 type macsec port 5 cipher gcm-aes-256 encrypt on replay on window 64
ip link add wg0 type wireguard
ip link add vcan0 type vcan
ip link add vxc0 type vxcan peer name vxc1
ip link add bat0 type batadv ra BATMAN_V
ip link add nk0 type netkit mode l3 blackhole peer blackhole name nk1
ip link add ov0 type ovpn mode p2p
ip link set mv0 protodown on
  ip link set mv0 protodown_reason 3 on
ip tuntap add t0 mode tap multi_queue user 0
ip address add 192.0.2.1/24 brd + dev v0 label v0:a
ip address add 192.0.2.65/32 peer 198.51.100.65 dev v0 metric 9
ip address add 192.0.2.66/24 dev v0 valid_lft 5000 preferred_lft 4000
ip address add 2001:db8::1/64 dev v0 nodad
ip address add 2001:db8::2/64 dev v0 nodad preferred_lft 0 proto kernel_ra noprefixroute
ip address add 2001:db8:7::1/128 peer 2001:db8:7::2 dev v0 nodad home
ip route add 198.51.100.0/24 via 192.0.2.2 dev v0 src 192.0.2.1 metric 5 mtu lock 1300 window 1000 rtt 100ms rttvar 50ms rto_min 20ms initcwnd 7 initrwnd 8 advmss 1200 hoplimit 9 quickack 1 congctl reno features ecn realm 3/4
ip route add 198.51.101.0/24 nexthop via 192.0.2.2 dev v0 weight 3 nexthop via 192.0.2.3 dev v0 onlink
ip route add 198.51.102.0/24 via inet6 2001:db8::9 dev v0 proto bgp
ip route add 198.51.103.0/24 dev w0 scope link table 77 tos 0x10
ip route add blackhole 198.51.104.0/24 metric 7
ip route add unreachable 198.51.105.0/24
ip route add prohibit 198.51.106.0/24 table 77
ip route add throw 198.51.107.0/24 table 77
ip route add multicast 239.9.0.0/16 dev v0
ip route add 198.51.108.0/24 encap ip id 7 src 192.0.2.1 dst 192.0.2.9 ttl 5 tos 4 key csum dev v0
ip route add 198.51.109.0/24 encap ip6 id 8 src 2001:db8::1 dst 2001:db8::9 hoplimit 5 dev v0
ip route add 198.51.110.0/24 encap seg6 mode encap segs fd00::1,fd00::2 dev v0
ip route add 198.51.111.0/24 encap xfrm if_id 5 dev xf0
ip route add 198.51.112.0/24 encap mpls 100/200 via inet 192.0.2.2 dev v0
ip -6 route add 2001:db8:1::/64 via 2001:db8::9 dev v0 metric 20 pref high expires 5000
ip -6 route add 2001:db8:2::/64 nexthop via 2001:db8::9 dev v0 weight 2 nexthop via 2001:db8::a dev v0
ip -6 route add 2001:db8:3::/64 from 2001:db8:4::/64 dev v0 src 2001:db8::1
ip -6 route add 2001:db8:5::/64 encap seg6 mode inline segs fd00::1 dev v0
ip -6 route add 2001:db8:6::/64 encap rpl segs fd00::1,fd00::2 dev v0
ip -6 route add 2001:db8:9::/64 encap ioam6 mode inline trace prealloc type 0x800000 ns 1 size 12 dev v0
ip -6 route add fd00:a::1 encap seg6local action End count dev v0
ip -6 route add fd00:a::2 encap seg6local action End flavors psp dev v0
ip -6 route add fd00:a::3 encap seg6local action End.X nh6 2001:db8::2 dev v0
ip -6 route add fd00:a::4 encap seg6local action End.DT6 table main dev v0
ip -6 route add fd00:a::5 encap seg6local action End.DX4 nh4 192.0.2.2 dev v0
ip -6 route add fd00:a::6 encap seg6local action End.B6.Encaps srh segs fd00::7 dev v0
ip -6 route add unreachable 2001:db8:8::/64 metric 99
ip nexthop add id 1 via 192.0.2.2 dev v0
ip nexthop add id 2 via 192.0.2.3 dev v0 onlink proto bgp
ip nexthop add id 3 group 1,2/2,5
ip nexthop add id 4 blackhole
ip nexthop add id 5 via 2001:db8::9 dev v0
ip nexthop add id 6 group 1/2 type resilient buckets 4 idle_timer 60 unbalanced_timer 300
ip nexthop add id 7 via 192.0.2.9 fdb
ip route add 198.51.113.0/24 nhid 3
ip route add 198.51.114.0/24 nhid 1
ip -6 route add 2001:db8:a::/64 nhid 5
ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev v0 nud permanent
ip neigh add 192.0.2.3 lladdr 02:00:00:00:00:03 dev v0 nud noarp protocol static
ip neigh add 192.0.2.4 lladdr 02:00:00:00:00:04 dev v0 nud stale extern_learn
ip neigh add 2001:db8::9 lladdr 02:00:00:00:00:09 dev v0 nud permanent router
ip neigh add proxy 192.0.2.200 dev v0
ip rule add pref 1000 from 192.0.2.0/24 to 198.51.100.0/24 table 77
ip rule add pref 1001 not from 192.0.2.1 table 77
ip rule add pref 1002 fwmark 0x10/0xf0 table 77
ip rule add pref 1003 iif v0 oif w0 table 77
ip rule add pref 1004 iif gone0 table 77
ip rule add pref 1005 ipproto tcp sport 1024-2048 dport 80 table 77
ip rule add pref 1006 uidrange 0-99 table 77
ip rule add pref 1007 tos 0x10 table 77 protocol bgp
ip rule add pref 1008 from all table main suppress_prefixlength 0
ip rule add pref 1009 from all table main suppress_ifgroup 7
ip rule add pref 1010 from 192.0.2.3 table 77 realms 3/4
ip rule add pref 1011 from 192.0.2.4 blackhole
ip rule add pref 1012 from 192.0.2.7 goto 32766
ip rule add pref 1013 from 192.0.2.8 goto 2000
ip rule add pref 1014 from 192.0.2.9 nop
ip rule add pref 1015 l3mdev
ip rule add pref 1016 tun_id 77 table 77
ip rule add pref 1017 dscp AF11 table 77
ip rule add pref 1018 dscp 0x20/0x38 table 77
ip rule add pref 1019 ipproto udp sport 0x1200/0xff00 dport 80/0xfff0 table 77
ip -6 rule add pref 1020 from 2001:db8::/64 to 2001:db8:1::/64 table 77
ip -6 rule add pref 1021 flowlabel 0x40000/0xf0000 table 77
ip -6 rule add pref 1022 oif w0 unreachable
"""


# What changes while nlstream streams: settings, names and places of objects that exist, and objects that are replaced in place.
CHANGES = """
ip link set y0 name moved0
ip link set moved0 name y0
ip link set d0 name swap
ip link set d1 name d0
ip link set swap name d1
ip link set v0 down
ip link set v0 name renamed0
ip link set renamed0 name v0
ip link set v0 up
ip link set w0 name uplink9
ip link add vx9 type vxlan id 99 dstport 4799 local 127.0.0.1 nolearning
  ip link set vx9 up
  bridge fdb add 02:aa:00:00:01:01 dev vx9 dst 10.9.0.1 self
  bridge fdb replace 02:aa:00:00:01:01 dev vx9 dst 10.9.0.2 port 4790 vni 98 self
  bridge fdb append 00:00:00:00:00:00 dev vx9 dst 10.9.0.1 self
  bridge fdb append 00:00:00:00:00:00 dev vx9 dst 10.9.0.3 self
  bridge fdb del 00:00:00:00:00:00 dev vx9 dst 10.9.0.1 self
ip link add q0 type veth peer name q1
  ip link set q0 up
  ip link set q1 up
  ip link set q0 master br0
  bridge fdb add 02:aa:00:00:01:02 dev q0 master static
  bridge fdb replace 02:aa:00:00:01:02 dev q0 master static vlan 1
  ip link set q0 type bridge_slave cost 77 priority 5 isolated on neigh_suppress on learning off mcast_flood off
  ip link set q0 master br1
  bridge fdb add 02:aa:00:00:01:02 dev q0 master static vlan 5
  ip address add 10.40.0.1 peer 10.40.0.2 dev q1
  ip address change 10.40.0.1 peer 10.40.0.3 dev q1
  ip -6 address add 2001:db8:40::1 peer 2001:db8:40::2 dev q1 nodad
  ip -6 address change 2001:db8:40::1 peer 2001:db8:40::3 dev q1 nodad
  ip -6 route add 2001:db8:41::/64 dev q0
  ip -6 route replace 2001:db8:41::/64 dev q1
  ip -6 route append 2001:db8:41::/64 via fe80::9 dev v1
  ip -6 route add 2001:db8:42::/64 dev q0 expires 500
  ip -6 route replace 2001:db8:42::/64 dev q1 mtu 1300
  ip route add 10.41.0.0/24 dev q0
  ip route replace 10.41.0.0/24 dev q1
  ip route append 10.41.0.0/24 dev v1
  ip nexthop add id 91 dev q0
  ip nexthop replace id 91 via 10.40.0.9 dev q1 onlink
  ip route add 10.42.0.0/24 nhid 91
  ip nexthop replace id 91 dev v1
ip link add br8 address 02:00:00:00:00:b8 type bridge forward_delay 400
  ip link set br8 up
  ip link add s0 address 02:00:00:00:08:01 type veth peer name s1
  ip link set s0 up
  ip link set s1 up
  ip link set s0 master br8
  ip link set s0 type bridge_slave cost 77 priority 5 isolated on neigh_suppress on learning off mcast_flood off
  ip link set br8 type bridge stp_state 1 priority 4096 forward_delay 300 hello_time 150 max_age 700 mcast_querier 1
  ip link set br8 type bridge mcast_router 2 mcast_last_member_count 4 nf_call_iptables 1 group_fwd_mask 0x10
  bridge fdb add 02:aa:00:00:01:04 dev s0 master static
  bridge mdb add dev br8 port s0 grp 239.1.1.8 permanent
  ip link set br8 address 02:00:00:00:00:b7
  ip link set s0 name s0moved
  ip link set br8 name br9
ip link set br0 type bridge priority 4096 forward_delay 300 hello_time 150 max_age 700 mcast_querier 0 group_fwd_mask 0x10 mcast_query_interval 9000
ip link set br1 type bridge vlan_default_pvid 6 mcast_router 2 mcast_last_member_count 4 nf_call_iptables 1
ip link set br1 address 02:00:00:00:00:b9
bridge vlan add vid 11 pvid dev p0
bridge vlan del vid 102 dev p0
bridge vlan add vid 12 dev br1 self
bridge mdb replace dev br1 port p0 grp 239.1.1.1 permanent vid 10
bridge mdb del dev br1 port p0 grp 239.1.1.2 src 192.0.2.9 permanent vid 10
ip link set p0 mtu 1380
ip link set bond0 type bond miimon 200 updelay 400 primary bp0 primary_reselect failure
ip link add bp2 type dummy
  ip link set bp2 master bond0
  ip link set bond0 type bond active_slave bp2
  ip link set bp0 nomaster
ip link set bond1 type bond xmit_hash_policy layer2+3
ip link set bond1 type bond lacp_rate slow
ip link add vrf8 type vrf table 108
  ip link set vrf8 up
  ip link add vrf9 type vrf table 109
  ip link set vrf9 up
  ip address add 10.44.0.1/24 dev x0
  ip -6 address add 2001:db8:44::1/64 dev x0 nodad
  ip link set x0 up
  ip link set x1 up
  ip route add 10.45.0.0/24 via 10.44.0.2
  ip link set x0 master vrf8
  ip route add 10.46.0.0/24 vrf vrf8 via 10.44.0.3
  ip link set x0 master vrf9
  ip link del vrf8
agent device
  agent vif 4 0 v1
  agent vif 4 1 w1
  agent vif 4 2 router0
  agent vif 6 0 v1
  agent vif 6 1 router0
  agent mfc 4 10.50.0.1 239.5.5.1 0 1,2
  agent mfc 4 10.50.0.2 239.5.5.2 2 1
  agent mfc 4 10.50.0.2 239.5.5.2 0 2
  agent mfc 6 2001:db8:50::1 ff0e::51 0 1
  agent vif 4 1 -
  agent vif 4 3 w1
  agent mfc 4 10.50.0.3 239.5.5.3 0 3
  agent mfc 4 10.50.0.3 239.5.5.3 0 -
  agent ra fe80::1 lifetime=1800 preference=1 hoplimit=61 mtu=1400 prefix=2001:db8:51::/64,0xc0,3000,2000
  agent ra fe80::2 lifetime=900 prefix=2001:db8:52::/64,0x80,3000,2000
  agent ra fe80::1 lifetime=1800 preference=3 hoplimit=60 mtu=1300 prefix=2001:db8:51::/64,0xc0,4294967295,2000
  agent ra fe80::2 lifetime=0 prefix=2001:db8:53::/64,0xc0,3000,0
"""


class Agent:
    """Multicast routing of the namespace and a router in another one (tests/common/agent.py)."""

    def __init__(self):
        path = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../common/agent.py")
        self.running = subprocess.Popen([sys.executable, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.namespace = self.running.stdout.readline().strip()

    def run(self, words):
        """Runs a command of the agent, or `device`, which makes the router's device and this end of it. Returns its status."""
        if words == ["device"]:
            script = f"""ip link add router0 type veth peer name r0 netns {self.namespace} &&
              echo 0 >/proc/sys/net/ipv6/conf/router0/accept_dad && ip link set router0 up"""
            status = subprocess.call(["bash", "-c", script])
            words = ["router"]
            if status:
                return status
        self.running.stdin.write(" ".join(words) + "\nsync\n")
        self.running.stdin.flush()
        self.running.stdout.readline()
        return 0


def build(agent):
    """Runs the commands of the scenario. Returns those that failed."""
    subprocess.run("modprobe -a mpls_iptunnel mpls_router gtp batman-adv fou tun ovpn 2>/dev/null", shell=True)
    return run(COMMANDS, agent)


def change(agent):
    """Runs the changes. Returns those that failed."""
    return run(CHANGES, agent)


def run(commands, agent):
    failed, skip = [], False
    for line in commands.strip().split("\n"):
        if line.startswith(" ") and skip:
            continue
        words = line.split()
        if words[0] == "agent":
            status, error = agent.run(words[1:]), ""
        else:
            done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            status, error = done.returncode, done.stderr.strip()
        if not line.startswith(" "):
            skip = status != 0
        if status:
            failed.append(f"{line.strip()}: {error.splitlines()[0] if error else status}")
    return failed

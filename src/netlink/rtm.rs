//! The message types of rtnetlink (`RTM_*`, linux/rtnetlink.h) and the fixed header of each.

/// A message type: its number, its name, and the length in bytes of its fixed header, padding
/// included.
pub type Rtm = (u16, &'static str, usize);

/// `struct ifinfomsg`
const IFINFO: usize = 16;
/// `struct ifaddrmsg`
const IFADDR: usize = 8;
/// `struct rtmsg`
const ROUTE: usize = 12;
/// `struct ndmsg`
const NEIGH: usize = 12;
/// `struct fib_rule_hdr`
const RULE: usize = 12;
/// `struct tcmsg`
const TC: usize = 20;
/// `struct rtgenmsg` and `struct netconfmsg`: a family, padded. `struct tcamsg`, `struct ndtmsg`
/// and `struct dcbmsg` are as long.
const FAMILY: usize = 4;
/// `struct prefixmsg`
const PREFIX: usize = 12;
/// `struct nduseroptmsg`
const NDUSEROPT: usize = 16;
/// `struct ifaddrlblmsg`
const ADDRLABEL: usize = 12;
/// `struct br_port_msg`, `struct br_vlan_msg`, `struct nhmsg` and `struct tunnel_msg`
const PORT: usize = 8;
/// `struct if_stats_msg`
const STATS: usize = 12;

/// Every message type of the 6.18 header, by number.
const TYPES: &[Rtm] = &[
    (16, "RTM_NEWLINK", IFINFO),
    (17, "RTM_DELLINK", IFINFO),
    (18, "RTM_GETLINK", IFINFO),
    (19, "RTM_SETLINK", IFINFO),
    (20, "RTM_NEWADDR", IFADDR),
    (21, "RTM_DELADDR", IFADDR),
    (22, "RTM_GETADDR", IFADDR),
    (24, "RTM_NEWROUTE", ROUTE),
    (25, "RTM_DELROUTE", ROUTE),
    (26, "RTM_GETROUTE", ROUTE),
    (28, "RTM_NEWNEIGH", NEIGH),
    (29, "RTM_DELNEIGH", NEIGH),
    (30, "RTM_GETNEIGH", NEIGH),
    (32, "RTM_NEWRULE", RULE),
    (33, "RTM_DELRULE", RULE),
    (34, "RTM_GETRULE", RULE),
    (36, "RTM_NEWQDISC", TC),
    (37, "RTM_DELQDISC", TC),
    (38, "RTM_GETQDISC", TC),
    (40, "RTM_NEWTCLASS", TC),
    (41, "RTM_DELTCLASS", TC),
    (42, "RTM_GETTCLASS", TC),
    (44, "RTM_NEWTFILTER", TC),
    (45, "RTM_DELTFILTER", TC),
    (46, "RTM_GETTFILTER", TC),
    (48, "RTM_NEWACTION", FAMILY),
    (49, "RTM_DELACTION", FAMILY),
    (50, "RTM_GETACTION", FAMILY),
    (52, "RTM_NEWPREFIX", PREFIX),
    (56, "RTM_NEWMULTICAST", IFADDR),
    (57, "RTM_DELMULTICAST", IFADDR),
    (58, "RTM_GETMULTICAST", IFADDR),
    (60, "RTM_NEWANYCAST", IFADDR),
    (61, "RTM_DELANYCAST", IFADDR),
    (62, "RTM_GETANYCAST", IFADDR),
    (64, "RTM_NEWNEIGHTBL", FAMILY),
    (66, "RTM_GETNEIGHTBL", FAMILY),
    (67, "RTM_SETNEIGHTBL", FAMILY),
    (68, "RTM_NEWNDUSEROPT", NDUSEROPT),
    (72, "RTM_NEWADDRLABEL", ADDRLABEL),
    (73, "RTM_DELADDRLABEL", ADDRLABEL),
    (74, "RTM_GETADDRLABEL", ADDRLABEL),
    (78, "RTM_GETDCB", FAMILY),
    (79, "RTM_SETDCB", FAMILY),
    (80, "RTM_NEWNETCONF", FAMILY),
    (81, "RTM_DELNETCONF", FAMILY),
    (82, "RTM_GETNETCONF", FAMILY),
    (84, "RTM_NEWMDB", PORT),
    (85, "RTM_DELMDB", PORT),
    (86, "RTM_GETMDB", PORT),
    (88, "RTM_NEWNSID", FAMILY),
    (89, "RTM_DELNSID", FAMILY),
    (90, "RTM_GETNSID", FAMILY),
    (92, "RTM_NEWSTATS", STATS),
    (94, "RTM_GETSTATS", STATS),
    (95, "RTM_SETSTATS", STATS),
    (96, "RTM_NEWCACHEREPORT", FAMILY),
    (100, "RTM_NEWCHAIN", TC),
    (101, "RTM_DELCHAIN", TC),
    (102, "RTM_GETCHAIN", TC),
    (104, "RTM_NEWNEXTHOP", PORT),
    (105, "RTM_DELNEXTHOP", PORT),
    (106, "RTM_GETNEXTHOP", PORT),
    (108, "RTM_NEWLINKPROP", IFINFO),
    (109, "RTM_DELLINKPROP", IFINFO),
    (110, "RTM_GETLINKPROP", IFINFO),
    (112, "RTM_NEWVLAN", PORT),
    (113, "RTM_DELVLAN", PORT),
    (114, "RTM_GETVLAN", PORT),
    (116, "RTM_NEWNEXTHOPBUCKET", PORT),
    (117, "RTM_DELNEXTHOPBUCKET", PORT),
    (118, "RTM_GETNEXTHOPBUCKET", PORT),
    (120, "RTM_NEWTUNNEL", PORT),
    (121, "RTM_DELTUNNEL", PORT),
    (122, "RTM_GETTUNNEL", PORT),
];

/// The message type of that number.
pub fn rtm(kind: u16) -> Option<Rtm> {
    let at = TYPES.binary_search_by_key(&kind, |(number, ..)| *number);
    Some(TYPES[at.ok()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_in_order_and_of_the_right_family() {
        assert!(TYPES.is_sorted_by(|a, b| a.0 < b.0));
        for (number, name, _) in TYPES {
            let verb = ["NEW", "DEL", "GET", "SET"][usize::from(number % 4)];
            assert!(name.starts_with(&format!("RTM_{verb}")), "{name}");
        }
        assert_eq!(rtm(16), Some((16, "RTM_NEWLINK", 16)));
        assert_eq!(rtm(54), None);
    }
}

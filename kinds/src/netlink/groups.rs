//! The multicast groups of rtnetlink.

/// Names of `RTNLGRP_*` (linux/rtnetlink.h) without that prefix; the first is number 1.
const NAMES: [&str; 39] = [
    "LINK",
    "NOTIFY",
    "NEIGH",
    "TC",
    "IPV4_IFADDR",
    "IPV4_MROUTE",
    "IPV4_ROUTE",
    "IPV4_RULE",
    "IPV6_IFADDR",
    "IPV6_MROUTE",
    "IPV6_ROUTE",
    "IPV6_IFINFO",
    "DECnet_IFADDR",
    "NOP2",
    "DECnet_ROUTE",
    "DECnet_RULE",
    "NOP4",
    "IPV6_PREFIX",
    "IPV6_RULE",
    "ND_USEROPT",
    "PHONET_IFADDR",
    "PHONET_ROUTE",
    "DCB",
    "IPV4_NETCONF",
    "IPV6_NETCONF",
    "MDB",
    "MPLS_ROUTE",
    "NSID",
    "MPLS_NETCONF",
    "IPV4_MROUTE_R",
    "IPV6_MROUTE_R",
    "NEXTHOP",
    "BRVLAN",
    "MCTP_IFADDR",
    "TUNNEL",
    "STATS",
    "IPV4_MCADDR",
    "IPV6_MCADDR",
    "IPV6_ACADDR",
];

/// Returns true if this is the name of a group of rtnetlink, and not the number of one that has none here.
pub fn is_named(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Returns the name of a group, or its number if it has none here.
pub fn name(group: u32) -> String {
    let index = group.checked_sub(1).map(|i| i as usize);
    match index.and_then(|i| NAMES.get(i)) {
        Some(name) => (*name).to_owned(),
        None => group.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn group_names_have_the_numbers_of_the_kernel_header() {
        assert_eq!(name(libc::RTNLGRP_LINK), "LINK");
        assert_eq!(name(libc::RTNLGRP_IPV6_PREFIX), "IPV6_PREFIX");
        assert_eq!(name(libc::RTNLGRP_NEXTHOP), "NEXTHOP");
        assert_eq!(name(libc::RTNLGRP_STATS), "STATS");
        assert_eq!(name(40), "40");
    }
}

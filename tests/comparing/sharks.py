"""nlstream's replay of the fixtures against tshark's reading of the same captures, where tshark knows the fields."""
import collections, glob, json, os, shutil, subprocess

# tshark's name of a field, per kind, and ours; with how ours reads as tshark's number or text.
FIELDS = {
    "link": {
        "netlink-route.ifi_index": "ifindex",
        "netlink-route.ifla_ifname": "ifname",
        "netlink-route.ifla_mtu": "mtu",
        "netlink-route.ifla_txqlen": "txqlen",
        "netlink-route.ifla_min_mtu": "min_mtu",
        "netlink-route.ifla_max_mtu": "max_mtu",
        "netlink-route.ifla_promiscuity": "promiscuity",
        "netlink-route.ifla_txqnum": "num_tx_queues",
        "netlink-route.ifla_rxqnum": "num_rx_queues",
    },
    "address": {
        "netlink-route.ifa_index": "ifindex",
        "netlink-route.ifa_prefixlen": "prefixlen",
        "netlink-route.ifa_label": "label",
        "netlink-route.ifa_address.ipv4": "local",
        "netlink-route.ifa_address.ipv6": "local",
    },
    "route": {"netlink-route.rta_iif": "ifindex", "netlink-route.rta_oif": "ifindex"},
    "neigh": {"netlink-route.nd_index": "ifindex"},
    "fdb": {"netlink-route.nd_index": "ifindex"},
}

"""Multicast routing of the namespace, and a router in a namespace of its own, by commands on the standard input.

    vif FAMILY INDEX DEVICE|-            adds a virtual interface (a device of the namespace), or removes it
    mfc FAMILY SOURCE GROUP PARENT OUTPUT,…|-
                                         adds a multicast route from one virtual interface to others, or removes it
    flush FAMILY                         removes all multicast routes
    packet FAMILY GROUP                  the router sends a packet to a group
    ra SOURCE FIELD=VALUE…               the router advertises: lifetime, preference, hoplimit, flags, mtu, and any number of
                                         prefix=PREFIX,FLAGS,VALID,PREFERRED and route=PREFIX,PREFERENCE,LIFETIME
    router                               sets the router's device up
    sync                                 prints a line

FAMILY is 4 or 6. The first line printed is the process id: the namespace of the router. Its device is r0. A command that the kernel rejects is
skipped: what it names may be gone.
"""
import ctypes, fcntl, ipaddress, os, socket, struct, subprocess, sys

IPV6 = 41
# MRT_INIT, MRT_ADD_VIF, MRT_DEL_VIF, MRT_ADD_MFC, MRT_DEL_MFC, MRT_FLUSH: equal in both families (linux/mroute.h, linux/mroute6.h).
INIT, ADD_VIF, DEL_VIF, ADD_MFC, DEL_MFC, FLUSH = 200, 202, 203, 204, 205, 212
ROUTES = 1 | 2  # MRT_FLUSH_MFC, MRT_FLUSH_MFC_STATIC
routing = {"4": (socket.socket(socket.AF_INET, socket.SOCK_RAW, 2), 0), "6": (socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58), IPV6)}
for sock, level in routing.values():
    sock.setsockopt(level, INIT, 1)

if ctypes.CDLL(None, use_errno=True).unshare(0x40000000):  # CLONE_NEWNET
    raise OSError(ctypes.get_errno(), "unshare")
with open("/proc/sys/net/ipv6/conf/default/accept_dad", "w") as file:
    file.write("0")
print(os.getpid(), flush=True)


def index(device):
    """The index of a device in the first namespace, to which the socket belongs."""
    return struct.unpack("16xi12x", fcntl.ioctl(routing["4"][0], 0x8933, struct.pack("16s16x", device.encode())))[0]  # SIOCGIFINDEX


def vif(family, number, device):
    sock, level = routing[family]
    if device == "-":
        delete = struct.pack("=HBBIiI", int(number), 0, 0, 0, 0, 0) if family == "4" else struct.pack("=H", int(number))
        sock.setsockopt(level, DEL_VIF, delete)
    elif family == "4":
        sock.setsockopt(level, ADD_VIF, struct.pack("=HBBIiI", int(number), 8, 1, 0, index(device), 0))  # VIFF_USE_IFINDEX
    else:
        sock.setsockopt(level, ADD_VIF, struct.pack("=HBBHxxI", int(number), 0, 1, index(device), 0))


def mfc(family, source, group, parent, outputs):
    sock, level = routing[family]
    numbers = [] if outputs == "-" else [int(number) for number in outputs.split(",")]
    if family == "4":
        ttls = bytes(1 if number in numbers else 255 for number in range(32))
        route = socket.inet_aton(source) + socket.inet_aton(group) + struct.pack("=H32s18x", int(parent), ttls)
    else:
        address = lambda text: struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, socket.inet_pton(socket.AF_INET6, text), 0)
        bits = sum(1 << number for number in numbers)
        route = address(source) + address(group) + struct.pack("=HxxI28x", int(parent), bits)
    sock.setsockopt(level, DEL_MFC if outputs == "-" else ADD_MFC, route)


def flush(family):
    sock, level = routing[family]
    sock.setsockopt(level, FLUSH, struct.pack("i", ROUTES))


def packet(family, group):
    device = socket.if_nametoindex("r0")
    if family == "4":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(0, 32, struct.pack("=4s4si", bytes(4), bytes(4), device))  # IP_MULTICAST_IF
            sock.setsockopt(0, 33, 8)  # IP_MULTICAST_TTL
            sock.sendto(b"x", (group, 9))
    else:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(IPV6, 17, device)  # IPV6_MULTICAST_IF
            sock.setsockopt(IPV6, 18, 8)  # IPV6_MULTICAST_HOPS
            sock.sendto(b"x", (group, 9, 0, device))


def prefix_option(text):
    prefix, flags, valid, preferred = text.split(",")
    net = ipaddress.ip_network(prefix)
    return struct.pack("!BBBBIII16s", 3, 4, net.prefixlen, int(flags, 0), int(valid), int(preferred), 0, net.network_address.packed)


def route_option(text):
    prefix, preference, lifetime = text.split(",")
    net = ipaddress.ip_network(prefix)
    return struct.pack("!BBBBI16s", 24, 3, net.prefixlen, int(preference) << 3, int(lifetime), net.network_address.packed)


def ra(source, *fields):
    of = {"lifetime": "0", "preference": "0", "hoplimit": "0", "flags": "0", "mtu": "0"}
    options = b""
    for name, value in (field.split("=") for field in fields):
        match name:
            case "prefix":
                options += prefix_option(value)
            case "route":
                options += route_option(value)
            case _:
                of[name] = value
    if of["mtu"] != "0":
        options += struct.pack("!BBHI", 5, 1, 0, int(of["mtu"]))
    flags = int(of["flags"], 0) | int(of["preference"]) << 3
    advertisement = struct.pack("!BBHBBHII", 134, 0, 0, int(of["hoplimit"]), flags, int(of["lifetime"]), 0, 0) + options
    device = socket.if_nametoindex("r0")
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58) as sock:
        sock.setsockopt(IPV6, 18, 255)
        sock.bind((source, 0, 0, device))
        sock.sendto(advertisement, ("ff02::1", 0, 0, device))


def router():
    subprocess.run(["bash", "-c", "ip link set r0 up; for n in 1 2; do ip address add fe80::$n/64 dev r0; done; ip address add 198.51.100.9/24 dev r0"], check=True)


def sync():
    print("done", flush=True)


commands = {f.__name__: f for f in (vif, mfc, flush, packet, ra, router, sync)}
for line in sys.stdin:
    name, *arguments = line.split()
    try:
        commands[name](*arguments)
    except OSError:
        continue

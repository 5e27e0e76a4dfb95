//! The conversions that the tables name: the values of netlink-packet-route become texts as
//! nlstream writes them.

use std::net::{IpAddr, Ipv4Addr};

use super::tree::Fields;

/// A field with the message around it.
pub(super) struct Field<'a> {
    pub message: &'a Fields,
    pub path: &'a str,
    pub values: &'a [String],
}

impl Field<'_> {
    fn each(&self, convert: impl Fn(&str) -> String) -> Vec<String> {
        self.values.iter().map(|value| convert(value)).collect()
    }

    fn numbers(&self, convert: impl Fn(u64) -> String) -> Vec<String> {
        self.each(|value| value.parse().map_or_else(|_| value.to_owned(), &convert))
    }

    /// The words in each value, each replaced by its pair `from=to`; `from=` leaves it out.
    fn words(&self, pairs: &str) -> Vec<String> {
        let replaced = |word: &str| {
            let pair = pairs.split(',').filter_map(|pair| pair.split_once('='));
            let mut pair = pair.filter(|(from, _)| *from == word).map(|(_, to)| to);
            pair.next_back().unwrap_or(word).to_owned()
        };
        self.each(|value| {
            let words = value.split(" | ").map(replaced);
            let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
            words.join(" | ")
        })
    }

    /// Another field of the message.
    fn other(&self, path: &str) -> &str {
        let values = self.message.get(path);
        values.map_or("", |values| &values[0])
    }

    /// The addresses with the prefix length that the field `path` has.
    fn prefixes(&self, path: &str) -> Vec<String> {
        self.each(|address| format!("{address}/{}", self.other(path)))
    }

    /// The names of the bits that are set: `names` are those of bit 0, 1, 2 …
    fn bits(&self, names: &[&str]) -> Vec<String> {
        let bits = |value: &String| {
            let number: u64 = value.parse().unwrap();
            let set = (0..names.len()).filter(move |bit| number & (1 << bit) != 0);
            set.map(|bit| names[bit].to_owned())
        };
        self.values.iter().flat_map(bits).collect()
    }

    /// `8000.2:0:0:0:0:b0`
    fn bridge_id(&self) -> Vec<String> {
        let id = self.path.rsplit_once('.').unwrap().0;
        let priority: u16 = self.other(&format!("{id}.priority")).parse().unwrap();
        let address = self.other(&format!("{id}.address")).split(',');
        let address = address.map(|byte| format!("{:x}", byte.parse::<u8>().unwrap()));
        let address: Vec<_> = address.collect();
        vec![format!("{priority:04x}.{}", address.join(":"))]
    }

    /// An address with its mask, which is in the field of the same name and `Mask`.
    fn masked(&self) -> Vec<String> {
        let mask = self.other(&format!("{}Mask", self.path)).to_owned();
        self.each(|value| {
            if let Ok(mask) = mask.parse::<IpAddr>() {
                let (ones, all) = match mask {
                    IpAddr::V4(mask) => (u32::from(mask).count_ones(), 32),
                    IpAddr::V6(mask) => (u128::from(mask).count_ones(), 128),
                };
                return match ones {
                    _ if ones == all => value.to_owned(),
                    0 => String::new(),
                    ones => format!("{value}/{ones}"),
                };
            }
            let address = |bytes: &str| {
                let bytes = bytes.split(',').map(|byte| byte.parse::<u8>().unwrap());
                let bytes: Vec<_> = bytes.map(|byte| format!("{byte:02x}")).collect();
                bytes.join(":")
            };
            match address(&mask) {
                mask if mask == "ff:ff:ff:ff:ff:ff" => address(value),
                mask => format!("{}/{mask}", address(value)),
            }
        })
    }

    /// The bridge's VLANs with the start and the end of a range as one: `end`: the ends of the
    /// ranges.
    fn vlans(&self, end: bool) -> Vec<String> {
        let flags = &self.message["AfSpecBridge.VlanInfo.flags.BridgeVlanInfoFlags"];
        let all = self.values.iter().zip(flags);
        let wanted = all.filter(|(_, flags)| flags.contains("RangeEnd") == end);
        wanted.map(|(value, _)| value.clone()).collect()
    }

    /// The parent of a queueing discipline, class, filter or chain.
    fn parent(&self) -> Vec<String> {
        let block = self.other("header.index") == "-1";
        self.each(|handle| match handle {
            "ffff:ffff" => "true".to_owned(),
            _ if block => handle_number(handle).to_string(),
            _ => class(handle),
        })
    }

    fn filter_handle(&self) -> Vec<String> {
        let u32_hash = self.other("Kind") == "u32";
        self.each(|handle| match handle_number(handle) {
            0 => String::new(),
            number if u32_hash => u32_handle(number),
            number => format!("{number:#x}"),
        })
    }
}

fn handle_number(handle: &str) -> u32 {
    let (major, minor) = handle.split_once(':').unwrap();
    let number = |text| u32::from_str_radix(text, 16).unwrap();
    number(major) << 16 | number(minor)
}

/// The handle of an u32 filter: hash table, bucket, node.
fn u32_handle(number: u32) -> String {
    let (bucket, node) = (number >> 12 & 0xff, number & 0xfff);
    let mut handle = format!("{:x}:", number >> 20);
    if bucket != 0 {
        handle += &format!("{bucket:x}");
    }
    if node != 0 {
        handle += &format!(":{node:x}");
    }
    handle
}

fn class(handle: &str) -> String {
    match handle.strip_suffix(":0") {
        Some(major) => format!("{major}:"),
        None => handle.to_owned(),
    }
}

fn table(number: u64) -> String {
    match number {
        0 => String::new(),
        253 => "default".to_owned(),
        254 => "main".to_owned(),
        255 => "local".to_owned(),
        _ => number.to_string(),
    }
}

fn ethertype(number: u64) -> String {
    let name = match number {
        0x0003 => "all",
        0x0800 => "ip",
        0x0806 => "arp",
        0x8100 => "802.1Q",
        0x86dd => "ipv6",
        0x8847 => "mpls_uc",
        0x88a8 => "802.1ad",
        _ => return format!("{number:#x}"),
    };
    name.to_owned()
}

/// RTAX_* (linux/rtnetlink.h), with the first at bit 1.
const METRICS: [&str; 18] = [
    "",
    "lock",
    "mtu",
    "window",
    "rtt",
    "rttvar",
    "ssthresh",
    "cwnd",
    "advmss",
    "reordering",
    "hoplimit",
    "initcwnd",
    "features",
    "rto_min",
    "initrwnd",
    "quickack",
    "congestion",
    "fastopen_no_cookie",
];

/// The values after the conversion `name`, which may have an argument: `words a=b,c=d`.
pub(super) fn convert(name: &str, field: &Field<'_>) -> Vec<String> {
    let (name, argument) = name.split_once(' ').unwrap_or((name, ""));
    match name {
        "" => field.values.to_vec(),
        "words" => field.words(argument),
        "has" => field.each(|value| value.split(" | ").any(|word| word == argument).to_string()),
        "hex" => field.numbers(|number| format!("{number:#x}")),
        "hex_or_zero" => field.numbers(|number| match number {
            0 => "0".to_owned(),
            number => format!("{number:#x}"),
        }),
        "hex_digits" => field.numbers(|number| {
            let bytes = number.to_ne_bytes();
            bytes.iter().map(|byte| format!("{byte:02x}")).collect()
        }),
        "flow_label" => field.numbers(|number| format!("{:#07x}", number & 0xfffff)),
        "ipv4" => field.numbers(|number| Ipv4Addr::from(number as u32).to_string()),
        "divide" => {
            let by: f64 = argument.parse().unwrap();
            field.numbers(|number| (number as f64 / by).to_string())
        }
        "divide_whole" => {
            let by: u64 = argument.parse().unwrap();
            field.numbers(|number| (number / by).to_string())
        }
        "hex8" => field.numbers(|number| format!("{number:08x}")),
        "u32_handle" => field.numbers(|number| u32_handle(number as u32)),
        "unless_itself" => {
            let own = field.other("header.index");
            field.each(|index| {
                if index == own {
                    String::new()
                } else {
                    index.to_owned()
                }
            })
        }
        "tunnel_protocol" => {
            let sit = field.other("LinkInfo.Kind") == "SitTun";
            let ipv6 = if sit { "Ipv6=ip6ip" } else { "Ipv6=ip6ip6" };
            field.words(&format!("Hopopts=any,{ipv6}"))
        }
        "plus_one" => field.numbers(|number| (number + 1).to_string()),
        // All bits are set: the kernel's value for none.
        "unless_all_bits" => field.numbers(|number| match number {
            0xffff_ffff => String::new(),
            number => number.to_string(),
        }),
        "mask" => field.numbers(|number| match number {
            0xff | 0xffff | 0xffff_ffff => String::new(),
            number => format!("{number:#x}"),
        }),
        "metrics" => field.bits(&METRICS),
        "bits" => field.bits(&argument.split(',').collect::<Vec<_>>()),
        "bit_numbers" => {
            let names: Vec<_> = (0..32).map(|bit| bit.to_string()).collect();
            field.bits(&names.iter().map(String::as_str).collect::<Vec<_>>())
        }
        "table" => field.numbers(table),
        "prefix" => field.prefixes(argument),
        "prefix_length" => field.each(|length| match length {
            "32" | "128" => String::new(),
            length => length.to_owned(),
        }),
        "join" => vec![field.values.join("/")],
        "list" => field
            .values
            .iter()
            .flat_map(|v| v.split(','))
            .map(str::to_owned)
            .collect(),
        // Bytes, of which an array has zeros behind an address.
        "mac" => field.each(|bytes| digits(bytes, 6, ":")),
        "byte_digits" => field.each(|bytes| digits(bytes, usize::MAX, "")),
        "list_reversed" => {
            let list = field.values.iter().flat_map(|v| v.split(',').rev());
            list.map(str::to_owned).collect()
        }
        "bridge_id" => field.bridge_id(),
        "vlans" => field.vlans(false),
        "vlan_ends" => field.vlans(true),
        "vlan_flags" => {
            let own = field
                .values
                .iter()
                .filter(|flags| !flags.contains("RangeEnd"));
            let values: Vec<_> = own.cloned().collect();
            let field = Field {
                values: &values,
                ..*field
            };
            field.words("RangeBegin=,Untagged=egressuntagged")
        }
        "link_flags" => {
            let shown = field.words("Running=,Controller=MASTER,Port=SLAVE");
            let running = field.values[0].contains("Running");
            let up = field.values[0].split(" | ").any(|flag| flag == "Up");
            let more = if up && !running { " | NoCarrier" } else { "" };
            vec![format!("{}{more}", shown[0])]
        }
        "address_flags" => {
            let v6 = field.other("header.family") == "Inet6";
            let secondary = if v6 { "Secondary=temporary" } else { "" };
            let pairs =
                "Permanent=,Mcautojoin=autojoin,Managetempaddr=mngtmpaddr,Homeaddress=home,0x0=,";
            let shown = field.words(&format!("{pairs}{secondary}"));
            let permanent = field.values[0].contains("Permanent");
            let more = if permanent { "" } else { " | dynamic" };
            vec![format!("{}{more}", shown[0])]
        }
        "neigh_flags" => {
            let more = field.other("ExtFlags.NeighbourExtFlags");
            let shown = field.words("Own=self,ExtLearned=extern_learn,Controller=master");
            vec![format!("{} | {more}", shown[0])]
        }
        "rule_flags" => {
            let l3mdev = field.other("L3MDev") == "true";
            let more = if l3mdev { " | l3mdev" } else { "" };
            vec![format!("{}{more}", field.words("Invert=not")[0])]
        }
        "parent" => field.parent(),
        "class" => field.each(class),
        "leaf" => field.numbers(|number| match number {
            0 => String::new(),
            number => class(&format!("{:x}:{:x}", number >> 16, number & 0xffff)),
        }),
        "filter_handle" => field.filter_handle(),
        "preference" => field.numbers(|number| (number >> 16).to_string()),
        "protocol" => field.numbers(|number| ethertype(u64::from(u16::from_be(number as u16)))),
        "ethertype" => field.numbers(ethertype),
        "masked" => field.masked(),
        _ => panic!("no conversion {name}"),
    }
}

/// Bytes in decimal, of which the first ones become hexadecimal digits.
fn digits(bytes: &str, length: usize, separator: &str) -> String {
    let bytes = bytes.split(',').take(length);
    let bytes = bytes.map(|byte| {
        byte.parse()
            .map_or("?".to_owned(), |it: u8| format!("{it:02x}"))
    });
    bytes.collect::<Vec<_>>().join(separator)
}

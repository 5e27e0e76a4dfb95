//! Generated events: those of the fixtures, with a different object in each.

use super::fixtures;

const HEADER: usize = 16;
/// Offset of nlmsg_flags in nlmsghdr.
const FLAGS: usize = 6;
/// `NLM_F_REPLACE`, `NLM_F_EXCL | NLM_F_CREATE` (linux/netlink.h)
const REPLACE: u16 = 0x100;
const MAKE: u16 = 0x600;

/// `IFLA_IFNAME`, `IFLA_MTU`, `IFLA_LINK` (linux/if_link.h); `RTA_*` (linux/rtnetlink.h); `NDA_*`
/// (linux/neighbour.h)
const IFNAME: u16 = 3;
const MTU: u16 = 4;
const LINK: u16 = 5;
const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;

/// Makes events of one kind.
pub(crate) trait Maker {
    /// Returns the event of the new object `key`.
    fn add(&mut self, key: u32) -> &[u8];
    /// Returns the event of a change of the object, with another value in every `round`.
    fn change(&mut self, key: u32, round: u32) -> &[u8];
}

/// Returns the object, one of `many`, of the event of that number. Consecutive events have distant
/// objects, so that the order of a table does not help: the factor is prime.
pub(crate) fn far_apart(event: u32, many: u32) -> u32 {
    (u64::from(event) * 7_368_787 % u64::from(many)) as u32
}

/// One message, and the offsets of some of its parts.
#[derive(Clone, Debug)]
struct Template {
    bytes: Vec<u8>,
    /// Length of the fixed header before the attributes.
    fixed: usize,
}

impl Template {
    /// The attributes: type and range of the payload.
    fn attributes(&self) -> Vec<(u16, usize, usize)> {
        let mut found = Vec::new();
        let mut at = HEADER + self.fixed;
        while at + 4 <= self.bytes.len() {
            let half = |at: usize| u16::from_ne_bytes([self.bytes[at], self.bytes[at + 1]]);
            let length = usize::from(half(at)).max(4);
            found.push((half(at + 2) & 0x3fff, at + 4, length - 4));
            at += length.next_multiple_of(4);
        }
        found
    }

    /// Returns the offset of the payload of an attribute of that length.
    fn place(&self, attribute: u16, length: usize) -> Option<usize> {
        let attributes = self.attributes();
        let found = attributes
            .iter()
            .find(|a| (a.0, a.2) == (attribute, length))?;
        Some(found.1)
    }

    /// Replaces an attribute by one of another length.
    fn replace(&mut self, attribute: u16, payload: &[u8]) {
        let (_, at, length) = *self
            .attributes()
            .iter()
            .find(|a| a.0 == attribute)
            .expect("the attribute is there");
        let mut new = ((payload.len() + 4) as u16).to_ne_bytes().to_vec();
        new.extend(attribute.to_ne_bytes());
        new.extend(payload);
        new.resize(new.len().next_multiple_of(4), 0);
        let end = at + length.next_multiple_of(4);
        self.bytes.splice(at - 4..end, new);
        let length = self.bytes.len() as u32;
        self.put(0, &length.to_ne_bytes());
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn put_flags(&mut self, flags: u16) {
        self.put(FLAGS, &flags.to_ne_bytes());
    }
}

fn templates(scenario: &str, kind: u16, fixed: usize) -> Vec<Template> {
    let events = fixtures::events(scenario).into_iter();
    let events = events.filter(|event| fixtures::single(event) == Some(kind));
    events.map(|bytes| Template { bytes, fixed }).collect()
}

/// IPv4 routes through a gateway: those of fixtures/route-v4 in turn.
pub(crate) struct Routes {
    templates: Vec<(Template, usize, usize)>,
}

impl Routes {
    pub(crate) fn new() -> Self {
        // The forms in a full table: no metrics, one next hop.
        let plain = [1, 4, 5, 6, 7, 15];
        let all = templates("route-v4", libc::RTM_NEWROUTE, 12);
        let templates: Vec<_> = all
            .into_iter()
            .filter(|t| t.attributes().iter().all(|a| plain.contains(&a.0)))
            .filter(|t| t.bytes[FLAGS..FLAGS + 2] == MAKE.to_ne_bytes())
            .filter_map(|t| {
                let (dst, gateway) = (t.place(RTA_DST, 4)?, t.place(RTA_GATEWAY, 4)?);
                Some((t, dst, gateway))
            })
            .collect();
        assert!(templates.len() >= 3, "{templates:?}");
        Routes { templates }
    }

    /// The index of their output device.
    pub(crate) fn device(&self) -> u32 {
        let template = &self.templates[0].0;
        let at = template.place(RTA_OIF, 4).expect("it has a device");
        u32::from_ne_bytes(template.bytes[at..at + 4].try_into().unwrap())
    }

    fn make(&mut self, key: u32, flags: u16, gateway: u8) -> &[u8] {
        let count = self.templates.len();
        let (template, dst, at) = &mut self.templates[key as usize % count];
        template.put(*dst, &(0x0a00_0000 + key).to_be_bytes());
        template.put(*at + 3, &[gateway]);
        template.put_flags(flags);
        // rtm_dst_len
        template.put(HEADER + 1, &[32]);
        &template.bytes
    }
}

impl Maker for Routes {
    fn add(&mut self, key: u32) -> &[u8] {
        self.make(key, MAKE, 1)
    }

    fn change(&mut self, key: u32, round: u32) -> &[u8] {
        self.make(key, REPLACE, 2 + (round % 200) as u8)
    }
}

/// Devices whose MTU changes: those of fixtures/link-mtu.
pub(crate) struct Links {
    template: Template,
    /// The message of each device, and the offset of its MTU.
    devices: Vec<(Template, usize)>,
}

impl Links {
    pub(crate) fn new() -> Self {
        let all = templates("link-mtu", libc::RTM_NEWLINK, 16);
        // The longest has the most attributes.
        let template = all.into_iter().max_by_key(|t| t.bytes.len());
        Links {
            template: template.expect("fixtures/link-mtu holds links"),
            devices: Vec::new(),
        }
    }

    /// Returns the event of a new device of this index and name.
    pub(crate) fn named(&self, number: u32, name: &str) -> Vec<u8> {
        let mut template = self.template.clone();
        // ifi_index
        template.put(HEADER + 4, &number.to_ne_bytes());
        template.replace(IFNAME, format!("{name}\0").as_bytes());
        // The peer is one of these devices: `ip` asks the kernel for the name of any other.
        template.replace(LINK, &(number ^ 1).to_ne_bytes());
        template.bytes
    }

    fn make(&mut self, key: u32, mtu: u32) -> &[u8] {
        for new in self.devices.len() as u32..=key {
            let template = Template {
                bytes: self.named(100 + new, &format!("veth{new}")),
                ..self.template
            };
            let at = template.place(MTU, 4).expect("a link has an MTU");
            self.devices.push((template, at));
        }
        let (device, at) = &mut self.devices[key as usize];
        device.put(*at, &mtu.to_ne_bytes());
        &device.bytes
    }
}

impl Maker for Links {
    fn add(&mut self, key: u32) -> &[u8] {
        self.make(key, 1500)
    }

    fn change(&mut self, key: u32, round: u32) -> &[u8] {
        self.make(key, 1400 + round % 64)
    }
}

/// IPv4 neighbours whose link-layer address changes: those of fixtures/neigh-static.
pub(crate) struct Neighs {
    template: Template,
    dst: usize,
    address: usize,
}

impl Neighs {
    pub(crate) fn new() -> Self {
        let all = templates("neigh-static", libc::RTM_NEWNEIGH, 12);
        let mut found = all.into_iter().filter_map(|template| {
            let (dst, address) = (template.place(NDA_DST, 4)?, template.place(NDA_LLADDR, 6)?);
            Some(Neighs {
                template,
                dst,
                address,
            })
        });
        found.next().expect("fixtures/neigh-static holds one")
    }
}

impl Maker for Neighs {
    fn add(&mut self, key: u32) -> &[u8] {
        self.change(key, 0)
    }

    fn change(&mut self, key: u32, round: u32) -> &[u8] {
        let round = round.to_be_bytes();
        let address = [2, round[1], round[2], round[3], 0, 1];
        self.template.put(self.address, &address);
        let dst = (0x0a00_0000 + key).to_be_bytes();
        self.template.put(self.dst, &dst);
        &self.template.bytes
    }
}

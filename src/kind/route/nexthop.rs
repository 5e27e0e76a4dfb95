//! `kind:"nexthop"` and `kind:"nexthop_bucket"`: objects that routes go through
//! (`RTM_NEWNEXTHOP`, `RTM_NEWNEXTHOPBUCKET` and their `DEL`).

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::encap::Encap;
use crate::kind::fields::{fields, key};
use crate::kind::object::{Object, some};
use crate::value::{Flags, IfName, Symbol};

/// A next hop, or a group of them (`struct nhmsg`, linux/nexthop.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Nexthop {
    /// Its id.
    pub id: u32,
    /// Address family: `inet`, `inet6`; `unspec` of a group.
    pub family: Symbol,
    /// The next hops of a group.
    pub group: Option<Vec<Member>>,
    /// Of a group: `mpath`, `resilient`.
    pub r#type: Option<Symbol>,
    /// Of a resilient group.
    pub resilient_args: Option<Resilient>,
    /// The next router.
    pub gateway: Option<IpAddr>,
    /// Index of the outgoing device.
    pub ifindex: Option<u32>,
    /// The outgoing device's name.
    pub dev: Option<IfName>,
    /// What a packet is wrapped in.
    pub encap: Option<Encap>,
    /// How far it is: a name from rt_scopes, else its number.
    pub scope: Symbol,
    /// Who added it: a name from rt_protos, else its number.
    pub protocol: Symbol,
    /// `blackhole`, `fdb` (for forwarding entries of a vxlan), and those of a route: `onlink`,
    /// `dead`, `linkdown`, `offload`, `trap`.
    pub flags: Flags,
    /// Does the hardware count packets?
    pub hw_stats_enabled: Option<bool>,
    /// With `details`: does it count them now?
    pub hw_stats_used: Option<bool>,
    /// With `details`: packets by next hop of the group.
    pub group_stats: Option<Vec<MemberStats>>,
}

/// A next hop of a group (`struct nexthop_grp`).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "NexthopMember")]
pub struct Member {
    /// Id of the next hop.
    pub id: u32,
    /// Its share of the traffic, 1 to 65536.
    pub weight: u32,
}

/// Of a resilient group (`NHA_RES_GROUP_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Resilient {
    /// Number of buckets.
    pub buckets: Option<u16>,
    /// Seconds without traffic after which a bucket may move.
    pub idle_timer: Option<f64>,
    /// Seconds after which buckets move although there is traffic; 0 for never.
    pub unbalanced_timer: Option<f64>,
    /// With `details`: seconds for which it has been out of balance.
    pub unbalanced_time: Option<f64>,
}

/// Packets that went through a next hop of a group (`NHA_GROUP_STATS_ENTRY_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "NexthopMemberStats")]
pub struct MemberStats {
    /// Id of the next hop.
    pub id: u32,
    /// Packets.
    pub packets: Option<u64>,
    /// Those of them that the hardware forwarded.
    pub packets_hw: Option<u64>,
}

key!(Nexthop { id });
fields!(Nexthop {
    id,
    family,
    group,
    r#type,
    resilient_args,
    gateway,
    ifindex,
    dev,
    encap,
    scope,
    protocol,
    flags,
    hw_stats_enabled,
    hw_stats_used,
    group_stats,
});

impl Object for Nexthop {
    fn device(&self) -> Option<(u32, Option<&IfName>)> {
        Some((self.ifindex?, self.dev.as_ref()))
    }

    fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        some(name, self.ifindex, &mut self.dev);
        if let Some(encap) = &mut self.encap {
            encap.for_each_device(name);
        }
    }

    fn copy_volatile(&mut self, old: &Self) {
        self.hw_stats_used = old.hw_stats_used;
        self.group_stats.clone_from(&old.group_stats);
        if let (Some(args), Some(old)) = (&mut self.resilient_args, &old.resilient_args) {
            args.unbalanced_time = old.unbalanced_time;
        }
    }
}

/// A bucket of a resilient group.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct NexthopBucket {
    /// Id of the group.
    pub id: u32,
    /// Number of the bucket.
    pub index: u16,
    /// Id of the next hop that it leads to.
    pub nhid: u32,
    /// With `details`: seconds since it was last used.
    pub idle_time: Option<f64>,
    /// Those of a route: `offload`, `trap`.
    pub flags: Flags,
}

key!(NexthopBucket { id, index });
fields!(NexthopBucket {
    id,
    index,
    nhid,
    idle_time,
    flags,
});

impl Object for NexthopBucket {
    fn copy_volatile(&mut self, old: &Self) {
        self.idle_time = old.idle_time;
    }
}

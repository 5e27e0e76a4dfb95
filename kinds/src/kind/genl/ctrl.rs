//! `kind:"genl_family"`: the generic netlink families that a kernel has, announced by the
//! controller `nlctrl` (`CTRL_CMD_NEWFAMILY`, `CTRL_CMD_NEWMCAST_GRP` and their `DEL`).

use nlstream_derive::{Attributes, State};
use serde::{Serialize, Serializer};
use serde_with::skip_serializing_none;

use crate::channel::FamilyId;
use crate::json::JsonSchema;
use crate::kind::attributes::{AttrDecl, Attributes, FromAttr};
use crate::kind::context::DecodeContext;
use crate::kind::fields::Present;
use crate::kind::spec::{Emit, KindSpec};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::frame::Message;
use crate::netlink::genl::{
    CTRL_CMD_DELFAMILY, CTRL_CMD_DELMCAST_GRP, CTRL_CMD_NEWFAMILY, CTRL_CMD_NEWMCAST_GRP,
    attributes, command, command_name,
};
use crate::netlink::request::Request;
use crate::value::{FlagNames, Flags};

/// A generic netlink family (`CTRL_ATTR_*`, linux/genetlink.h).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[state(key(id))]
pub struct GenlFamily {
    /// Id of the family: the type of its messages. The kernel assigns it when the family is
    /// registered, so it differs from boot to boot.
    #[nla(CTRL_ATTR_FAMILY_ID = 1)]
    pub id: u16,
    /// Name of the family.
    #[nla(CTRL_ATTR_FAMILY_NAME = 2)]
    pub name: String,
    /// Version of the family's protocol.
    #[nla(CTRL_ATTR_VERSION = 3)]
    pub version: Option<u32>,
    /// Length of the family's own fixed header, bytes.
    #[nla(CTRL_ATTR_HDRSIZE = 4)]
    pub header_size: Option<u32>,
    /// Highest attribute number that every command accepts; 0 if it depends on the command.
    #[nla(CTRL_ATTR_MAXATTR = 5)]
    pub max_attr: Option<u32>,
    /// The commands that the family accepts.
    #[nla(CTRL_ATTR_OPS = 6)]
    pub ops: Option<Vec<GenlOp>>,
    /// The multicast groups of the family.
    #[nla(CTRL_ATTR_MCAST_GROUPS = 7)]
    #[serde(skip_serializing_if = "McastGroups::is_empty")]
    pub mcast_groups: McastGroups,
}

/// A command that a family accepts (`CTRL_ATTR_OP_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct GenlOp {
    /// Number of the command.
    #[nla(CTRL_ATTR_OP_ID = 1)]
    pub cmd: u32,
    /// Name of the command, of the family `nlctrl` only: `CTRL_CMD_GETFAMILY`.
    pub name: Option<&'static str>,
    /// `ADMIN_PERM` (requires CAP_NET_ADMIN), `UNS_ADMIN_PERM` (the same within the network
    /// namespace's user namespace), `CMD_CAP_DO`, `CMD_CAP_DUMP`, `CMD_CAP_HASPOL`.
    #[nla(CTRL_ATTR_OP_FLAGS = 2, flags(u32, FLAGS))]
    pub flags: Flags,
}

/// Names of `GENL_*` without that prefix (linux/genetlink.h).
const FLAGS: &FlagNames = &[
    (0x01, "ADMIN_PERM"),
    (0x02, "CMD_CAP_DO"),
    (0x04, "CMD_CAP_DUMP"),
    (0x08, "CMD_CAP_HASPOL"),
    (0x10, "UNS_ADMIN_PERM"),
];

/// A multicast group of a family (`CTRL_ATTR_MCAST_GRP_*`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes)]
pub struct GenlMcastGroup {
    /// Number of the group, for `NETLINK_ADD_MEMBERSHIP`.
    #[nla(CTRL_ATTR_MCAST_GRP_ID = 2)]
    pub id: u32,
    /// Name of the group within the family.
    #[nla(CTRL_ATTR_MCAST_GRP_NAME = 1)]
    pub name: String,
}

/// The multicast groups of a family: all of them, or those that one message adds or removes.
#[derive(Clone, Debug, Default, JsonSchema)]
#[schemars(transparent)]
pub struct McastGroups {
    /// Sorted by number.
    list: Vec<GenlMcastGroup>,
    /// Groups that the message removes; the list then lacks the others of the family.
    #[schemars(skip)]
    removed: Vec<u32>,
    /// The list has only the groups that the message adds.
    #[schemars(skip)]
    is_partial: bool,
}

impl McastGroups {
    /// All groups of a family.
    pub fn new(mut list: Vec<GenlMcastGroup>) -> Self {
        list.sort_by_key(|group| group.id);
        McastGroups {
            list,
            ..McastGroups::default()
        }
    }

    /// The groups, sorted by number.
    pub fn iter(&self) -> impl Iterator<Item = &GenlMcastGroup> {
        self.list.iter()
    }

    /// Returns true if there are no groups.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn added(self) -> Self {
        McastGroups {
            is_partial: true,
            ..self
        }
    }

    fn removed(self) -> Self {
        McastGroups {
            list: Vec::new(),
            removed: self.list.iter().map(|group| group.id).collect(),
            is_partial: true,
        }
    }
}

impl PartialEq for McastGroups {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl Serialize for McastGroups {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list.serialize(serializer)
    }
}

impl FromAttr for McastGroups {
    const INNER: &'static [AttrDecl] = <GenlMcastGroup as Attributes>::ATTRS;

    fn from_attr(context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<Self, AttrError> {
        Vec::from_attr(context, attr).map(McastGroups::new)
    }
}

impl Present for McastGroups {
    fn present(&self) -> bool {
        !self.is_empty()
    }

    /// Adds the other groups of the family to those of a `CTRL_CMD_NEWMCAST_GRP`, or removes those
    /// of a `CTRL_CMD_DELMCAST_GRP` from the family's.
    fn merge(&mut self, old: &Self) {
        if !self.is_partial {
            return;
        }
        for group in &old.list {
            let is_here = self.list.iter().any(|it| it.id == group.id);
            if !is_here && !self.removed.contains(&group.id) {
                self.list.push(group.clone());
            }
        }
        self.list.sort_by_key(|group| group.id);
        (self.removed, self.is_partial) = (Vec::new(), false);
    }
}

impl KindSpec for GenlFamily {
    const NETLINK_FAMILY: FamilyId = FamilyId::NLCTRL;
    const MESSAGES: &'static [u16] = &[
        CTRL_CMD_NEWFAMILY,
        CTRL_CMD_DELFAMILY,
        CTRL_CMD_NEWMCAST_GRP,
        CTRL_CMD_DELMCAST_GRP,
    ];
    const ATTRS: &'static [AttrDecl] = <Self as Attributes>::ATTRS;

    fn dumps(_details: bool) -> Vec<Request> {
        vec![Request::genl_families()]
    }

    fn decode(
        context: &mut DecodeContext<'_>,
        message: &Message<'_>,
        emit: &mut Emit<'_>,
    ) -> Option<()> {
        let mut family = GenlFamily::default();
        family.attributes(context, attributes(message)?);
        family.name_ops();
        let groups = std::mem::take(&mut family.mcast_groups);
        family.mcast_groups = match command(message) {
            CTRL_CMD_NEWMCAST_GRP => groups.added(),
            CTRL_CMD_DELMCAST_GRP => groups.removed(),
            _ => groups,
        };
        emit.object(context, family)
    }
}

impl GenlFamily {
    /// Names the commands of the controller itself. The names of other families' commands are in
    /// headers of their own.
    fn name_ops(&mut self) {
        if FamilyId::generic(self.id) == Some(FamilyId::NLCTRL) {
            for op in self.ops.iter_mut().flatten() {
                op.name = command_name(op.cmd);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(ids: &[u32]) -> McastGroups {
        let group = |id: &u32| GenlMcastGroup {
            id: *id,
            name: format!("group{id}"),
        };
        McastGroups::new(ids.iter().map(group).collect())
    }

    #[test]
    fn messages_about_one_group_are_merged_with_the_family() {
        let merged = |mut new: McastGroups, old: &[u32]| {
            new.merge(&groups(old));
            new
        };
        assert_eq!(merged(groups(&[5]).added(), &[4, 6]), groups(&[4, 5, 6]));
        assert_eq!(merged(groups(&[5]).added(), &[4, 5]), groups(&[4, 5]));
        assert_eq!(merged(groups(&[5]).removed(), &[4, 5]), groups(&[4]));
        assert_eq!(merged(groups(&[5]).removed(), &[5]), groups(&[]));
        // A message about the complete family.
        assert_eq!(merged(groups(&[]), &[5]), groups(&[]));
    }
}

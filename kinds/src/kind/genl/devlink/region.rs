//! `kind:"devlink_region"`: address regions of devices, of which snapshots are taken.

use nlstream_derive::{Attributes, State};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::Op;
use crate::kind::context::DecodeContext;
use crate::kind::spec::{Trigger, Triggers};
use crate::netlink::attr::{Attr, AttrError};
use crate::netlink::genl::devlink::{
    DEVLINK_CMD_REGION_DEL, DEVLINK_CMD_REGION_GET, DEVLINK_CMD_REGION_NEW,
};
use crate::value::Text;

/// A region has a dozen snapshots; a capture may name any number.
const MAX_SNAPSHOTS: usize = 1024;

/// An address region of a device of devlink, with the numbers of its snapshots.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, Attributes, State)]
#[nla(
    custom(
        DEVLINK_ATTR_REGION_SNAPSHOTS = 90 => Self::all,
        DEVLINK_ATTR_REGION_SNAPSHOT_ID = 92 => Self::one,
    ),
    skip(DEVLINK_ATTR_PAD = 61, DEVLINK_ATTR_INDEX = 184),
)]
#[state(key(bus_name, dev_name, port_index, name))]
pub struct DevlinkRegion {
    /// Name of the bus.
    #[nla(DEVLINK_ATTR_BUS_NAME = 1)]
    pub bus_name: Text,
    /// Name of the device on that bus.
    #[nla(DEVLINK_ATTR_DEV_NAME = 2)]
    pub dev_name: Text,
    /// Index of the port, of a region of a port.
    #[nla(DEVLINK_ATTR_PORT_INDEX = 3)]
    pub port_index: Option<u32>,
    /// Name of the region.
    #[nla(DEVLINK_ATTR_REGION_NAME = 88)]
    pub name: Text,
    /// Size, bytes.
    #[nla(DEVLINK_ATTR_REGION_SIZE = 89)]
    pub size: Option<u64>,
    /// Maximum number of snapshots.
    #[nla(DEVLINK_ATTR_REGION_MAX_SNAPSHOTS = 170)]
    pub max_snapshots: Option<u32>,
    /// Numbers of its snapshots, sorted.
    pub snapshots: Option<Vec<u32>>,
}

impl DevlinkRegion {
    /// Reads the snapshots of a listed region.
    fn all(&mut self, context: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        const DEVLINK_ATTR_REGION_SNAPSHOT: u16 = 91;
        let mut all = Vec::new();
        context.nested(attr, |context, attr| match attr.kind {
            DEVLINK_ATTR_REGION_SNAPSHOT => context.nested(&attr, |_, attr| match attr.kind {
                Self::DEVLINK_ATTR_REGION_SNAPSHOT_ID => {
                    all.push(attr.u32()?);
                    Ok(())
                }
                _ => Err(AttrError::Unknown),
            }),
            _ => Err(AttrError::Unknown),
        })?;
        all.sort_unstable();
        self.snapshots = (!all.is_empty()).then_some(all);
        Ok(())
    }

    /// Reads the snapshot that an event is about.
    fn one(&mut self, _: &mut DecodeContext<'_>, attr: &Attr<'_>) -> Result<(), AttrError> {
        self.snapshots = Some(vec![attr.u32()?]);
        Ok(())
    }
}

kind!(
    DevlinkRegion of DEVLINK,
    listed by DEVLINK_CMD_REGION_GET,
    [
        DEVLINK_CMD_REGION_GET,
        DEVLINK_CMD_REGION_NEW,
        DEVLINK_CMD_REGION_DEL
    ],
    deleted by [DEVLINK_CMD_REGION_DEL],
    {
        // An event names a snapshot alone, or the size of a region
        // (`devlink_nl_region_notify_build`).
        const DELETED_BY_KEY: bool = true;
        const STALE_AFTER: &'static [Trigger] = &[Trigger::DevlinkRegion];

        fn add_stored(&mut self, stored: &Self) {
            self.size = self.size.or(stored.size);
            self.max_snapshots = self.max_snapshots.or(stored.max_snapshots);
            let Some(stored) = &stored.snapshots else {
                return;
            };
            let all = self.snapshots.get_or_insert_default();
            all.extend(stored);
            all.sort_unstable();
            all.dedup();
            // The newest.
            all.drain(..all.len().saturating_sub(MAX_SNAPSHOTS));
        }

        fn remainder(&self, stored: &Self) -> Option<Self> {
            let deleted = self.snapshots.as_ref()?;
            let mut rest = stored.clone();
            let is_left = |id: &u32| !deleted.contains(id);
            rest.snapshots = rest
                .snapshots
                .map(|all| all.into_iter().filter(is_left).collect::<Vec<_>>())
                .filter(|all| !all.is_empty());
            Some(rest)
        }

        fn triggers(&self, op: Op, _old: Option<&Self>) -> Triggers {
            // What the event lacks; or the region exists still, and lost a snapshot.
            let is_whole = self.max_snapshots.is_some() && self.size.is_some();
            match op {
                Op::Delete if self.snapshots.is_none() => Triggers::NONE,
                _ if is_whole => Triggers::NONE,
                _ => Triggers::of(&[Trigger::DevlinkRegion]),
            }
        }
    }
);

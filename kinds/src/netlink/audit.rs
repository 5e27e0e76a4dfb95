//! The wire format of the audit protocol: records of text, without attributes (linux/audit.h). The kernel sends them to
//! the members of the group only in the first network namespace, and only while auditing is enabled.

use super::family::{Groups, Privilege, Protocol};
use super::frame::Message;
use super::other::{Other, other};
use crate::channel::FamilyId;

// `AUDIT_*` (linux/audit.h), of which a kind decodes the records.
super::numbers! { MESSAGES:
    AUDIT_NETFILTER_CFG = 1325;
}

/// The audit protocol.
#[derive(Clone, Copy, Debug)]
pub struct Audit;

impl Audit {
    fn other() -> &'static Other {
        other(FamilyId::AUDIT)
    }
}

impl Protocol for Audit {
    fn id(&self) -> FamilyId {
        FamilyId::AUDIT
    }

    fn name(&self) -> &'static str {
        Self::other().name()
    }

    fn groups(&self) -> Groups {
        Self::other().groups()
    }

    fn group_name(&self, group: u32) -> String {
        Self::other().group_name(group)
    }

    fn label(&self) -> Option<(&'static str, Option<&'static str>)> {
        Self::other().label()
    }

    fn address_family(&self, _: &Message<'_>) -> Option<u8> {
        None
    }

    fn type_name(&self, number: u16) -> Option<&'static str> {
        super::raw::find(MESSAGES, number)
    }

    fn header_length(&self, _: u16) -> Option<usize> {
        None
    }

    fn privilege(&self) -> Privilege {
        Privilege::AuditRead
    }

    fn is_by_name_only(&self) -> bool {
        true
    }
}

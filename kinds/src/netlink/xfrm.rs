//! The wire format of xfrm, the netlink protocol of IPsec (linux/xfrm.h).

use super::family::{Groups, Privilege, Protocol};
use super::frame::Message;
use super::other::other;
use crate::channel::FamilyId;

super::numbers! { MESSAGES:
    XFRM_MSG_NEWSA = 16;
    XFRM_MSG_DELSA = 17;
    XFRM_MSG_GETSA = 18;
    XFRM_MSG_NEWPOLICY = 19;
    XFRM_MSG_DELPOLICY = 20;
    XFRM_MSG_GETPOLICY = 21;
    XFRM_MSG_ALLOCSPI = 22;
    XFRM_MSG_ACQUIRE = 23;
    XFRM_MSG_EXPIRE = 24;
    XFRM_MSG_UPDPOLICY = 25;
    XFRM_MSG_UPDSA = 26;
    XFRM_MSG_POLEXPIRE = 27;
    XFRM_MSG_FLUSHSA = 28;
    XFRM_MSG_FLUSHPOLICY = 29;
    XFRM_MSG_NEWAE = 30;
    XFRM_MSG_GETAE = 31;
    XFRM_MSG_REPORT = 32;
    XFRM_MSG_MIGRATE = 33;
    XFRM_MSG_NEWSADINFO = 34;
    XFRM_MSG_GETSADINFO = 35;
    XFRM_MSG_NEWSPDINFO = 36;
    XFRM_MSG_GETSPDINFO = 37;
    XFRM_MSG_MAPPING = 38;
    XFRM_MSG_SETDEFAULT = 39;
    XFRM_MSG_GETDEFAULT = 40;
}

// Aligned lengths of the structures that messages begin with, bytes.
/// `struct xfrm_selector`
pub const SELECTOR: usize = 56;
/// `struct xfrm_usersa_info`
pub const STATE: usize = 224;
/// `struct xfrm_usersa_id`
pub const STATE_ID: usize = 24;
/// `struct xfrm_userpolicy_info`
pub const POLICY: usize = 168;
/// `struct xfrm_userpolicy_id`
pub const POLICY_ID: usize = 64;
/// `struct xfrm_user_acquire`
pub const ACQUIRE: usize = 280;
/// `struct xfrm_user_expire`
pub const EXPIRE: usize = 232;
/// `struct xfrm_user_polexpire`
pub const POLICY_EXPIRE: usize = 176;
/// `struct xfrm_usersa_flush`
pub const FLUSH: usize = 4;
/// `struct xfrm_aevent_id`
pub const AEVENT: usize = 48;
/// `struct xfrm_user_report`
pub const REPORT: usize = 60;
/// `struct xfrm_user_mapping`
pub const MAPPING: usize = 64;
/// `struct xfrm_userpolicy_default`
pub const DEFAULT: usize = 4;

/// The aligned length of the structure that messages of these types begin with (`xfrm_msg_min`,
/// net/xfrm/xfrm_user.c; notifications of a deletion have the id).
pub(super) const HEADERS: &[(&[u16], usize)] = &[
    (&[XFRM_MSG_NEWSA, XFRM_MSG_UPDSA], STATE),
    (&[XFRM_MSG_DELSA, XFRM_MSG_GETSA], STATE_ID),
    (&[XFRM_MSG_NEWPOLICY, XFRM_MSG_UPDPOLICY], POLICY),
    (&[XFRM_MSG_DELPOLICY, XFRM_MSG_GETPOLICY], POLICY_ID),
    // struct xfrm_userspi_info
    (&[XFRM_MSG_ALLOCSPI], 232),
    (&[XFRM_MSG_ACQUIRE], ACQUIRE),
    (&[XFRM_MSG_EXPIRE], EXPIRE),
    (&[XFRM_MSG_POLEXPIRE], POLICY_EXPIRE),
    (&[XFRM_MSG_FLUSHSA], FLUSH),
    (&[XFRM_MSG_FLUSHPOLICY], 0),
    (&[XFRM_MSG_NEWAE, XFRM_MSG_GETAE], AEVENT),
    (&[XFRM_MSG_REPORT], REPORT),
    (&[XFRM_MSG_MIGRATE], POLICY_ID),
    (&[XFRM_MSG_MAPPING], MAPPING),
    (&[XFRM_MSG_SETDEFAULT, XFRM_MSG_GETDEFAULT], DEFAULT),
];

/// The protocol `NETLINK_XFRM`.
#[derive(Clone, Copy, Debug)]
pub struct Xfrm;

impl Protocol for Xfrm {
    fn id(&self) -> FamilyId {
        FamilyId::XFRM
    }

    fn name(&self) -> &'static str {
        "xfrm"
    }

    fn groups(&self) -> Groups {
        other(self.id()).groups()
    }

    fn group_name(&self, group: u32) -> String {
        other(self.id()).group_name(group)
    }

    fn label(&self) -> Option<(&'static str, Option<&'static str>)> {
        Some((self.name(), None))
    }

    fn address_family(&self, _: &Message<'_>) -> Option<u8> {
        None
    }

    fn type_name(&self, number: u16) -> Option<&'static str> {
        other(self.id()).type_name(number)
    }

    fn header_length(&self, number: u16) -> Option<usize> {
        other(self.id()).header_length(number)
    }

    fn privilege(&self) -> Privilege {
        Privilege::NetAdmin
    }

    fn is_state(&self, message: &Message<'_>) -> bool {
        matches!(
            message.kind,
            XFRM_MSG_NEWSA
                | XFRM_MSG_UPDSA
                | XFRM_MSG_DELSA
                | XFRM_MSG_NEWPOLICY
                | XFRM_MSG_UPDPOLICY
                | XFRM_MSG_DELPOLICY
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_header_is_of_a_message_with_a_name_and_aligned() {
        for (types, length) in HEADERS {
            assert_eq!(length % 4, 0);
            for number in *types {
                assert!(Xfrm.type_name(*number).is_some(), "{number}");
                assert_eq!(Xfrm.header_length(*number), Some(*length));
            }
        }
    }
}

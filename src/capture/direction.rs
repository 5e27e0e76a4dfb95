//! Whether a packet in a capture of another program was sent by the kernel or to it.
//!
//! nlmon says so in the packet type, but a packet socket replaces it by `PACKET_OUTGOING`
//! (`dev_queue_xmit_nit`). Then the first message decides. Most notifications have no
//! `NLM_F_REQUEST`. Those of nexthops, filters, chains and actions repeat the flags of the request,
//! and its sequence number and port id: a request and its notification then differ in little more
//! than their order.

use std::collections::VecDeque;

use super::cooked::{PACKET_KERNEL, PACKET_USER, Packet};
use crate::netlink::family::{Protocol, RequestHeader, RequestSender};
use crate::netlink::frame::{ControlMessage, Message};

const NLM_F_REQUEST: u16 = libc::NLM_F_REQUEST as u16;

/// Number of requests, and of senders, that are remembered: a reply follows its request within a few
/// packets.
const REMEMBERED: usize = 256;

/// Who sent a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    Kernel,
    Program,
    /// The packet is a request or a notification that repeats one.
    InDoubt,
}

/// The requests of a capture so far.
#[derive(Default)]
pub(super) struct Direction {
    requests: VecDeque<RequestId>,
    /// Port ids of programs that set `nlmsg_pid` in their requests. iproute2 does not.
    explicit: VecDeque<u32>,
}

/// What a request and its reply have in common: the object type (RTM_NEWNEXTHOP and RTM_GETNEXTHOP
/// have the same), the sequence number, and the port id, unless it is 0 in the request.
#[derive(Clone, Copy, PartialEq, Eq)]
struct RequestId {
    protocol: u16,
    object_type: u16,
    seq: u32,
    portid: u32,
}

impl Direction {
    /// Returns who sent a packet; `message` is the packet's first message.
    pub(super) fn sender(
        &mut self,
        protocol: &dyn Protocol,
        packet: &Packet<'_>,
        message: Option<&Message<'_>>,
    ) -> Sender {
        let by_type = match packet.packet_type {
            PACKET_KERNEL => Some(Sender::Program),
            PACKET_USER => Some(Sender::Kernel),
            _ => None,
        };
        let Some(message) = message else {
            return by_type.unwrap_or(Sender::InDoubt);
        };
        if let Some(control) = protocol.control(message) {
            self.learn_from_reply(control, message);
            return by_type.unwrap_or(Sender::Kernel);
        }
        if message.flags & NLM_F_REQUEST == 0 {
            return by_type.unwrap_or(Sender::Kernel);
        }
        let header = RequestHeader {
            kind: message.kind,
            flags: message.flags,
            seq: message.seq,
            portid: message.portid,
        };
        let id = RequestId {
            protocol: packet.protocol,
            object_type: message.kind / 4,
            seq: message.seq,
            portid: message.portid,
        };
        let sender = by_type.unwrap_or_else(|| match protocol.request_sender(&header) {
            RequestSender::Kernel => Sender::Kernel,
            RequestSender::Program => Sender::Program,
            RequestSender::Either => self.by_earlier_requests(id),
        });
        if sender != Sender::Kernel {
            remember(&mut self.requests, id);
            if sender == Sender::Program && id.portid != 0 {
                remember(&mut self.explicit, id.portid);
            }
        }
        sender
    }

    /// The sender of a message that only its order distinguishes from the request that it repeats.
    fn by_earlier_requests(&self, id: RequestId) -> Sender {
        // The kernel repeats the flags of a program's request only, and adds the program's port id.
        if id.portid == 0 {
            return Sender::Program;
        }
        let without_portid = RequestId { portid: 0, ..id };
        if self.requests.contains(&id) || self.requests.contains(&without_portid) {
            return Sender::Kernel;
        }
        match self.explicit.contains(&id.portid) {
            true => Sender::Program,
            false => Sender::InDoubt,
        }
    }

    /// An error or acknowledgement contains the request's header (`struct nlmsgerr`).
    fn learn_from_reply(&mut self, control: ControlMessage, message: &Message<'_>) {
        if !matches!(control, ControlMessage::Ack | ControlMessage::Error) {
            return;
        }
        let request = message.body.get(4..).and_then(Message::incomplete);
        if let Some(request) = request
            && request.portid != 0
        {
            remember(&mut self.explicit, request.portid);
        }
    }
}

fn remember<T: PartialEq>(list: &mut VecDeque<T>, item: T) {
    if list.contains(&item) {
        return;
    }
    if list.len() == REMEMBERED {
        list.pop_front();
    }
    list.push_back(item);
}

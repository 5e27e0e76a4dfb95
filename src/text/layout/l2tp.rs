//! Layouts of L2TP.

use super::mptcp::end;
use super::{Layout, PLAIN, Rest, field, text};
use crate::text::node::Fields;

pub(super) const TUNNEL: Layout = Layout {
    subject: |it| it.text("tunnel_id"),
    identity: &["tunnel_id"],
    items: &[
        field("encap", &["encap"]),
        text("", &["local", "local_port", "peer", "peer_port"], ends),
        field("peer_tunnel", &["peer_tunnel"]),
    ],
    rest: Rest::Changed,
    ..PLAIN
};

pub(super) const SESSION: Layout = Layout {
    subject: |it| {
        let (tunnel, session) = (it.text("tunnel_id")?, it.text("session_id")?);
        Some(format!("{session} tunnel {tunnel}"))
    },
    identity: &["tunnel_id", "session_id"],
    items: &[
        field("type", &["pw_type"]),
        field("interface", &["interface"]).always(),
        field("peer_session", &["peer_session_id"]),
        field("cookie", &["cookie"]),
        field("peer_cookie", &["peer_cookie"]),
    ],
    rest: Rest::Changed,
    ..PLAIN
};

pub(super) const EVENT: Layout = Layout {
    subject: |it| it.text("event"),
    identity: &["event"],
    items: &[
        field("tunnel", &["tunnel_id"]),
        field("session", &["session_id"]),
        field("encap", &["encap"]),
        text("", &["local", "local_port", "peer", "peer_port"], ends),
        field("type", &["pw_type"]),
        field("interface", &["interface"]),
    ],
    ..PLAIN
};

/// Both ends of a tunnel: `192.0.2.1:1701 > 192.0.2.2:1701`.
fn ends(it: &Fields) -> Option<String> {
    let (local, peer) = (
        end(it, "local", "local_port")?,
        end(it, "peer", "peer_port")?,
    );
    Some(format!("{local} > {peer}"))
}

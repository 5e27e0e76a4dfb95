//! Layout of Multipath TCP.

use super::{DEV, Layout, PLAIN, field};
use crate::text::node::Fields;

pub(super) const EVENT: Layout = Layout {
    subject: |it| {
        let mut words = vec![it.text("event")?];
        words.extend(it.text("token"));
        let ends = [end(it, "src", "sport"), end(it, "dst", "dport")];
        let ends: Vec<_> = ends.into_iter().flatten().collect();
        if !ends.is_empty() {
            words.push(ends.join(" > "));
        }
        Some(words.join(" "))
    },
    identity: &["event", "token", "family", "src", "sport", "dst", "dport"],
    items: &[DEV, field("backup", &["backup"]).unless("off")],
    ..PLAIN
};

/// An address and its port, as `ss` writes them: `192.0.2.1:80`, `[2001:db8::1]:80`.
pub(super) fn end(it: &Fields, address: &str, port: &str) -> Option<String> {
    let address = it.text(address)?;
    Some(match it.text(port) {
        Some(port) if address.contains(':') => format!("[{address}]:{port}"),
        Some(port) => format!("{address}:{port}"),
        None => address,
    })
}

//! Generic netlink families.

use std::fmt::{self, Display};

use super::escape::EscapingWriter;
use crate::event::ctrl::{GenlFamily, McastGroups};
use crate::event::{Event, Op, Payload};

/// The names of multicast groups, separated by commas; `none` if there are none.
struct Names<'a>(&'a McastGroups);

impl Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (at, group) in self.0.iter().enumerate() {
            let separator = if at > 0 { "," } else { "" };
            write!(f, "{separator}{}", group.name)?;
        }
        Ok(())
    }
}

/// `<name> id <number> …`; of a change, the groups that came or went.
pub(super) fn family(
    out: &mut EscapingWriter<'_>,
    event: &Event,
    family: &GenlFamily,
) -> fmt::Result {
    out.subject(format_args!("{}", family.name))?;
    out.field("id", family.id)?;
    let old = match event.change.as_ref().map(|change| change.old()) {
        Some(Payload::GenlFamily(old)) if event.op == Op::Change => Some(old),
        _ => None,
    };
    if let Some(old) = old
        && old.mcast_groups != family.mcast_groups
    {
        return out.arrow(
            "groups",
            Names(&old.mcast_groups),
            Names(&family.mcast_groups),
        );
    }
    out.optional("version", &family.version)?;
    out.optional("ops", &family.ops.as_ref().map(Vec::len))?;
    match family.mcast_groups.is_empty() {
        true => Ok(()),
        false => out.field("groups", Names(&family.mcast_groups)),
    }
}

//! The types that only traffic control has: actions, the policer, extended matches.

use serde_json::{Value as Json, json};

use super::ematch;
use crate::kind::context::DecodeContext;
use crate::kind::route::tc::Action;
use crate::kind::route::tc::decode::ematch as matches;
use crate::kind::table::decode::Out;
use crate::kind::table::schema::object;
use crate::kind::table::value::Value;
use crate::kind::table::{Field, Hook, Type};
use crate::netlink::attr::AttrError;

/// The actions of a filter, which are a field of their own.
pub(super) const ACTIONS: Type = Type::Hook(&Hook {
    decode: actions,
    schema: || None,
});
/// The policer of a filter, one of its actions.
pub(super) const POLICE: Type = Type::Hook(&Hook {
    decode: police,
    schema: || None,
});
/// Extended matches, one attribute each.
pub(super) const MATCHES: Type = Type::Hook(&Hook {
    decode: matches,
    schema: || Some(matches_schema()),
});

fn actions(
    context: &mut DecodeContext<'_>,
    _: &'static Field,
    kind: u16,
    bytes: &[u8],
    out: &mut Out,
) -> Result<usize, AttrError> {
    let actions = context.within(kind, |context| Action::list(context, bytes))?;
    out.actions = Some(actions);
    Ok(bytes.len())
}

fn police(
    context: &mut DecodeContext<'_>,
    _: &'static Field,
    kind: u16,
    bytes: &[u8],
    out: &mut Out,
) -> Result<usize, AttrError> {
    let police = Action::police(context, kind, bytes)?;
    out.actions.get_or_insert_default().push(police);
    Ok(bytes.len())
}

fn matches(
    context: &mut DecodeContext<'_>,
    field: &'static Field,
    kind: u16,
    bytes: &[u8],
    out: &mut Out,
) -> Result<usize, AttrError> {
    let list = context.within(kind, |context| matches::list(context, bytes))?;
    out.options.put(field.name, Value::List(list));
    Ok(bytes.len())
}

fn matches_schema() -> Json {
    let object = object(&[ematch::HEADER, ematch::VALUE]);
    json!({ "type": "array", "items": object })
}

//! The kinds of objects and messages that a line can be about: the registry of kinds, and for each
//! kind its payload, fields and key in a file of its own. The doc comments of the payloads become
//! the schema's descriptions.

pub mod attributes;
pub mod audit;
pub mod by;
pub mod conntrack;
pub mod context;
pub mod fields;
pub mod genl;
mod id;
pub mod interned;
pub mod kind_set;
pub mod kinds;
pub mod meta;
pub mod nft;
mod nl;
pub mod object;
mod op;
pub mod property;
pub mod range;
pub mod route;
pub mod scope;
pub mod spec;
pub mod table;
pub mod wire;
pub mod xfrm;

pub use by::By;
pub use context::Unparsed;
pub use kinds::{Kind, Payload};
pub use nl::{Nl, NlFlags, NlProto, NlType};
pub use object::Change;
pub use op::{Op, Origin};

use attributes::{AttrDecl, Attributes as _};

/// Calls `each` with the declared attributes that are in the tree of no kind: those of a nest that
/// is decoded by hand, or that is chosen by a name (`IFLA_INFO_KIND`).
pub fn declared_elsewhere(each: &mut dyn FnMut(&'static [AttrDecl])) {
    route::link::declared(each);
    each(route::tc::Stats::ATTRS);
}

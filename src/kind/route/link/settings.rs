//! How `IFLA_INFO_DATA` becomes the settings of a device type.

use crate::kind::attributes::{AttrDecl, Attributes, FromAttr as _};
use crate::kind::context::DecodeContext;
use crate::netlink::attr::{Attr, AttrError};

/// The settings of a device type, or of several that share them.
pub(super) trait Settings: Sized {
    /// The attributes, by set.
    const SETS: &'static [&'static [AttrDecl]];

    /// Decodes the `IFLA_INFO_DATA` of a device whose `IFLA_INFO_KIND` is `kind`.
    ///
    /// # Errors
    /// [`AttrError::Depth`] if `attr` is nested too deep.
    fn decode(
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
        kind: &str,
    ) -> Result<Self, AttrError>;
}

impl<T: Attributes + Default> Settings for T {
    const SETS: &'static [&'static [AttrDecl]] = &[T::ATTRS];

    fn decode(
        context: &mut DecodeContext<'_>,
        attr: &Attr<'_>,
        _kind: &str,
    ) -> Result<Self, AttrError> {
        T::from_attr(context, attr)
    }
}

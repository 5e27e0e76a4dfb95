//! placeholder
use crate::input::*;
/// p
pub struct Reader;
/// p
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct Error;
impl Reader {
    /// p
    pub fn open(_: &std::path::Path) -> Result<Self, Error> {
        Ok(Reader)
    }
    /// p
    pub fn header(&self) -> Option<&Header> {
        None
    }
    /// p
    pub fn next(&mut self) -> Result<Option<Input<'_>>, Error> {
        Ok(None)
    }
}

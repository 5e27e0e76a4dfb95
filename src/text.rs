//! placeholder
use crate::event::Event;
/// placeholder
pub fn write_sentence(_: &Event, _: &mut String) {}
/// placeholder
pub fn write_line(_: &Event, _: &jiff::tz::TimeZone, _: bool, _: &mut Vec<u8>) {}

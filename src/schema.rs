//! placeholder
/// p
pub fn text() -> String {
    String::new()
}

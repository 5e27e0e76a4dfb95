//! Value types of payload fields. Small, mostly `Copy`; each serializes as one JSON type.

mod bytes;
mod flags;
mod ll_addr;
mod symbol;
mod time;

pub use bytes::{Hex, IfName, Prefix, PrefixText, Text, hex_unless_utf8};
pub use flags::{FlagNames, Flags};
pub use ll_addr::LlAddr;
pub use symbol::{Symbol, Word};
pub use time::Time;

/// Gives a type the schema of a plain JSON string.
macro_rules! string_schema {
    ($type:ty, $name:literal, $($extra:tt)*) => {
        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", $($extra)* })
            }
        }
    };
}

pub(crate) use string_schema;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    fn json(value: &impl Serialize) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn flags_without_a_name_come_last() {
        let flags = Flags::new(0b1101, &[(1, "A"), (2, "B"), (4, "C")]);
        assert_eq!(json(&flags), r#"["A","C","0x8"]"#);
        assert!(flags.has("A") && !flags.has("B"));
    }

    #[test]
    fn a_prefix_is_written_as_it_is_displayed() {
        for byte in 0..=255 {
            let prefix = Prefix {
                address: [byte, 255 - byte, byte / 2, byte / 3].into(),
                length: byte,
            };
            assert_eq!(json(&prefix), format!("\"{prefix}\""));
        }
    }

    #[test]
    fn a_name_that_is_not_utf8_is_shown_lossily_and_kept_in_hex() {
        let name = IfName::new(b"v\xff\"").unwrap();
        assert_eq!(json(&name), "\"v\u{fffd}\\\"\"");
        assert_eq!(json(&name.hex()), r#""76ff22""#);
        assert_eq!(IfName::new(b"veth0").unwrap().hex(), None);
        assert_eq!(IfName::new(&[b'a'; 16]), None);
    }

    #[test]
    fn a_link_layer_address_of_a_tunnel_is_an_ip_address() {
        let address = LlAddr::new(&[10, 0, 0, 1]).unwrap();
        assert_eq!(address.to_string(), "0a:00:00:01");
        assert_eq!(address.on(libc::ARPHRD_IPGRE).to_string(), "10.0.0.1");
        assert_eq!(LlAddr::new(&[]).unwrap().to_string(), "");
    }
}

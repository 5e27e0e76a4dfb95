//! serde → JSON, as serde_json writes it, for what is written a million times: field names are
//! plain words that need no escaping, and most texts have nothing to escape.

use std::fmt::{self, Write as _};

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::Error;

/// Appends a value as JSON.
///
/// # Errors
/// Those of the value's own [`Serialize`]; a map whose keys are no strings.
pub fn write(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
    value.serialize(&mut Json(out))
}

/// The serializer.
pub struct Json<'o>(&'o mut Vec<u8>);

/// A list or an object that has begun. Every entry has a comma behind it; that of the last becomes
/// the closing bracket.
pub struct Open<'a, 'o> {
    json: &'a mut Json<'o>,
    close: &'static [u8],
}

/// Is there anything in that text that JSON wants escaped?
#[inline]
fn is_plain(text: &[u8]) -> bool {
    const EACH: u64 = u64::MAX / 0xff;
    const HIGH: u64 = EACH * 0x80;
    // Eight bytes at once: a byte of the result has its high bit set where `is` is below `limit`,
    // which the borrow of a lower byte may set too where a byte is odd anyway.
    let below = |is: u64, limit: u8| is.wrapping_sub(EACH * u64::from(limit)) & !is;
    let odd = |eight: &[u8; 8]| {
        let is = u64::from_ne_bytes(*eight);
        let quote = is ^ (EACH * u64::from(b'"'));
        let backslash = is ^ (EACH * u64::from(b'\\'));
        (below(is, b' ') | below(quote, 1) | below(backslash, 1)) & HIGH != 0
    };
    let Some(last) = text.last_chunk() else {
        let odd = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
        return !text.iter().any(odd);
    };
    let (eights, _) = text.as_chunks();
    !eights.iter().chain([last]).any(odd)
}

impl Json<'_> {
    #[inline]
    fn text(&mut self, text: &str) {
        self.0.reserve(text.len() + 2);
        self.0.push(b'"');
        self.piece(text);
        self.0.push(b'"');
    }

    /// A piece of a string.
    #[inline]
    fn piece(&mut self, text: &str) {
        if is_plain(text.as_bytes()) {
            self.0.extend_from_slice(text.as_bytes());
        } else {
            self.escape(text);
        }
    }

    #[cold]
    fn escape(&mut self, text: &str) {
        for byte in text.bytes() {
            let short = match byte {
                b'"' => b'"',
                b'\\' => b'\\',
                b'\n' => b'n',
                b'\r' => b'r',
                b'\t' => b't',
                0x08 => b'b',
                0x0c => b'f',
                0..b' ' => {
                    let digits = b"0123456789abcdef";
                    let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
                    self.0.extend_from_slice(b"\\u00");
                    self.0.extend_from_slice(&[digits[high], digits[low]]);
                    continue;
                }
                _ => {
                    self.0.push(byte);
                    continue;
                }
            };
            self.0.extend_from_slice(&[b'\\', short]);
        }
    }

    #[inline]
    fn integer(&mut self, value: impl itoa::Integer) {
        let mut buffer = itoa::Buffer::new();
        self.0.extend_from_slice(buffer.format(value).as_bytes());
    }

    /// A field's name, which is a Rust name.
    #[inline]
    fn key(&mut self, key: &'static str) {
        self.0.reserve(key.len() + 3);
        self.0.push(b'"');
        self.0.extend_from_slice(key.as_bytes());
        self.0.extend_from_slice(b"\":");
    }
}

impl fmt::Write for Json<'_> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.piece(text);
        Ok(())
    }
}

/// Serializer methods of the types that are written in one piece.
macro_rules! integers {
    ($($method:ident($type:ty)),+) => {
        $(#[inline]
        fn $method(self, value: $type) -> Result<(), Error> {
            self.integer(value);
            Ok(())
        })+
    };
}

impl<'a, 'o> Serializer for &'a mut Json<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Open<'a, 'o>;
    type SerializeTuple = Open<'a, 'o>;
    type SerializeTupleStruct = Open<'a, 'o>;
    type SerializeTupleVariant = Open<'a, 'o>;
    type SerializeMap = Open<'a, 'o>;
    type SerializeStruct = Open<'a, 'o>;
    type SerializeStructVariant = Open<'a, 'o>;

    integers! {
        serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64)
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        let word: &[u8] = if value { b"true" } else { b"false" };
        self.0.extend_from_slice(word);
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        serde_json::to_writer(&mut *self.0, &value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        serde_json::to_writer(&mut *self.0, &value)
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.text(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.text(value);
        Ok(())
    }

    #[inline]
    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.0.push(b'"');
        write!(self, "{value}").map_err(Error::custom)?;
        self.0.push(b'"');
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        // A Rust name, or a word that is like one.
        self.0.reserve(variant.len() + 2);
        self.0.push(b'"');
        self.0.extend_from_slice(variant.as_bytes());
        self.0.push(b'"');
        Ok(())
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut map = self.serialize_map(Some(1))?;
        SerializeMap::serialize_entry(&mut map, variant, value)?;
        SerializeMap::end(map)
    }

    #[inline]
    fn serialize_seq(self, _: Option<usize>) -> Result<Open<'a, 'o>, Error> {
        self.0.push(b'[');
        Ok(Open {
            json: self,
            close: b"]",
        })
    }

    fn serialize_tuple(self, length: usize) -> Result<Open<'a, 'o>, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Open<'a, 'o>, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'a, 'o>, Error> {
        self.0.push(b'{');
        self.key(variant);
        self.0.push(b'[');
        Ok(Open {
            json: self,
            close: b"]}",
        })
    }

    #[inline]
    fn serialize_map(self, _: Option<usize>) -> Result<Open<'a, 'o>, Error> {
        self.0.push(b'{');
        Ok(Open {
            json: self,
            close: b"}",
        })
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Open<'a, 'o>, Error> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'a, 'o>, Error> {
        self.0.push(b'{');
        self.key(variant);
        self.0.push(b'{');
        Ok(Open {
            json: self,
            close: b"}}",
        })
    }
}

impl Open<'_, '_> {
    #[inline]
    fn entry<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self.json)?;
        self.json.0.push(b',');
        Ok(())
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        self.json.key(key);
        self.entry(value)
    }

    #[inline]
    fn close(self) -> Result<(), Error> {
        // A bracket is no comma, so an empty one stays as it is.
        if self.json.0.last() == Some(&b',') {
            self.json.0.pop();
        }
        self.json.0.extend_from_slice(self.close);
        Ok(())
    }
}

/// The traits of lists: their one method has several names.
macro_rules! lists {
    ($($trait:ident::$method:ident),+) => {
        $(impl $trait for Open<'_, '_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.entry(value)
            }

            #[inline]
            fn end(self) -> Result<(), Error> {
                self.close()
            }
        })+
    };
}

lists! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
}

/// The traits of structures.
macro_rules! structures {
    ($($trait:ident),+) => {
        $(impl $trait for Open<'_, '_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.field(key, value)
            }

            #[inline]
            fn end(self) -> Result<(), Error> {
                self.close()
            }
        })+
    };
}

structures! { SerializeStruct, SerializeStructVariant }

impl SerializeMap for Open<'_, '_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let start = self.json.0.len();
        key.serialize(&mut *self.json)?;
        if self.json.0.get(start) != Some(&b'"') {
            return Err(Error::custom("the key of a map is no text"));
        }
        self.json.0.push(b':');
        Ok(())
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.entry(value)
    }

    #[inline]
    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;

    use super::*;

    fn json(value: &impl Serialize) -> String {
        let mut out = Vec::new();
        write(&mut out, value).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[derive(Serialize)]
    enum Variant {
        Unit,
        Newtype(u8),
        Tuple(i8, bool),
        Struct { a: Option<u8>, b: Option<u8> },
    }

    #[derive(Serialize)]
    struct Newtype(f32);

    #[derive(Serialize)]
    struct Everything {
        integers: (i8, i16, i32, i64, u8, u16, u32, u64),
        fractions: [f64; 4],
        newtype: Newtype,
        texts: Vec<&'static str>,
        char: char,
        unit: (),
        empty: [u8; 0],
        none: BTreeMap<String, u8>,
        map: BTreeMap<&'static str, Vec<u8>>,
        variants: Vec<Variant>,
        displayed: std::net::Ipv6Addr,
    }

    #[test]
    fn it_is_what_serde_json_writes() {
        let odd: String = (0..=0x100).filter_map(char::from_u32).collect();
        let everything = Everything {
            integers: (
                i8::MIN,
                i16::MIN,
                i32::MIN,
                i64::MIN,
                u8::MAX,
                u16::MAX,
                u32::MAX,
                u64::MAX,
            ),
            fractions: [0.0, -1.5, 1e300, f64::NAN],
            newtype: Newtype(0.1),
            texts: vec!["", "plain", "a \"quote\"", "\u{2028}", String::leak(odd)],
            char: '"',
            unit: (),
            empty: [],
            none: BTreeMap::new(),
            map: [("a", vec![1, 2]), ("b\n", vec![])].into(),
            variants: vec![
                Variant::Unit,
                Variant::Newtype(1),
                Variant::Tuple(-1, false),
                Variant::Struct {
                    a: None,
                    b: Some(1),
                },
            ],
            displayed: std::net::Ipv6Addr::LOCALHOST,
        };
        let expected = serde_json::to_string(&everything).unwrap();
        assert_eq!(json(&everything), expected);
    }

    #[test]
    fn every_byte_is_plain_or_not_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            for (length, at) in (1..20).flat_map(|n| (0..n).map(move |at| (n, at))) {
                for others in [b'a', b' ', b'#', 0x80, 0xff] {
                    let mut text = vec![others; length];
                    text[at] = byte;
                    let plain = byte >= b' ' && byte != b'"' && byte != b'\\';
                    assert_eq!(is_plain(&text), plain, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn a_key_is_a_text() {
        let map = BTreeMap::from([(1, 2)]);
        assert!(write(&mut Vec::new(), &map).is_err());
    }
}

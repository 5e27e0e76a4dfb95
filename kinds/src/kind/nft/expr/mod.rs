//! Expressions, of which rules consist, and the data of named objects: read by tables.

mod registers;
mod tables;

use serde::{Serialize, Serializer};

use serde_json::{Value as Json, json};
use serde_with::skip_serializing_none;

use crate::json::JsonSchema;
use crate::kind::context::DecodeContext;
use crate::kind::table::decode::{self, Out};
#[cfg(feature = "schema")]
use crate::kind::table::schema::object;
use crate::kind::table::value::{Options, Value};
use crate::kind::table::{Field, Hook};
use crate::netlink::attr::{Attr, AttrError};
use crate::value::{Hex, Symbol, Text};
use registers::Registers;
pub(super) use tables::DIRECTIONS;

pub(super) const NFTA_DATA_VALUE: u16 = 1;
pub(super) const NFTA_DATA_VERDICT: u16 = 2;
const NFTA_LIST_ELEM: u16 = 1;
const NFTA_EXPR_NAME: u16 = 1;
const NFTA_EXPR_DATA: u16 = 2;
const NFTA_VERDICT_CODE: u16 = 1;
const NFTA_VERDICT_CHAIN: u16 = 2;

/// An expression: the kernel's name, the name in lines, and its attributes.
#[derive(Debug)]
struct Expression {
    name: &'static str,
    json: &'static str,
    fields: &'static [Field],
}

/// Expressions in order: objects with one field, which has the name of the expression.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expressions(Vec<Options>);

impl Serialize for Expressions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

/// Field of an expression that has no attributes.
const PRESENT: Value = Value::Yes(true);
/// Field of an expression that this version does not know.
const UNKNOWN: &str = "unknown";

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Expressions {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NftExpressions".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut properties = serde_json::Map::new();
        for expression in tables::EXPRESSIONS {
            let mut schema = match expression.fields {
                [] => json!({ "type": "boolean" }),
                fields => object(&[fields]),
            };
            schema["description"] =
                format!("Expression `{}` of the kernel.", expression.name).into();
            properties.insert(expression.json.to_owned(), schema);
        }
        for (_, name) in tables::VERDICTS {
            let schema = match is_to_chain(name) {
                true => json!({
                    "type": "object",
                    "properties": { "target": { "type": "string", "description": "Name of the chain." } },
                    "description": "Verdict: the rules of a chain come next.",
                }),
                false => json!({ "type": "boolean", "description": "Verdict." }),
            };
            properties.insert((*name).to_owned(), schema);
        }
        let unknown = json!({
            "type": "object",
            "properties": {
                "name": { "type": "string", "description": "Name of the expression." },
                "hex": { "type": "string", "description": "Its attributes." },
            },
            "description": "An expression that this version does not know.",
        });
        properties.insert(UNKNOWN.to_owned(), unknown);
        schemars::json_schema!({
            "type": "array",
            "description": "Expressions in order: each has one field, with the name of the expression.",
            "items": { "type": "object", "properties": properties },
        })
    }
}

/// Reads a list of expressions.
pub(super) fn read(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<Expressions, AttrError> {
    let mut list = Vec::new();
    let mut registers = Registers::default();
    context.nested(attr, |context, attr| match attr.kind {
        NFTA_LIST_ELEM => {
            list.push(expression(context, attr.kind, attr.value)?);
            registers.follow(&mut list);
            Ok(())
        }
        _ => Err(AttrError::Unknown),
    })?;
    Ok(Expressions(list))
}

/// Reads an attribute that is one expression.
pub(super) fn read_one(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<Expressions, AttrError> {
    let expression = expression(context, attr.kind, attr.value)?;
    Ok(Expressions(vec![expression]))
}

/// Reads the attributes of an expression (`NFTA_EXPR_*`).
fn expression(
    context: &mut DecodeContext<'_>,
    kind: u16,
    bytes: &[u8],
) -> Result<Options, AttrError> {
    let (mut name, mut data) = (None, &[][..]);
    context.within(kind, |context| {
        context.each(bytes, |_, attr| {
            match attr.kind {
                NFTA_EXPR_NAME => name = Some(attr.bytes_z()),
                NFTA_EXPR_DATA => data = attr.value,
                _ => return Err(AttrError::Unknown),
            }
            Ok(())
        });
        let name = name.ok_or(AttrError::Length)?;
        let mut known = tables::EXPRESSIONS.iter();
        let Some(known) = known.find(|it| it.name.as_bytes() == name) else {
            let name = String::from_utf8_lossy(name).into_owned();
            let hex = Hex(data.into()).to_string();
            let fields = vec![("name", Value::Text(name)), ("hex", Value::Text(hex))];
            let unknown = Value::Options(Options(fields));
            return Ok(Options(vec![(UNKNOWN, unknown)]));
        };
        let fields = decode::nest(context, known.fields, NFTA_EXPR_DATA, data)?;
        Ok(named(known, fields))
    })?
}

/// The expression with these fields, in the words of `nft -j`.
fn named(known: &Expression, mut fields: Options) -> Options {
    if let Some(Value::Options(verdict)) = fields.take(VERDICT) {
        return verdict;
    }
    match known.name {
        "match" | "target" => {
            let kind = Value::Text(known.name.to_owned());
            fields.0.insert(0, ("type", kind));
        }
        _ => {}
    }
    let value = match known.fields {
        [] => PRESENT,
        _ => Value::Options(fields),
    };
    Options(vec![(known.json, value)])
}

/// Field that a verdict has in the attributes of an expression, until it becomes the expression.
const VERDICT: &str = "verdict";

/// A value of registers: bytes as hexadecimal text; a verdict as the expression that it is.
const DATA: Hook = Hook {
    decode: data,
    schema: || Some(json!({ "type": "string" })),
};

fn data(
    context: &mut DecodeContext<'_>,
    field: &'static Field,
    kind: u16,
    bytes: &[u8],
    out: &mut Out,
) -> Result<usize, AttrError> {
    let mut value = None;
    context.within(kind, |context| {
        context.each(bytes, |context, attr| {
            value = Some(match attr.kind {
                NFTA_DATA_VALUE => (field.name, Value::Text(Hex(attr.value.into()).to_string())),
                NFTA_DATA_VERDICT => (
                    VERDICT,
                    Value::Options(verdict(context, &attr)?.expression()),
                ),
                _ => return Err(AttrError::Unknown),
            });
            Ok(())
        });
    })?;
    if let Some((name, value)) = value {
        out.options.put(name, value);
    }
    Ok(bytes.len())
}

/// A list of expressions inside an expression.
const INNER_LIST: Hook = Hook {
    decode: inner_list,
    schema: inner_schema,
};
/// An expression inside an expression.
const INNER: Hook = Hook {
    decode: inner,
    schema: inner_schema,
};

fn inner_schema() -> Option<Json> {
    let item =
        json!({ "type": "object", "description": "An expression, as in the list around it." });
    Some(json!({ "type": "array", "items": item }))
}

fn inner_list(
    context: &mut DecodeContext<'_>,
    field: &'static Field,
    kind: u16,
    bytes: &[u8],
    out: &mut Out,
) -> Result<usize, AttrError> {
    let attr = Attr { kind, value: bytes };
    let list = read(context, &attr)?;
    out.options.put(field.name, Value::List(list.0));
    Ok(bytes.len())
}

fn inner(
    context: &mut DecodeContext<'_>,
    field: &'static Field,
    kind: u16,
    bytes: &[u8],
    out: &mut Out,
) -> Result<usize, AttrError> {
    let inner = expression(context, kind, bytes)?;
    out.options.put(field.name, Value::List(vec![inner]));
    Ok(bytes.len())
}

/// What is decided about a packet (`NFTA_VERDICT_*`).
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Verdict {
    /// `accept`, `drop`, `queue`, `jump`, `goto`, `return`, `continue`, `break`.
    pub code: Symbol,
    /// Name of the chain of `jump` and `goto`.
    pub target: Option<Text>,
}

#[cfg(feature = "schema")]
fn is_to_chain(verdict: &str) -> bool {
    matches!(verdict, "jump" | "goto")
}

impl Verdict {
    /// The verdict as an expression.
    fn expression(self) -> Options {
        let Symbol::Known(name) = self.code else {
            let fields = vec![("name", Value::Text(self.code.to_string()))];
            return Options(vec![(UNKNOWN, Value::Options(Options(fields)))]);
        };
        let value = match self.target {
            Some(target) => {
                let target = Value::Text(target.to_string());
                Value::Options(Options(vec![("target", target)]))
            }
            None => PRESENT,
        };
        Options(vec![(name, value)])
    }
}

/// Reads a verdict.
pub(super) fn verdict(
    context: &mut DecodeContext<'_>,
    attr: &Attr<'_>,
) -> Result<Verdict, AttrError> {
    let (mut code, mut target) = (None, None);
    context.nested(attr, |_, attr| {
        match attr.kind {
            NFTA_VERDICT_CODE => code = Some(attr.be32()?),
            NFTA_VERDICT_CHAIN => target = Some(Text(attr.bytes_z().into())),
            _ => return Err(AttrError::Unknown),
        }
        Ok(())
    })?;
    let code = code.ok_or(AttrError::Length)?;
    let code = match Symbol::of(code, tables::VERDICTS) {
        // NF_VERDICT_MASK: the upper bits are the number of a queue.
        Symbol::Number(number) if number >> 31 == 0 => Symbol::of(number & 0xff, tables::VERDICTS),
        name => name,
    };
    Ok(Verdict { code, target })
}

/// Settings and counters of a named object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectData {
    options: Options,
    /// Name of the type, for the counters.
    of: &'static str,
}

impl ObjectData {
    /// Reads the data of an object of that type.
    pub(super) fn read(
        context: &mut DecodeContext<'_>,
        of: &Symbol,
        attr: &Attr<'_>,
    ) -> Result<Self, AttrError> {
        let mut known = tables::OBJECTS.iter();
        let (of, fields) = known
            .find(|(name, _)| of.is(name))
            .ok_or(AttrError::Unknown)?;
        let options = decode::nest(context, fields, attr.kind, attr.value)?;
        Ok(ObjectData { options, of })
    }

    /// Copies from `old` what packets change.
    pub(super) fn copy_counters(&mut self, old: &Self) {
        copy(self.of, &mut self.options, &old.options);
    }
}

impl Serialize for ObjectData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.options.serialize(serializer)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for ObjectData {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NftObjectData".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let tables: Vec<_> = tables::OBJECTS.iter().map(|(_, fields)| *fields).collect();
        schemars::json_schema!({
            "type": "object",
            "description": "Settings and counters. The fields depend on `type`.",
            "properties": object(&tables)["properties"],
        })
    }
}

/// The fields of an expression, or of the data of an object, that packets change.
fn counters(name: &str) -> &'static [&'static str] {
    match name {
        "counter" => &["packets", "bytes"],
        // The flag `depleted`.
        "quota" => &["used", "flags"],
        "last" => &["set", "msecs"],
        _ => &[],
    }
}

fn copy(name: &str, new: &mut Options, old: &Options) {
    for field in counters(name) {
        if let (Some(new), Some(old)) = (new.get_mut(field), old.get(field)) {
            *new = old.clone();
        }
    }
}

/// Copies from `old`, the former expressions, what packets change.
pub(super) fn copy_counters(new: &mut Option<Expressions>, old: &Option<Expressions>) {
    let (Some(new), Some(old)) = (new, old) else {
        return;
    };
    for (new, old) in new.0.iter_mut().zip(&old.0) {
        if let ([(name, Value::Options(new))], [(other, Value::Options(old))]) =
            (&mut new.0[..], &old.0[..])
            && name == other
        {
            copy(name, new, old);
        }
    }
}

#[cfg(test)]
mod tests;

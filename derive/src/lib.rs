//! Derive macros for the kinds of nlstream, each of which is declared by one struct.
//!
//! * [`macro@Attributes`] decodes the netlink attributes that `#[nla(…)]` declares on the fields of
//!   a struct, and lists them.
//! * [`macro@State`] compares payloads field by field, identifies the object and gives access to the
//!   devices that it names, by `#[state(…)]`.
//! * [`macro@Object`] does only the last of these, for a message that is no state.
//!
//! The generated code refers to modules of nlstream by `crate::`: the macros are of no use to other
//! crates.

mod attributes;
mod properties;
mod state;

use proc_macro::TokenStream;
use syn::{Data, DeriveInput, Error, Field, Fields, parse_macro_input};

/// Implements `nlstream::kind::attributes::Attributes`.
///
/// A field that is an attribute has `#[nla(NAME = number)]`, where `NAME` is the constant of the
/// kernel's header. An attribute inside another one whose content belongs to the same struct is
/// `#[nla(OUTER / NAME = number)]`, where `OUTER` is a `nest` of the struct. These options may
/// follow, separated by commas:
///
/// | option | meaning |
/// |---|---|
/// | `details` | without `--with details` the attribute is skipped unread |
/// | `volatile` | the value changes with time and without an event; read by `State` and `Object` |
/// | `nonzero` | of an `Option`: zero stands for no value, the field becomes `None` |
/// | `optional` | of an `Option`, with `map` or `with`: the function returns the `Option` |
/// | `wire = READER` | read by that method of `Attr` (`u8`, `be16`, `uint`, …) |
/// | `names(READER, TABLE)` | the `Symbol` of the number in a table of constants |
/// | `names(READER, table = FIELD)` | the `Symbol` by the names of the machine, `context.names.FIELD` |
/// | `flags(READER, TABLE)` | `Flags` with the names of the table |
/// | `map(READER, F)` | `F(value)`, where `value` is what the reader returns |
/// | `with = F` | `F(context, attr)`, a `Result<T, AttrError>`; `F` is a path |
/// | `entry(NAME = number)` | a list (`Vec<T>`) whose entries all have that number; by default an entry may have any number |
/// | `present` | `true` if the attribute exists, whatever its value |
///
/// A field with `#[nla(flatten)]` is a struct (or an `Option` of one) whose attributes are in the same
/// list as those of the outer struct.
///
/// Without `wire`, `names`, `flags`, `map`, `with`, `entry` and `present`, of which a field has one
/// at most, the type of the field decides (`FromAttr`). A type that derives `Attributes` is a nest.
/// A field of type `Option<T>` becomes `Some`.
///
/// The struct may have `#[nla(…)]` with any of these options:
///
/// | option | meaning |
/// |---|---|
/// | `nest(NAME = number, …)` | an attribute that contains those declared as `NAME / INNER = number` |
/// | `skip(NAME = number, …)` | known and ignored |
/// | `custom(NAME = number => F, …)` | `F(&mut self, context, attr)`, a `Result<(), AttrError>`; `F` is a path |
/// | `by_caller(NAME = number, …)` | declared, but decoded by the caller |
///
/// Each may be inside a nest (`OUTER / NAME = number`), except for `by_caller`. The number of each,
/// except for `skip`, is the constant `Self::NAME`.
///
/// A struct may be filled from several sets of attributes, each with its own numbers: a tunnel from
/// `IFLA_GRE_*` or `IFLA_IPTUN_*`. An `#[nla(in SET, …)]`, on the struct or on a field, declares
/// attributes of that set; a field may have one for each set. `SET` is a type in scope; the struct
/// implements `Attributes<SET>`, and `Attributes<()>` for the attributes without a set.
#[proc_macro_derive(Attributes, attributes(nla))]
pub fn attributes(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    attributes::expand(&input)
        .unwrap_or_else(|error| attributes::stub(&input.ident, &error))
        .into()
}

/// Implements `Fields`, `Object`, `Properties` and, if the struct has a key, `Keyed`.
///
/// The struct may have `#[state(…)]` with any of these options:
///
/// | option | meaning |
/// |---|---|
/// | `key(FIELD, …)` | the fields that identify the object |
/// | `key_except(FIELD, …)` | every field but these identifies the object |
/// | `device(INDEX, NAME)` | the device that the object belongs to: the fields of its index (`u32` or `Option<u32>`) and of its name |
/// | `is_device(INDEX, NAME)` | instead of `device`: the object is that device, its messages have its name |
/// | `names_device(INDEX, NAME)` | another device that the object names; repeatable |
/// | `names_devices = F` | `F(&mut self, name)` gives further devices to `name`; `F` is a path |
/// | `property(PROPERTY = FIELD)` | a field with another name that is this property for filters (`kind::property`): `family`, `table`, `protocol`, `type`, `state`; repeatable |
/// | `no_property(FIELD, …)` | fields with the name of a property that mean something else |
/// | `prefix(FIELD)`, `prefix(FIELD, LENGTH)` | an address or prefix that the object is about, for filters, and the field with the length of the prefix; repeatable |
/// | `copy_volatile = F` | `F(&mut self, &old)` copies the volatile values within fields; `F` is a path |
/// | `copy_volatile_if = F` | a dump entry for which `F(&self, &old)` is false keeps its volatile values: it has a line; `F` is a path |
///
/// Without a key `Keyed` has to be implemented by hand.
///
/// A field may have `#[state(volatile)]`, or `volatile` in its `#[nla]`: its value changes with time
/// and without an event. `#[state(transient)]` on an `Option`: its value describes the event and not
/// the object; it is in the line of its event, but neither in the stored object nor in `changed`,
/// and the schema lists it in `x-transient`. `#[state(names_devices)]` on an `Option` or `Vec`: its
/// elements name devices (`for_each_device`). `#[state(properties)]`: its properties, or those of its
/// elements, are properties of the object. Every field of type `IfName` is a device for filters.
#[proc_macro_derive(State, attributes(nla, state))]
pub fn state(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    state::expand(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

/// Implements `Object` and `Properties`, by those options of [`macro@State`] that name
/// devices and properties.
#[proc_macro_derive(Object, attributes(nla, state))]
pub fn object(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    state::expand_object(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

/// Stands for `schemars::JsonSchema` where the schema is not generated: implements nothing.
#[proc_macro_derive(NoSchema, attributes(schemars, serde))]
pub fn no_schema(_: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// The fields of a struct with named fields.
///
/// # Errors
/// If `input` is anything else.
fn named_fields(input: &DeriveInput) -> syn::Result<impl Iterator<Item = &Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields.named.iter()),
            other => Err(Error::new_spanned(other, "expected named fields")),
        },
        _ => Err(Error::new_spanned(&input.ident, "expected a struct")),
    }
}

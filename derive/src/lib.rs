//! Derive macros for the kinds of nlstream.
//!
//! * `#[derive(Attributes)]`: decodes the netlink attributes that `#[nla(…)]` declares on the
//!   fields of a struct, and lists them (`ATTRS`).
//! * `#[derive(State)]`: compares payloads field by field (`Fields`), identifies the object
//!   (`Keyed`) and gives access to the devices that it names (`Object`), by `#[state(…)]`.
//! * `#[derive(Object)]`: only the last of these, for a message that is no state.
//!
//! The options are described where they are parsed: `attributes.rs` and
//! `state.rs`.

mod attributes;
mod state;

use proc_macro::TokenStream;
use syn::{Data, DeriveInput, Error, Field, Fields, parse_macro_input};

/// Implements `nlstream::kind::attributes::Attributes`.
#[proc_macro_derive(Attributes, attributes(nla))]
pub fn attributes(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    attributes::expand(&input)
        .unwrap_or_else(|error| attributes::stub(&input.ident, &error))
        .into()
}

/// Implements `Fields`, `Object` and, where the struct has a `key`, `Keyed`.
#[proc_macro_derive(State, attributes(nla, state))]
pub fn state(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    state::expand(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

/// Implements `Object`.
#[proc_macro_derive(Object, attributes(nla, state))]
pub fn object(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    state::expand_object(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

/// The fields of a struct with named fields.
///
/// # Errors
/// For anything else.
fn named_fields(input: &DeriveInput) -> syn::Result<impl Iterator<Item = &Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields.named.iter()),
            other => Err(Error::new_spanned(other, "expected named fields")),
        },
        _ => Err(Error::new_spanned(&input.ident, "expected a struct")),
    }
}

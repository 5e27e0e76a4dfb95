//! `#[derive(Attributes)]`. Its options are described at the macro.

mod arm;
mod options;
#[cfg(test)]
mod tests;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{DeriveInput, Error};

use super::named_fields;
use arm::Arm;
pub use options::field_options;
use options::{Declared, Handled, StructOptions, struct_options};

/// A `match attr.kind` over these attributes.
///
/// # Errors
/// If two have the same number.
fn decode(all: &[Arm]) -> syn::Result<TokenStream> {
    let mut seen: Vec<&Declared> = Vec::new();
    let mut code = TokenStream::new();
    for arm in all {
        let Declared { name, number, .. } = &arm.declared;
        if let Some(other) = seen.iter().find(|other| other.number == *number) {
            let text = format!("`{name}` has the number of `{}`: {number}", other.name);
            return Err(Error::new(name.span(), text));
        }
        seen.push(&arm.declared);
        if let Some(body) = &arm.body {
            code.extend(quote!(#number => #body,));
        }
    }
    Ok(quote! {
        match attr.kind {
            #code
            _ => Err(crate::netlink::attr::AttrError::Unknown),
        }
    })
}

/// The declarations of these attributes, as elements of an array.
fn declarations(all: &[Arm]) -> TokenStream {
    let entries = all.iter().map(|arm| {
        let Declared { name, number, .. } = &arm.declared;
        let (name, inner) = (name.to_string(), &arm.inner);
        quote!(crate::kind::attributes::AttrDecl { name: #name, number: #number, inner: #inner })
    });
    quote!(#(#entries),*)
}

/// The error, and an implementation without attributes: a missing implementation would cause a
/// second error wherever the type is used.
pub fn stub(name: &Ident, error: &Error) -> TokenStream {
    let error = error.to_compile_error();
    let implementation = implementation(
        name,
        &TokenStream::new(),
        &quote!(Err(crate::netlink::attr::AttrError::Unknown)),
    );
    quote!(#error #implementation)
}

fn implementation(name: &Ident, declarations: &TokenStream, body: &TokenStream) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl crate::kind::attributes::Attributes for #name {
            const ATTRS: &'static [crate::kind::attributes::AttrDecl] = &[#declarations];

            #[inline]
            fn attribute(
                &mut self,
                context: &mut crate::kind::context::DecodeContext<'_>,
                attr: &crate::netlink::attr::Attr<'_>,
            ) -> Result<(), crate::netlink::attr::AttrError> {
                #body
            }
        }
    }
}

/// The attributes at one level: those inside the nest `outer`, or those of the struct itself. They
/// are taken out of `arms` and `nests`.
///
/// # Errors
/// If two attributes of one level have the same number.
fn level(
    outer: Option<&Ident>,
    arms: &mut Vec<Arm>,
    nests: &mut Vec<Declared>,
) -> syn::Result<Vec<Arm>> {
    let is_here = |declared: &Declared| declared.outer.as_ref() == outer;
    let mut level: Vec<_> = arms.extract_if(.., |arm| is_here(&arm.declared)).collect();
    let inside: Vec<_> = nests.extract_if(.., |nest| is_here(nest)).collect();
    for nest in inside {
        let inner = self::level(Some(&nest.name), arms, nests)?;
        let (decode, declarations) = (decode(&inner)?, declarations(&inner));
        level.push(Arm {
            declared: nest,
            body: Some(quote!(context.nested(attr, |context, attr| { let attr = &attr; #decode }))),
            inner: quote!(|| &[#declarations]),
        });
    }
    Ok(level)
}

/// The implementation of `Attributes`.
///
/// # Errors
/// If a declaration is malformed or contradicts another one.
pub fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let StructOptions { mut nests, others } = struct_options(input)?;
    let mut constants: TokenStream = nests.iter().map(constant).collect();
    let mut arms = Vec::new();
    for (declared, handled) in others {
        if !matches!(handled, Handled::Skipped) {
            constants.extend(constant(&declared));
        }
        arms.push(Arm::of_struct(declared, handled));
    }
    for field in named_fields(input)? {
        if let Some(options) = field_options(field)? {
            arms.push(Arm::of_field(field, options)?);
        }
    }
    let level = level(None, &mut arms, &mut nests)?;
    // What is left is inside no attribute of the struct.
    let left = arms.iter().map(|arm| &arm.declared).chain(&nests);
    if let Some(outer) = left.filter_map(|declared| declared.outer.as_ref()).next() {
        let text = match nests.iter().any(|nest| nest.name == *outer) {
            true => format!("the nest `{outer}` is inside no attribute of the struct"),
            false => format!("no `#[nla(nest({outer} = NUMBER))]` on the struct"),
        };
        return Err(Error::new(outer.span(), text));
    }
    let name = &input.ident;
    let implementation = implementation(name, &declarations(&level), &decode(&level)?);
    Ok(quote! {
        impl #name {
            #constants
        }

        #implementation
    })
}

/// The number of an attribute that functions of the struct or the caller decode.
fn constant(declared: &Declared) -> TokenStream {
    let Declared { name, number, .. } = declared;
    let doc = format!("The number of the attribute `{name}`.");
    quote! {
        #[doc = #doc]
        #[allow(dead_code)]
        pub(crate) const #name: u16 = #number;
    }
}

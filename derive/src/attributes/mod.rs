//! `#[derive(Attributes)]`. Its options are described at the macro.

mod arm;
mod options;
#[cfg(test)]
mod tests;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{DeriveInput, Error};

use arm::Arm;
pub use options::field_declarations;
use options::{Declared, Handled, Set};

/// A `match attr.kind` over these attributes; `otherwise` is its value for any other number.
///
/// # Errors
/// If two have the same number.
fn decode(all: &[Arm], otherwise: &TokenStream) -> syn::Result<TokenStream> {
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
            _ => #otherwise,
        }
    })
}

fn unknown() -> TokenStream {
    quote!(Err(crate::netlink::attr::AttrError::Unknown))
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
    let implementation = implementation(name, &quote!(()), &quote!(&[]), &unknown());
    quote!(#error #implementation)
}

fn implementation(
    name: &Ident,
    set: &TokenStream,
    declarations: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl crate::kind::attributes::Attributes<#set> for #name {
            const ATTRS: &'static [crate::kind::attributes::AttrDecl] = #declarations;

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
        let (decode, declarations) = (decode(&inner, &unknown())?, declarations(&inner));
        level.push(Arm {
            declared: nest,
            body: Some(quote!(context.nested(attr, |context, attr| { let attr = &attr; #decode }))),
            inner: quote!(|| &[#declarations]),
        });
    }
    Ok(level)
}

/// The implementations of `Attributes`, one for each set.
///
/// # Errors
/// If a declaration is malformed or contradicts another one.
pub fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let sets = options::sets(input)?.into_iter();
    sets.map(|set| expand_set(&input.ident, set)).collect()
}

fn expand_set(name: &Ident, set: Set<'_>) -> syn::Result<TokenStream> {
    let set_type = match &set.name {
        Some(name) => name.to_token_stream(),
        None => quote!(()),
    };
    let mut nests = set.nests;
    let mut constants: TokenStream = nests.iter().map(constant).collect();
    let mut arms = Vec::new();
    for (declared, handled) in set.others {
        if !matches!(handled, Handled::Skipped) {
            constants.extend(constant(&declared));
        }
        arms.push(Arm::of_struct(declared, handled));
    }
    for (field, options) in set.fields {
        arms.push(Arm::of_field(field, options)?);
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
    let own = declarations(&level);
    let (all, otherwise) = match &set.flattened[..] {
        [] => (quote!(&[#own]), unknown()),
        fields => flattened(fields, &set_type, level.len(), &own),
    };
    let implementation = implementation(name, &set_type, &all, &decode(&level, &otherwise)?);
    Ok(quote! {
        impl #name {
            #constants
        }

        #implementation
    })
}

/// The declarations of a set with those of flattened fields, and the code that decodes the latter.
fn flattened(
    fields: &[&syn::Field],
    set: &TokenStream,
    own_count: usize,
    own: &TokenStream,
) -> (TokenStream, TokenStream) {
    let (types, places): (Vec<_>, Vec<_>) =
        fields.iter().map(|field| arm::flattened(field)).unzip();
    let attributes: Vec<_> = types
        .iter()
        .map(|ty| quote_spanned!(ty.span()=> <#ty as crate::kind::attributes::Attributes<#set>>))
        .collect();
    let all = quote! {
        &crate::kind::attributes::concat::<{ #own_count #(+ #attributes::ATTRS.len())* }>(
            &[&[#own], #(#attributes::ATTRS),*],
        )
    };
    let unknown = unknown();
    let otherwise = quote!({
        #(if crate::kind::attributes::declares(#attributes::ATTRS, attr.kind) {
            return #attributes::attribute(#places, context, attr);
        })*
        #unknown
    });
    (all, otherwise)
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

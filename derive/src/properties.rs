//! The implementation of `Properties`: where a payload has what filters compare.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Error, Field, GenericArgument, PathArguments, Token, Type, parenthesized};

/// The properties that fields of the same name have.
const NAMED: [&str; 5] = ["family", "table", "protocol", "type", "state"];

/// The properties that options of the struct declare.
#[derive(Default)]
pub struct Declared {
    /// Property and field.
    properties: Vec<(Ident, Ident)>,
    /// Fields that are no property in spite of their name.
    pub excluded: Vec<Ident>,
    /// An address or prefix, and its length.
    prefixes: Vec<(Ident, Option<Ident>)>,
}

impl Declared {
    /// Parses `(PROPERTY = FIELD)`.
    ///
    /// # Errors
    /// If there is no such property.
    pub fn add_property(&mut self, input: ParseStream) -> syn::Result<()> {
        let inner;
        parenthesized!(inner in input);
        let property = Ident::parse_any(&inner)?;
        inner.parse::<Token![=]>()?;
        let field = Ident::parse_any(&inner)?;
        if !NAMED.contains(&&*plain(&property)) {
            let text = format!(
                "unknown property `{property}`: expected one of `{}`",
                NAMED.join("`, `")
            );
            return Err(Error::new(property.span(), text));
        }
        self.properties.push((property, field));
        Ok(())
    }

    /// Adds the fields of `prefix(FIELD)` or `prefix(FIELD, LENGTH)`.
    ///
    /// # Errors
    /// If there are more or fewer fields.
    pub fn add_prefix(&mut self, option: &Ident, fields: Vec<Ident>) -> syn::Result<()> {
        let mut fields = fields.into_iter();
        match (fields.next(), fields.next(), fields.next()) {
            (Some(field), length, None) => self.prefixes.push((field, length)),
            _ => {
                let text = "expected `prefix(FIELD)` or `prefix(FIELD, LENGTH)`";
                return Err(Error::new(option.span(), text));
            }
        }
        Ok(())
    }

    /// The implementation. `inner`: the fields whose own properties count.
    ///
    /// # Errors
    /// If the struct has no field of a name.
    pub fn expand(
        &self,
        name: &Ident,
        fields: &[&Field],
        inner: &[&Field],
    ) -> syn::Result<TokenStream> {
        let named = |wanted: &Ident| {
            let mut fields = fields.iter().filter_map(|field| field.ident.as_ref());
            fields
                .find(|field| plain(field) == plain(wanted))
                .ok_or_else(|| {
                    Error::new(wanted.span(), format!("the struct has no field `{wanted}`"))
                })
        };
        // Variant of `Property`, field, and the field with the length.
        let mut found: Vec<(Ident, &Ident, Option<&Ident>)> = Vec::new();
        for excluded in &self.excluded {
            named(excluded)?;
        }
        for field in fields {
            let Some(ident) = &field.ident else { continue };
            let is_excluded = self.excluded.iter().any(|it| plain(it) == plain(ident));
            if is_device_name(&field.ty) {
                found.push((format_ident!("Dev"), ident, None));
            } else if NAMED.contains(&&*plain(ident)) && !is_excluded {
                found.push((variant(ident), ident, None));
            }
        }
        for (property, field) in &self.properties {
            found.push((variant(property), named(field)?, None));
        }
        for (field, length) in &self.prefixes {
            let length = length.as_ref().map(named).transpose()?;
            found.push((format_ident!("Prefix"), named(field)?, length));
        }
        let places = found.iter().map(|(property, field, length)| {
            let (field, length) = (plain(field), length.map(plain));
            let length = match length {
                Some(length) => quote!(Some(#length)),
                None => quote!(None),
            };
            quote! {
                crate::kind::property::Place::Field {
                    property: crate::kind::property::Property::#property,
                    field: #field,
                    length: #length,
                }
            }
        });
        let inner_places = inner.iter().filter_map(|field| {
            let (name, ty) = (plain(field.ident.as_ref()?), &field.ty);
            Some(quote! {
                crate::kind::property::Place::Inside(
                    #name,
                    <#ty as crate::kind::property::Properties>::PLACES,
                )
            })
        });
        let values = found.iter().map(|(property, field, length)| {
            let value = match length {
                Some(length) => quote! {
                    crate::kind::property::any_prefix(&self.#field, &self.#length, is_match)
                },
                None => quote! {
                    crate::kind::property::PropertyValue::any(&self.#field, is_match)
                },
            };
            quote!((property == crate::kind::property::Property::#property && #value))
        });
        let inner_values = inner.iter().map(|field| {
            let field = &field.ident;
            quote! {
                crate::kind::property::Properties::any_value(&self.#field, property, is_match)
            }
        });
        Ok(quote! {
            #[automatically_derived]
            impl crate::kind::property::Properties for #name {
                const PLACES: &'static [crate::kind::property::Place] =
                    &[#(#places,)* #(#inner_places,)*];

                #[allow(unused_variables)]
                fn any_value(
                    &self,
                    property: crate::kind::property::Property,
                    is_match: &mut dyn FnMut(crate::kind::property::Value<'_>) -> bool,
                ) -> bool {
                    false #(|| #values)* #(|| #inner_values)*
                }
            }
        })
    }
}

/// The name without the `r#` of a raw identifier.
fn plain(name: &Ident) -> String {
    name.unraw().to_string()
}

/// The variant of `Property` with that name.
fn variant(property: &Ident) -> Ident {
    let name = plain(property);
    let (first, rest) = name.split_at(1);
    format_ident!("{}{rest}", first.to_uppercase())
}

/// Returns true for `Option<IfName>`.
fn is_device_name(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    match &last.arguments {
        PathArguments::None => last.ident == "IfName",
        PathArguments::AngleBracketed(arguments) if last.ident == "Option" => {
            matches!(arguments.args.first(), Some(GenericArgument::Type(ty)) if is_device_name(ty))
        }
        _ => false,
    }
}

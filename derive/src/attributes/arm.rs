//! The code that decodes one attribute.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Error, Field, GenericArgument, PathArguments, Type};

use super::options::{Declared, FieldOptions, Handled, Read};

/// An attribute, and the code that decodes it.
pub struct Arm {
    pub declared: Declared,
    /// `None`: the caller decodes it.
    pub body: Option<TokenStream>,
    /// The declarations of the attributes inside it.
    pub inner: TokenStream,
}

impl Arm {
    /// The arm of an attribute that belongs to no single field.
    pub fn of_struct(declared: Declared, handled: Handled) -> Self {
        let body = match handled {
            Handled::Skipped => Some(quote!(Ok(()))),
            Handled::Custom(function) => Some(quote!((#function)(self, context, attr))),
            Handled::ByCaller => None,
        };
        Arm {
            declared,
            body,
            inner: quote!(|| &[]),
        }
    }

    /// The arm of a field.
    ///
    /// # Errors
    /// If the options need a field of another type.
    pub fn of_field(field: &Field, options: FieldOptions) -> syn::Result<Self> {
        let place = &field.ident;
        let inner_type = argument_of("Option", &field.ty);
        let ty = inner_type.unwrap_or(&field.ty);
        let span = ty.span();
        if let (None, Some(option)) = (
            inner_type,
            options.nonzero.as_ref().or(options.optional.as_ref()),
        ) {
            let text = format!("`{option}` needs a field of type `Option`");
            return Err(Error::new(option.span(), text));
        }
        let (value, inner) = value(ty, &options.read);
        let value = match inner_type {
            None => value,
            Some(_) if options.optional.is_some() => value,
            Some(_) if options.nonzero.is_some() => {
                quote!(crate::kind::attributes::nonzero(#value))
            }
            Some(_) => quote!(Some(#value)),
        };
        // The value is read before the assignment: a refused attribute leaves the field as it was.
        let assign = quote_spanned!(span=> { let value = #value; self.#place = value; });
        let body = match options.details {
            true => quote!(if context.details #assign),
            false => assign,
        };
        Ok(Arm {
            declared: options.declared,
            body: Some(quote!({ #body Ok(()) })),
            inner,
        })
    }
}

/// The struct of a field with `flatten`, and a mutable reference to it.
pub fn flattened(field: &Field) -> (&Type, TokenStream) {
    let place = &field.ident;
    match argument_of("Option", &field.ty) {
        Some(ty) => (ty, quote!(self.#place.get_or_insert_default())),
        None => (&field.ty, quote!(&mut self.#place)),
    }
}

/// `T` of `Outer<T>`.
fn argument_of<'t>(outer: &str, ty: &'t Type) -> Option<&'t Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) if last.ident == outer => {
            match arguments.args.first()? {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The expression that reads a value of the type `ty`, and the declarations of the attributes
/// inside.
fn value(ty: &Type, read: &Read) -> (TokenStream, TokenStream) {
    let span = ty.span();
    let from_attr = |ty: &Type| quote_spanned!(span=> <#ty as crate::kind::attributes::FromAttr>);
    let value = match read {
        Read::ByType => {
            let from = from_attr(ty);
            return (
                quote!(#from::from_attr(context, attr)?),
                quote!(|| #from::INNER),
            );
        }
        Read::Entry(entry) => return entries(entry, argument_of("Vec", ty).unwrap_or(ty)),
        Read::Wire(reader) => quote!(attr.#reader()?),
        Read::Names(reader, table) => {
            quote!(crate::value::Symbol::of(u32::from(attr.#reader()?), #table))
        }
        Read::MachineNames(reader, names) => {
            quote!(context.names.#names.symbol(u32::from(attr.#reader()?)))
        }
        Read::Flags(reader, table) => {
            quote!(crate::value::Flags::new(u64::from(attr.#reader()?), #table))
        }
        Read::Map(reader, function) => quote!((#function)(attr.#reader()?)),
        Read::With(function) => quote!((#function)(context, attr)?),
        Read::Present => quote!(true),
    };
    (value, quote!(|| &[]))
}

/// A list of entries of the type `ty` that all have the number of `entry`.
fn entries(entry: &Declared, ty: &Type) -> (TokenStream, TokenStream) {
    let span = ty.span();
    let (name, number) = (entry.name.to_string(), entry.number);
    let value =
        quote_spanned!(span=> crate::kind::attributes::entries::<#ty>(context, attr, #number)?);
    let from = quote_spanned!(span=> <#ty as crate::kind::attributes::FromAttr>);
    let inner = quote! {
        || &[crate::kind::attributes::AttrDecl {
            name: #name,
            number: #number,
            inner: || #from::INNER,
        }]
    };
    (value, inner)
}

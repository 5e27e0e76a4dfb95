//! `#[derive(State)]` and `#[derive(Object)]`. Their options are described at the macros.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{DeriveInput, Error, Field, Path, Token, parenthesized};

use super::attributes::field_declarations;
use super::named_fields;
use super::properties::Declared;

#[derive(Default)]
struct Options {
    key: Option<Key>,
    device: Option<(Ident, Ident)>,
    /// The object is that device itself.
    is_device: bool,
    other_devices: Vec<(Ident, Ident)>,
    names_devices: Option<Path>,
    copy_volatile: Option<Path>,
    copy_volatile_if: Option<Path>,
    properties: Declared,
}

/// The fields that identify the object.
enum Key {
    Of(Vec<Ident>),
    AllExcept(Vec<Ident>),
}

impl Key {
    /// The fields, in order.
    ///
    /// # Errors
    /// If the struct has no field of a name.
    fn fields<'a>(&'a self, all: &[&'a Ident]) -> syn::Result<Vec<&'a Ident>> {
        let (Key::Of(named) | Key::AllExcept(named)) = self;
        if let Some(missing) = named.iter().find(|name| !all.contains(name)) {
            let text = format!("the struct has no field `{missing}`");
            return Err(Error::new(missing.span(), text));
        }
        Ok(match self {
            Key::Of(named) => named.iter().collect(),
            Key::AllExcept(named) => {
                let fields = all.iter().filter(|name| !named.contains(name));
                fields.copied().collect()
            }
        })
    }
}

fn idents(input: ParseStream) -> syn::Result<Vec<Ident>> {
    let inner;
    parenthesized!(inner in input);
    let list = Punctuated::<Ident, Token![,]>::parse_terminated_with(&inner, Ident::parse_any)?;
    Ok(list.into_iter().collect())
}

fn pair(option: &Ident, input: ParseStream) -> syn::Result<(Ident, Ident)> {
    match <[Ident; 2]>::try_from(idents(input)?) {
        Ok([index, name]) => Ok((index, name)),
        Err(_) => {
            let text = format!("expected `{option}(INDEX, NAME)`");
            Err(Error::new(option.span(), text))
        }
    }
}

fn options(input: &DeriveInput) -> syn::Result<Options> {
    let mut options = Options::default();
    for attribute in input.attrs.iter().filter(|a| a.path().is_ident("state")) {
        attribute.parse_args_with(|input: ParseStream| {
            while !input.is_empty() {
                let option: Ident = input.parse()?;
                match option.to_string().as_str() {
                    "key" | "key_except" if options.key.is_some() => {
                        return Err(Error::new(option.span(), "the struct has a key already"));
                    }
                    "key" => options.key = Some(Key::Of(idents(input)?)),
                    "key_except" => options.key = Some(Key::AllExcept(idents(input)?)),
                    "device" => options.device = Some(pair(&option, input)?),
                    "is_device" => {
                        options.device = Some(pair(&option, input)?);
                        options.is_device = true;
                    }
                    "names_device" => options.other_devices.push(pair(&option, input)?),
                    "names_devices" => {
                        input.parse::<Token![=]>()?;
                        options.names_devices = Some(input.parse()?);
                    }
                    "property" => options.properties.add_property(input)?,
                    "no_property" => options.properties.excluded.extend(idents(input)?),
                    "prefix" => options.properties.add_prefix(&option, idents(input)?)?,
                    "copy_volatile" => {
                        input.parse::<Token![=]>()?;
                        options.copy_volatile = Some(input.parse()?);
                    }
                    "copy_volatile_if" => {
                        input.parse::<Token![=]>()?;
                        options.copy_volatile_if = Some(input.parse()?);
                    }
                    other => {
                        let text = format!(
                            "unknown option `{other}`: expected one of `key(FIELD, …)`, \
                             `key_except(FIELD, …)`, `device(INDEX, NAME)`, \
                             `is_device(INDEX, NAME)`, `names_device(INDEX, NAME)`, `names_devices = F`, \
                             `property(PROPERTY = FIELD)`, `no_property(FIELD, …)`, `prefix(FIELD)`, \
                             `copy_volatile = F`, `copy_volatile_if = F`"
                        );
                        return Err(Error::new(option.span(), text));
                    }
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        })?;
    }
    Ok(options)
}

/// The properties of a field, by `#[state]` and `#[nla]`.
#[derive(Default)]
struct FieldState {
    volatile: bool,
    transient: bool,
    names_devices: bool,
    properties: bool,
}

fn field_state(field: &Field) -> syn::Result<FieldState> {
    let mut state = FieldState::default();
    for attribute in field.attrs.iter().filter(|a| a.path().is_ident("state")) {
        let words = attribute.parse_args_with(Punctuated::<Ident, Token![,]>::parse_terminated)?;
        for word in words {
            match word.to_string().as_str() {
                "volatile" => state.volatile = true,
                "transient" => state.transient = true,
                "names_devices" => state.names_devices = true,
                "properties" => state.properties = true,
                other => {
                    let text = format!(
                        "unknown option `{other}`: expected `volatile`, `transient`, `names_devices` or `properties`"
                    );
                    return Err(Error::new(word.span(), text));
                }
            }
        }
    }
    // The derive of `Attributes` reports an error in it.
    let declared = field_declarations(field).unwrap_or_default();
    state.volatile |= declared.iter().any(|declaration| declaration.is_volatile());
    Ok(state)
}

/// The implementations of `Object` and `Properties`.
///
/// # Errors
/// If an option is unknown or malformed.
pub fn expand_object(input: &DeriveInput) -> syn::Result<TokenStream> {
    let options = options(input)?;
    let name = &input.ident;
    let device = options.device.iter().map(|(index, dev)| {
        quote! {
            fn device(&self) -> Option<(u32, Option<&crate::value::IfName>)> {
                let index = crate::kind::object::DeviceIndex::index(&self.#index)?;
                Some((index, self.#dev.as_ref()))
            }
        }
    });
    let own = options.device.iter().filter(|_| !options.is_device);
    let devices = own.chain(&options.other_devices);
    let devices: Vec<_> = devices
        .map(|(index, dev)| {
            quote! {
                if let Some(index) = crate::kind::object::DeviceIndex::index(&self.#index) {
                    name(index, &mut self.#dev);
                }
            }
        })
        .collect();
    let mut volatile = Vec::new();
    let mut volatile_names = Vec::new();
    let mut nested = Vec::new();
    let mut with_properties = Vec::new();
    let mut transient = Vec::new();
    for field in named_fields(input)? {
        let (state, place) = (field_state(field)?, &field.ident);
        if state.volatile {
            volatile.push(quote!(self.#place.clone_from(&old.#place);));
            volatile_names.push(place.clone());
        }
        if state.transient {
            transient.push(place.clone());
        }
        if state.properties {
            with_properties.push(field);
        }
        if state.names_devices {
            nested.push(quote! {
                self.#place.iter_mut().for_each(|inner| inner.for_each_device(name));
            });
        }
    }
    let transient = (!transient.is_empty()).then(|| {
        quote! {
            const TRANSIENT: &'static [&'static str] =
                &[#(crate::kind::fields::plain(stringify!(#transient))),*];

            #[inline]
            fn has_transient(&self) -> bool {
                #(self.#transient.is_some())||*
            }

            fn clear_transient(&mut self) {
                #(self.#transient = None;)*
            }

            fn copy_transient(&mut self, new: &Self) {
                #(self.#transient.clone_from(&new.#transient);)*
            }
        }
    });
    let trait_methods = (!nested.is_empty()).then(|| {
        quote! {
            #[allow(unused_imports)]
            use crate::kind::object::Object as _;
        }
    });
    let others = options
        .names_devices
        .iter()
        .map(|function| quote!(#function(self, name);));
    let copy = options
        .copy_volatile
        .iter()
        .map(|copy| quote!(#copy(self, old);));
    let unless = options
        .copy_volatile_if
        .iter()
        .map(|copies| quote!(if !#copies(self, old) { return; }));
    let all: Vec<_> = named_fields(input)?.collect();
    let properties = options.properties.expand(name, &all, &with_properties)?;
    Ok(quote! {
        #properties

        #[automatically_derived]
        impl crate::kind::object::Object for #name {
            #(#device)*

            const VOLATILE: &'static [&'static str] =
                &[#(crate::kind::fields::plain(stringify!(#volatile_names))),*];

            #transient

            #[allow(unused_variables)]
            fn for_each_device(
                &mut self,
                name: &mut dyn FnMut(u32, &mut Option<crate::value::IfName>),
            ) {
                #trait_methods
                #(#devices)*
                #(#others)*
                #(#nested)*
            }

            #[allow(unused_variables)]
            fn copy_volatile(&mut self, old: &Self) {
                #(#unless)*
                #(#volatile)*
                #(#copy)*
            }
        }
    })
}

/// The implementations of `Fields`, `Object`, `Properties` and `Keyed`.
///
/// # Errors
/// If an option is unknown or malformed, or the key names a field that does not exist.
pub fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let object = expand_object(input)?;
    let name = &input.ident;
    let fields: Vec<_> = named_fields(input)?
        .filter_map(|f| f.ident.as_ref())
        .collect();
    let count = fields.len();
    let key = match &options(input)?.key {
        Some(key) => {
            let key = key.fields(&fields)?;
            Some(quote!(crate::kind::fields::key!(#name { #(#key),* });))
        }
        None => None,
    };
    Ok(quote! {
        #object
        #key
        crate::kind::fields::fields!(#name { #(#fields),* });
        const _: () = assert!(
            #count <= crate::kind::fields::Mask::BITS as usize,
            "more fields than bits in the mask of changed ones",
        );
    })
}

#[cfg(test)]
mod tests;

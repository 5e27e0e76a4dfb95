//! `#[derive(Attributes)]`.
//!
//! A field: `#[nla(NAME = number)]` or, for an attribute inside another one whose content belongs
//! to the same struct, `#[nla(OUTER / NAME = number)]`, followed by any of these options:
//!
//! | option | meaning |
//! |---|---|
//! | `details` | skipped unread without `--with details` |
//! | `volatile` | changes as time goes by; read by `#[derive(State)]` |
//! | `nonzero` | zero stands for no value: the field becomes `None` |
//! | `wire = READER` | read by that method of `Attr` (`u8`, `be16`, `uint`, …) |
//! | `names(READER, TABLE)` | the `Symbol` of the number in a table of constants |
//! | `names(READER, table = FIELD)` | the same, by the machine's names: `context.names.FIELD` |
//! | `flags(READER, TABLE)` | `Flags` with these names |
//! | `map(READER, F)` | `F` of what the reader returns |
//! | `with = F` | `F(context, attr)`, a `Result<T, AttrError>` |
//! | `entry(NAME = number)` | a list (`Vec<T>`) whose entries have that number; without it a list takes any number |
//! | `present` | the field is `true` where the attribute is there, whatever its value |
//!
//! Without `wire`, `names`, `flags`, `map`, `with`, `entry` and `present` the field's type decides
//! (`FromAttr`); a struct that derives `Attributes` is a nest. A field of type `Option<T>` becomes
//! `Some`.
//!
//! The struct: `#[nla(…)]` with any of
//!
//! | option | meaning |
//! |---|---|
//! | `nest(NAME = number)` | an attribute for `NAME / INNER = number` |
//! | `skip(NAME = number, …)` | known, and of no use; `OUTER / NAME` too |
//! | `custom(NAME = number => F, …)` | `F(&mut self, context, attr)`, a `Result<(), AttrError>`; `OUTER / NAME` too |
//! | `by_caller(NAME = number, …)` | decoded by the caller, which finds the number in `Self::NAME` |

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{
    DeriveInput, Error, Field, GenericArgument, LitInt, PathArguments, Token, Type, parenthesized,
};

/// `NAME = number` or `OUTER / NAME = number`.
struct Declared {
    outer: Option<Ident>,
    name: Ident,
    number: u16,
}

impl Parse for Declared {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut name: Ident = input.parse()?;
        let mut outer = None;
        if input.peek(Token![/]) {
            input.parse::<Token![/]>()?;
            outer = Some(std::mem::replace(&mut name, input.parse()?));
        }
        if !input.peek(Token![=]) {
            let text = format!("`{name}` has no number: expected `{name} = NUMBER`");
            return Err(Error::new(name.span(), text));
        }
        input.parse::<Token![=]>()?;
        let number: LitInt = input.parse()?;
        Ok(Declared {
            outer,
            number: number.base10_parse()?,
            name,
        })
    }
}

/// How the value of a field is read.
enum Read {
    ByType,
    Wire(Ident),
    Names(Ident, TokenStream),
    MachineNames(Ident, Ident),
    Flags(Ident, TokenStream),
    Map(Ident, TokenStream),
    With(TokenStream),
    Entry(Declared),
    Present,
}

/// The `#[nla(…)]` of a field.
pub struct FieldOptions {
    declared: Declared,
    read: Read,
    details: bool,
    nonzero: bool,
    pub volatile: bool,
}

const FIELD_OPTIONS: &str = "expected one of `details`, `volatile`, `nonzero`, `wire = READER`, \
`names(READER, TABLE)`, `flags(READER, TABLE)`, `map(READER, F)`, `with = F`, \
`entry(NAME = NUMBER)`, `present`";

impl Parse for FieldOptions {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut options = FieldOptions {
            declared: input.parse()?,
            read: Read::ByType,
            details: false,
            nonzero: false,
            volatile: false,
        };
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let option: Ident = input.parse()?;
            let read = match option.to_string().as_str() {
                "details" => {
                    options.details = true;
                    continue;
                }
                "volatile" => {
                    options.volatile = true;
                    continue;
                }
                "nonzero" => {
                    options.nonzero = true;
                    continue;
                }
                "wire" => {
                    input.parse::<Token![=]>()?;
                    Read::Wire(input.parse()?)
                }
                "with" => {
                    input.parse::<Token![=]>()?;
                    Read::With(until_comma(input)?)
                }
                "entry" => {
                    let inner;
                    parenthesized!(inner in input);
                    Read::Entry(inner.parse()?)
                }
                "present" => Read::Present,
                "names" => {
                    let (reader, inner) = reader(input)?;
                    names(reader, inner)?
                }
                "flags" => {
                    let (reader, table) = reader(input)?;
                    Read::Flags(reader, table)
                }
                "map" => {
                    let (reader, function) = reader(input)?;
                    Read::Map(reader, function)
                }
                other => {
                    let text = format!("unknown option `{other}`: {FIELD_OPTIONS}");
                    return Err(Error::new(option.span(), text));
                }
            };
            if !matches!(options.read, Read::ByType) {
                let text = "the value is already read in another way";
                return Err(Error::new(option.span(), text));
            }
            options.read = read;
        }
        Ok(options)
    }
}

/// `(READER, …)`
fn reader(input: ParseStream) -> syn::Result<(Ident, TokenStream)> {
    let inner;
    parenthesized!(inner in input);
    let reader = inner.parse()?;
    inner.parse::<Token![,]>()?;
    Ok((reader, inner.parse()?))
}

fn names(reader: Ident, table: TokenStream) -> syn::Result<Read> {
    let machine = |input: ParseStream| {
        let word: Ident = input.parse()?;
        if word != "table" {
            return Err(Error::new(word.span(), "expected `table`"));
        }
        input.parse::<Token![=]>()?;
        input.parse::<Ident>()
    };
    Ok(match syn::parse::Parser::parse2(machine, table.clone()) {
        Ok(field) => Read::MachineNames(reader, field),
        Err(_) => Read::Names(reader, table),
    })
}

/// The tokens up to the next comma.
fn until_comma(input: ParseStream) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<proc_macro2::TokenTree>()?]);
    }
    Ok(tokens)
}

/// The options of a field, if it is an attribute.
///
/// # Errors
/// Where they are not as they should be.
pub fn field_options(field: &Field) -> syn::Result<Option<FieldOptions>> {
    let mut attributes = field.attrs.iter().filter(|a| a.path().is_ident("nla"));
    let Some(attribute) = attributes.next() else {
        return Ok(None);
    };
    if let Some(other) = attributes.next() {
        return Err(Error::new_spanned(other, "a field has one `#[nla]`"));
    }
    attribute.parse_args().map(Some)
}

/// An attribute, and the code that decodes it.
struct Arm {
    declared: Declared,
    body: Option<TokenStream>,
    /// The declarations of the attributes inside it.
    inner: TokenStream,
}

#[derive(Default)]
struct StructOptions {
    nests: Vec<Declared>,
    arms: Vec<Arm>,
    by_caller: Vec<(Ident, u16)>,
}

fn struct_options(input: &DeriveInput) -> syn::Result<StructOptions> {
    let mut options = StructOptions::default();
    for attribute in input.attrs.iter().filter(|a| a.path().is_ident("nla")) {
        attribute.parse_args_with(|input: ParseStream| {
            while !input.is_empty() {
                let option: Ident = input.parse()?;
                let inner;
                parenthesized!(inner in input);
                while !inner.is_empty() {
                    options.entry(&option, &inner)?;
                    if !inner.is_empty() {
                        inner.parse::<Token![,]>()?;
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

impl StructOptions {
    fn entry(&mut self, option: &Ident, input: ParseStream) -> syn::Result<()> {
        let declared: Declared = input.parse()?;
        let none = quote!(|| &[]);
        let arm = |declared, body| Arm {
            declared,
            body,
            inner: none,
        };
        match option.to_string().as_str() {
            "nest" => self.nests.push(declared),
            "skip" => self.arms.push(arm(declared, Some(quote!(Ok(()))))),
            "custom" => {
                input.parse::<Token![=>]>()?;
                let function = until_comma(input)?;
                let body = quote!((#function)(self, context, attr));
                self.arms.push(arm(declared, Some(body)));
            }
            "by_caller" => {
                self.by_caller
                    .push((declared.name.clone(), declared.number));
                self.arms.push(arm(declared, None));
            }
            other => {
                let text = format!(
                    "unknown option `{other}`: expected one of `nest(…)`, `skip(…)`, \
                     `custom(…)`, `by_caller(…)`"
                );
                return Err(Error::new(option.span(), text));
            }
        }
        Ok(())
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

fn field_arm(field: &Field, options: FieldOptions) -> Arm {
    let place = &field.ident;
    let inner_type = argument_of("Option", &field.ty);
    let ty = inner_type.unwrap_or(&field.ty);
    let span = ty.span();
    let FieldOptions {
        declared,
        read,
        details,
        nonzero,
        ..
    } = options;
    let mut inner = quote!(|| &[]);
    let value = match read {
        Read::ByType => {
            let from = quote_spanned!(span=> <#ty as crate::kind::attributes::FromAttr>);
            inner = quote!(|| #from::INNER);
            quote!(#from::from_attr(context, attr)?)
        }
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
        Read::Entry(Declared { name, number, .. }) => {
            let name = name.to_string();
            let entry = argument_of("Vec", ty).unwrap_or(ty);
            let from = quote_spanned!(span=> <#entry as crate::kind::attributes::FromAttr>);
            inner = quote! {
                || &[crate::kind::attributes::AttrDecl {
                    name: #name,
                    number: #number,
                    inner: || #from::INNER,
                }]
            };
            quote!({
                let mut list = Vec::new();
                context.nested(attr, |context, attr| {
                    if attr.kind != #number {
                        return Err(crate::netlink::attr::AttrError::Unknown);
                    }
                    list.push(#from::from_attr(context, &attr)?);
                    Ok(())
                })?;
                list
            })
        }
        Read::Present => quote!(true),
    };
    let value = match (inner_type, nonzero) {
        (Some(_), true) => quote!(crate::kind::attributes::nonzero(#value)),
        (Some(_), false) => quote!(Some(#value)),
        (None, _) => value,
    };
    // Before the assignment: what is refused leaves the field as it was.
    let assign = quote_spanned!(span=> { let value = #value; self.#place = value; });
    let body = match details {
        true => quote!(if context.details #assign),
        false => assign,
    };
    Arm {
        declared,
        body: Some(quote!({ #body Ok(()) })),
        inner,
    }
}

/// The body of a `match attr.kind` over these.
///
/// # Errors
/// Where two have the same number.
fn arms<'a>(all: impl Iterator<Item = &'a Arm>) -> syn::Result<TokenStream> {
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

/// The declarations of these, as elements of an array.
fn declarations<'a>(all: impl Iterator<Item = &'a Arm>) -> TokenStream {
    let entries = all.map(|arm| {
        let Declared { name, number, .. } = &arm.declared;
        let (name, inner) = (name.to_string(), &arm.inner);
        quote!(crate::kind::attributes::AttrDecl { name: #name, number: #number, inner: #inner })
    });
    quote!(#(#entries),*)
}

/// The error, and an implementation without attributes: a missing one would be a second error
/// wherever the type is used.
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

/// The implementation that the declarations of `input` stand for.
///
/// # Errors
/// Where a declaration is not as it should be.
pub fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let StructOptions {
        nests,
        arms: mut all,
        by_caller,
    } = struct_options(input)?;
    for field in super::named_fields(input)? {
        if let Some(options) = field_options(field)? {
            all.push(field_arm(field, options));
        }
    }
    let (inner, mut outer): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|arm| arm.declared.outer.is_some());
    let of_nest = |nest: &Ident| {
        let nest = nest.clone();
        inner
            .iter()
            .filter(move |arm| arm.declared.outer.as_ref() == Some(&nest))
    };
    for arm in &inner {
        if let Some(outer) = &arm.declared.outer
            && !nests.iter().any(|nest| nest.name == *outer)
        {
            let text = format!("no `#[nla(nest({outer} = NUMBER))]` on the struct");
            return Err(Error::new(outer.span(), text));
        }
    }
    for nest in nests {
        let arms = arms(of_nest(&nest.name))?;
        let declarations = declarations(of_nest(&nest.name));
        outer.push(Arm {
            declared: nest,
            body: Some(quote!(context.nested(attr, |context, attr| { let attr = &attr; #arms }))),
            inner: quote!(|| &[#declarations]),
        });
    }
    let arms = arms(outer.iter())?;
    let declarations = declarations(outer.iter());
    let constants = by_caller.iter().map(|(name, number)| {
        let doc = format!("`{name}`, which the caller of `attribute` decodes.");
        quote!(#[doc = #doc] pub(crate) const #name: u16 = #number;)
    });
    let name = &input.ident;
    let implementation = implementation(name, &declarations, &arms);
    Ok(quote! {
        impl #name {
            #(#constants)*
        }

        #implementation
    })
}

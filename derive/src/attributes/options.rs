//! The options of `#[nla(…)]`, as they are written.

use proc_macro2::{Ident, TokenStream};
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{DeriveInput, Error, Field, LitInt, Token, parenthesized};

use crate::named_fields;

/// `NAME = number` or `OUTER / NAME = number`.
pub struct Declared {
    pub outer: Option<Ident>,
    pub name: Ident,
    pub number: u16,
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
pub enum Read {
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
    pub declared: Declared,
    pub read: Read,
    pub details: bool,
    pub volatile: bool,
    /// The option `nonzero`.
    pub nonzero: Option<Ident>,
    /// The option `optional`.
    pub optional: Option<Ident>,
}

const FIELD_OPTIONS: &str = "expected one of `details`, `volatile`, `nonzero`, `optional`, \
`wire = READER`, `names(READER, TABLE)`, `flags(READER, TABLE)`, `map(READER, F)`, `with = F`, \
`entry(NAME = NUMBER)`, `present`";

impl Parse for FieldOptions {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut options = FieldOptions {
            declared: input.parse()?,
            read: Read::ByType,
            details: false,
            volatile: false,
            nonzero: None,
            optional: None,
        };
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            options.option(input)?;
        }
        if let Some(optional) = &options.optional
            && !matches!(options.read, Read::Map(..) | Read::With(_))
        {
            let text = "`optional` needs `map(READER, F)` or `with = F`";
            return Err(Error::new(optional.span(), text));
        }
        Ok(options)
    }
}

impl FieldOptions {
    /// Parses one option.
    fn option(&mut self, input: ParseStream) -> syn::Result<()> {
        let option: Ident = input.parse()?;
        let read = match option.to_string().as_str() {
            "details" => {
                self.details = true;
                return Ok(());
            }
            "volatile" => {
                self.volatile = true;
                return Ok(());
            }
            "nonzero" => {
                self.nonzero = Some(option);
                return Ok(());
            }
            "optional" => {
                self.optional = Some(option);
                return Ok(());
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
                names(reader, inner)
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
        if !matches!(self.read, Read::ByType) {
            let text = "a second option that says how the value is read";
            return Err(Error::new(option.span(), text));
        }
        self.read = read;
        Ok(())
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

/// `names(READER, TABLE)` or `names(READER, table = FIELD)`.
fn names(reader: Ident, table: TokenStream) -> Read {
    let machine = |input: ParseStream| {
        let word: Ident = input.parse()?;
        if word != "table" {
            return Err(Error::new(word.span(), "expected `table`"));
        }
        input.parse::<Token![=]>()?;
        input.parse::<Ident>()
    };
    match machine.parse2(table.clone()) {
        Ok(field) => Read::MachineNames(reader, field),
        Err(_) => Read::Names(reader, table),
    }
}

/// The tokens up to the next comma.
fn until_comma(input: ParseStream) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<proc_macro2::TokenTree>()?]);
    }
    Ok(tokens)
}

/// `in SET,` at the beginning of an `#[nla(…)]`.
fn set(input: ParseStream) -> syn::Result<Option<Ident>> {
    if !input.peek(Token![in]) {
        return Ok(None);
    }
    input.parse::<Token![in]>()?;
    let set = input.parse()?;
    input.parse::<Token![,]>()?;
    Ok(Some(set))
}

/// An `#[nla(…)]` of a field.
pub struct FieldDeclaration {
    set: Option<Ident>,
    /// `None`: `flatten`.
    options: Option<FieldOptions>,
}

impl FieldDeclaration {
    pub fn is_volatile(&self) -> bool {
        self.options
            .as_ref()
            .is_some_and(|options| options.volatile)
    }
}

impl Parse for FieldDeclaration {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let set = set(input)?;
        let first: Ident = input.fork().parse()?;
        let options = match first == "flatten" {
            true => input.parse::<Ident>().map(|_| None)?,
            false => Some(input.parse()?),
        };
        Ok(FieldDeclaration { set, options })
    }
}

/// The declarations of a field: one for each set of attributes.
///
/// # Errors
/// If an option is unknown or malformed, or the field has two `#[nla]` of one set.
pub fn field_declarations(field: &Field) -> syn::Result<Vec<FieldDeclaration>> {
    let mut declarations: Vec<FieldDeclaration> = Vec::new();
    for attribute in field.attrs.iter().filter(|a| a.path().is_ident("nla")) {
        let declaration: FieldDeclaration = attribute.parse_args()?;
        if declarations
            .iter()
            .any(|other| other.set == declaration.set)
        {
            let text = "a field has one `#[nla]` for each set of attributes";
            return Err(Error::new_spanned(attribute, text));
        }
        declarations.push(declaration);
    }
    Ok(declarations)
}

/// What the caller or a function of the struct does with an attribute.
pub enum Handled {
    /// Nothing: `skip`.
    Skipped,
    /// `custom`: the function.
    Custom(TokenStream),
    /// `by_caller`
    ByCaller,
}

/// The declarations of one set of attributes.
#[derive(Default)]
pub struct Set<'a> {
    /// `None`: the set without a name.
    pub name: Option<Ident>,
    pub nests: Vec<Declared>,
    /// The attributes that belong to no single field.
    pub others: Vec<(Declared, Handled)>,
    pub fields: Vec<(&'a Field, FieldOptions)>,
    /// The fields with `flatten`.
    pub flattened: Vec<&'a Field>,
}

/// Returns the set of that path, which is added to `sets` if it is new.
fn set_of<'s, 'a>(sets: &'s mut Vec<Set<'a>>, name: Option<Ident>) -> &'s mut Set<'a> {
    let known = sets.iter().position(|set| set.name == name);
    let at = known.unwrap_or_else(|| {
        sets.push(Set {
            name,
            ..Set::default()
        });
        sets.len() - 1
    });
    &mut sets[at]
}

/// The sets of attributes that a struct and its fields declare; one without a name if they declare
/// none.
///
/// # Errors
/// If an option is unknown or malformed.
pub fn sets(input: &DeriveInput) -> syn::Result<Vec<Set<'_>>> {
    let mut sets = Vec::new();
    for attribute in input.attrs.iter().filter(|a| a.path().is_ident("nla")) {
        attribute.parse_args_with(|input: ParseStream| {
            let set = set_of(&mut sets, set(input)?);
            while !input.is_empty() {
                let option: Ident = input.parse()?;
                let inner;
                parenthesized!(inner in input);
                while !inner.is_empty() {
                    set.entry(&option, &inner)?;
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
    for field in named_fields(input)? {
        for declaration in field_declarations(field)? {
            let set = set_of(&mut sets, declaration.set);
            match declaration.options {
                Some(options) => set.fields.push((field, options)),
                None => set.flattened.push(field),
            }
        }
    }
    if sets.is_empty() {
        sets.push(Set::default());
    }
    Ok(sets)
}

impl Set<'_> {
    /// Parses one entry in the parentheses of `option`.
    fn entry(&mut self, option: &Ident, input: ParseStream) -> syn::Result<()> {
        let declared: Declared = input.parse()?;
        let handled = match option.to_string().as_str() {
            "nest" => {
                self.nests.push(declared);
                return Ok(());
            }
            "skip" => Handled::Skipped,
            "custom" => {
                input.parse::<Token![=>]>()?;
                Handled::Custom(until_comma(input)?)
            }
            "by_caller" => Handled::ByCaller,
            other => {
                let text = format!(
                    "unknown option `{other}`: expected one of `nest(…)`, `skip(…)`, \
                     `custom(…)`, `by_caller(…)`"
                );
                return Err(Error::new(option.span(), text));
            }
        };
        if let (Handled::ByCaller, Some(outer)) = (&handled, &declared.outer) {
            let text = "the caller decodes no attribute inside another one: use `custom`";
            return Err(Error::new(outer.span(), text));
        }
        self.others.push((declared, handled));
        Ok(())
    }
}

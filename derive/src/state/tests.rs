//! The error messages, and the fields that identify an object.

use syn::{DeriveInput, parse_quote};

use super::expand;

/// The error message for a struct.
fn error(input: DeriveInput) -> String {
    match expand(&input) {
        Ok(code) => panic!("no error, but {code}"),
        Err(error) => error.to_string(),
    }
}

/// The generated code with single spaces.
fn code(input: DeriveInput) -> String {
    expand(&input)
        .expect("the declaration is correct")
        .to_string()
}

#[test]
fn unknown_struct_option_is_an_error_that_lists_the_options() {
    let text = error(parse_quote! {
        #[state(keys(a))]
        struct S {
            a: u32,
        }
    });
    assert!(text.starts_with("unknown option `keys`: expected one of `key(FIELD, …)`,"));
    for option in [
        "key_except(",
        "device(",
        "is_device(",
        "names_device(",
        "names_devices =",
        "property(",
        "no_property(",
        "prefix(",
        "copy_volatile =",
    ] {
        assert!(text.contains(&format!("`{option}")), "{option} in {text}");
    }
}

#[test]
fn unknown_field_option_is_an_error() {
    let text = error(parse_quote! {
        struct S {
            #[state(constant)]
            a: u32,
        }
    });
    assert_eq!(
        text,
        "unknown option `constant`: expected `volatile`, `transient`, `names_devices` or `properties`"
    );
}

#[test]
fn device_without_a_name_is_an_error() {
    let text = error(parse_quote! {
        #[state(device(ifindex))]
        struct S {
            ifindex: u32,
        }
    });
    assert_eq!(text, "expected `device(INDEX, NAME)`");
}

#[test]
fn key_of_a_missing_field_is_an_error() {
    for option in ["key", "key_except"] {
        let option = quote::format_ident!("{option}");
        let text = error(parse_quote! {
            #[state(#option(b))]
            struct S {
                a: u32,
            }
        });
        assert_eq!(text, "the struct has no field `b`");
    }
}

#[test]
fn second_key_is_an_error() {
    let text = error(parse_quote! {
        #[state(key(a), key_except(a))]
        struct S {
            a: u32,
        }
    });
    assert_eq!(text, "the struct has a key already");
}

#[test]
fn key_is_the_named_fields_or_all_others() {
    let named = code(parse_quote! {
        #[state(key(c, a))]
        struct S {
            a: u32,
            b: u32,
            c: u32,
        }
    });
    assert!(named.contains("key ! (S { c , a })"), "{named}");
    let except = code(parse_quote! {
        #[state(key_except(b))]
        struct S {
            a: u32,
            b: u32,
            c: u32,
        }
    });
    assert!(except.contains("key ! (S { a , c })"), "{except}");
    let none = code(parse_quote! {
        struct S {
            a: u32,
        }
    });
    assert!(!none.contains("key !"), "{none}");
}

#[test]
fn volatile_fields_of_both_attributes_are_copied() {
    let code = code(parse_quote! {
        #[state(copy_volatile = Self::more)]
        struct S {
            #[nla(A = 1, volatile)]
            a: u32,
            #[state(volatile)]
            b: u32,
            c: u32,
        }
    });
    for copy in [
        "self . a . clone_from (& old . a)",
        "self . b . clone_from",
        "Self :: more (self , old)",
    ] {
        assert!(code.contains(copy), "{copy} in {code}");
    }
    assert!(!code.contains("self . c . clone_from"), "{code}");
}

#[test]
fn transient_fields_are_listed_cleared_and_copied() {
    let derived = code(parse_quote! {
        struct S {
            a: u32,
            #[state(transient)]
            event: Option<u32>,
            #[nla(IFLA_WIRELESS = 11)]
            #[state(transient)]
            r#type: Option<u8>,
        }
    });
    for part in [
        "self . event . is_some () || self . r#type . is_some ()",
        "self . event = None ; self . r#type = None ;",
        "self . event . clone_from (& new . event)",
    ] {
        assert!(derived.contains(part), "{part} in {derived}");
    }
    assert!(derived.contains("const TRANSIENT"), "{derived}");
    let none = code(parse_quote! {
        struct S {
            a: u32,
        }
    });
    assert!(!none.contains("TRANSIENT"), "{none}");
}

#[test]
fn devices_are_named_in_order() {
    let code = code(parse_quote! {
        #[state(device(ifindex, dev), names_device(link_index, link), names_devices = Self::more)]
        struct S {
            ifindex: u32,
            dev: Option<IfName>,
            link_index: Option<u32>,
            link: Option<IfName>,
            #[state(names_devices)]
            list: Option<Vec<Hop>>,
        }
    });
    let places = [
        "self . dev)",
        "self . link)",
        "Self :: more (self , name)",
        "self . list . iter_mut ()",
    ];
    let places = places.map(|place| code.find(place).expect(place));
    assert!(places.is_sorted(), "{code}");
}

#[test]
fn object_that_is_a_device_has_its_name_from_the_message() {
    let is = code(parse_quote! {
        #[state(is_device(ifindex, ifname))]
        struct S {
            ifindex: u32,
            ifname: Option<IfName>,
        }
    });
    assert!(is.contains("self . ifname . as_ref ()"), "{is}");
    assert!(!is.contains("& mut self . ifname"), "{is}");
}

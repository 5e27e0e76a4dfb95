//! The error messages, and which attributes the generated code decodes.

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
fn attribute_without_a_number_is_an_error() {
    let text = error(parse_quote! {
        struct S {
            #[nla(NDA_DST)]
            dst: u32,
        }
    });
    assert_eq!(text, "`NDA_DST` has no number: expected `NDA_DST = NUMBER`");
}

#[test]
fn number_of_more_than_16_bits_is_an_error() {
    let text = error(parse_quote! {
        struct S {
            #[nla(NDA_DST = 65536)]
            dst: u32,
        }
    });
    assert_eq!(text, "number too large to fit in target type");
}

#[test]
fn unknown_field_option_is_an_error_that_lists_the_options() {
    let text = error(parse_quote! {
        struct S {
            #[nla(NDA_DST = 1, detail)]
            dst: u32,
        }
    });
    assert!(text.starts_with("unknown option `detail`: expected one of `details`,"));
    for option in [
        "nonzero", "optional", "wire =", "names(", "map(", "with =", "entry(",
    ] {
        assert!(text.contains(&format!("`{option}")), "{option} in {text}");
    }
}

#[test]
fn unknown_struct_option_is_an_error_that_lists_the_options() {
    let text = error(parse_quote! {
        #[nla(skipped(NDA_DST = 1))]
        struct S {}
    });
    assert_eq!(
        text,
        "unknown option `skipped`: expected one of `nest(…)`, `skip(…)`, `custom(…)`, \
         `by_caller(…)`"
    );
}

#[test]
fn two_readers_of_one_field_are_an_error() {
    let text = error(parse_quote! {
        struct S {
            #[nla(NDA_DST = 1, wire = u8, map(u8, f))]
            dst: u32,
        }
    });
    assert_eq!(text, "a second option that says how the value is read");
}

#[test]
fn two_declarations_of_one_field_are_an_error() {
    let text = error(parse_quote! {
        struct S {
            #[nla(NDA_DST = 1)]
            #[nla(NDA_LLADDR = 2)]
            dst: u32,
        }
    });
    assert_eq!(text, "a field has one `#[nla]` for each set of attributes");
}

#[test]
fn two_attributes_of_one_number_are_an_error() {
    let text = error(parse_quote! {
        #[nla(skip(NDA_UNSPEC = 1))]
        struct S {
            #[nla(NDA_DST = 1)]
            dst: u32,
        }
    });
    assert_eq!(text, "`NDA_DST` has the number of `NDA_UNSPEC`: 1");
}

#[test]
fn one_number_in_two_nests_is_correct() {
    code(parse_quote! {
        #[nla(nest(A = 1, B = 2))]
        struct S {
            #[nla(A / A_ID = 1)]
            a: u32,
            #[nla(B / B_ID = 1)]
            b: u32,
        }
    });
}

#[test]
fn attribute_inside_an_undeclared_nest_is_an_error() {
    let text = error(parse_quote! {
        struct S {
            #[nla(NDTA_PARMS / NDTPA_IFINDEX = 1)]
            ifindex: u32,
        }
    });
    assert_eq!(text, "no `#[nla(nest(NDTA_PARMS = NUMBER))]` on the struct");
}

#[test]
fn nest_inside_a_nest_is_decoded_there() {
    let code = code(parse_quote! {
        #[nla(nest(A = 1, A / B = 2))]
        struct S {
            #[nla(B / C = 3)]
            c: u32,
        }
    });
    let place = |text: &str| code.find(text).expect(text);
    assert!(place("1u16 =>") < place("2u16 =>"), "{code}");
    assert!(place("2u16 =>") < place("3u16 =>"), "{code}");
    assert!(
        code.contains("pub (crate) const B : u16 = 2u16 ;"),
        "{code}"
    );
}

#[test]
fn nest_inside_itself_is_an_error() {
    let text = error(parse_quote! {
        #[nla(nest(A / A = 1))]
        struct S {}
    });
    assert_eq!(text, "the nest `A` is inside no attribute of the struct");
}

#[test]
fn attribute_of_the_caller_inside_a_nest_is_an_error() {
    let text = error(parse_quote! {
        #[nla(nest(A = 1), by_caller(A / B = 2))]
        struct S {}
    });
    assert_eq!(
        text,
        "the caller decodes no attribute inside another one: use `custom`"
    );
}

#[test]
fn options_of_an_option_on_another_type_are_errors() {
    let text = error(parse_quote! {
        struct S {
            #[nla(NDA_DST = 1, nonzero)]
            dst: u32,
        }
    });
    assert_eq!(text, "`nonzero` needs a field of type `Option`");
    let text = error(parse_quote! {
        struct S {
            #[nla(NDA_DST = 1, optional, map(u32, f))]
            dst: u32,
        }
    });
    assert_eq!(text, "`optional` needs a field of type `Option`");
}

#[test]
fn optional_without_a_function_is_an_error() {
    let text = error(parse_quote! {
        struct S {
            #[nla(NDA_DST = 1, optional)]
            dst: Option<u32>,
        }
    });
    assert_eq!(text, "`optional` needs `map(READER, F)` or `with = F`");
}

#[test]
fn enum_and_tuple_struct_are_errors() {
    let text = error(parse_quote! {
        enum E {
            A,
        }
    });
    assert_eq!(text, "expected a struct");
    let text = error(parse_quote! {
        struct S(u32);
    });
    assert_eq!(text, "expected named fields");
}

#[test]
fn generated_code_decodes_every_attribute_but_those_of_the_caller() {
    let code = code(parse_quote! {
        #[nla(by_caller(A = 1), custom(B = 2 => Self::b), skip(C = 3))]
        struct S {
            #[nla(D = 4, optional, map(u32, some))]
            d: Option<u32>,
            #[nla(E = 5, details)]
            e: Option<u32>,
            other: u32,
        }
    });
    assert!(
        code.contains("pub (crate) const A : u16 = 1u16 ;"),
        "{code}"
    );
    assert!(!code.contains("1u16 =>"), "{code}");
    assert!(
        code.contains("2u16 => (Self :: b) (self , context , attr) ,"),
        "{code}"
    );
    assert!(code.contains("3u16 => Ok (()) ,"), "{code}");
    assert!(
        code.contains("4u16 => { { let value = (some) (attr . u32 () ?) ; self . d = value ; }"),
        "{code}"
    );
    assert!(code.contains("5u16 => { if context . details {"), "{code}");
    assert!(!code.contains("self . other"), "{code}");
}

#[test]
fn list_of_entries_declares_their_number() {
    let code = code(parse_quote! {
        struct S {
            #[nla(LIST = 1, entry(ENTRY = 7))]
            list: Vec<u32>,
        }
    });
    assert!(code.contains("(context , attr , 7u16) ?"), "{code}");
    assert!(code.contains("name : \"ENTRY\" , number : 7u16"), "{code}");
}

#[test]
fn stub_reports_the_error_and_implements_the_trait() {
    let error = syn::Error::new(proc_macro2::Span::call_site(), "reason");
    let code = super::stub(&parse_quote!(S), &error).to_string();
    assert!(code.contains("compile_error ! { \"reason\" }"), "{code}");
    assert!(
        code.contains("impl crate :: kind :: attributes :: Attributes < () > for S"),
        "{code}"
    );
}

#[test]
fn each_set_has_an_implementation_of_its_own() {
    let code = code(parse_quote! {
        #[nla(in Gre, skip(IFLA_GRE_PAD = 9))]
        struct S {
            #[nla(in Gre, IFLA_GRE_TTL = 8)]
            #[nla(in IpTun, IFLA_IPTUN_TTL = 4)]
            ttl: u8,
        }
    });
    let implementations: Vec<_> = code.split("impl crate :: ").skip(1).collect();
    let [gre, ip_tun] = implementations[..] else {
        panic!("two implementations: {code}");
    };
    assert!(gre.starts_with("kind :: attributes :: Attributes < Gre > for S"));
    assert!(gre.contains("8u16 =>") && gre.contains("9u16 =>") && !gre.contains("4u16 =>"));
    assert!(ip_tun.starts_with("kind :: attributes :: Attributes < IpTun > for S"));
    assert!(ip_tun.contains("4u16 =>") && !ip_tun.contains("8u16 =>"));
}

#[test]
fn two_declarations_of_one_field_in_one_set_are_an_error() {
    let text = error(parse_quote! {
        struct S {
            #[nla(in Gre, IFLA_GRE_TTL = 8)]
            #[nla(in Gre, IFLA_GRE_TOS = 9)]
            ttl: u8,
        }
    });
    assert_eq!(text, "a field has one `#[nla]` for each set of attributes");
}

#[test]
fn flattened_struct_decodes_the_attributes_that_it_declares() {
    let code = code(parse_quote! {
        struct S {
            #[nla(IFLA_VF_STATS_PAD = 6)]
            pad: u8,
            #[nla(flatten)]
            rx: Rx,
        }
    });
    let otherwise = "if crate :: kind :: attributes :: declares (< Rx as crate :: kind :: \
                     attributes :: Attributes < () >> :: ATTRS , attr . kind)";
    assert!(code.contains(otherwise), "{code}");
    assert!(code.contains("1usize + < Rx as"), "{code}");
}

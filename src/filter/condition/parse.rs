//! From the text of an expression to its parse tree, and what is wrong with the text.

use jaq_core::load::lex::{self, StrPart, Tok, Token};
use jaq_core::load::parse::{Expect, Parser, Term};
use jaq_core::load::{Lexer, span};

use super::super::fault::Fault;

/// Maximum length of an expression, bytes.
const MAX_LENGTH: usize = 4096;
/// Maximum number of tokens: parser, compiler and interpreter recurse.
const MAX_TOKENS: usize = 256;
/// Maximum depth of brackets, for the same reason.
const MAX_DEPTH: usize = 32;

/// What cannot stand in a condition, and why.
const REFUSED: &[(&str, &str)] = &[
    ("=", "`=` assigns; compare with `==`"),
    ("|=", CHANGES),
    ("+=", CHANGES),
    ("-=", CHANGES),
    ("*=", CHANGES),
    ("/=", CHANGES),
    ("%=", CHANGES),
    ("//=", CHANGES),
    ("def", "a condition defines no functions"),
    ("reduce", LOOPS),
    ("foreach", LOOPS),
    ("label", "a condition has no labels; use `first` or `any`"),
    ("break", "a condition has no labels; use `first` or `any`"),
    ("import", MODULES),
    ("include", MODULES),
    ("module", MODULES),
];
const CHANGES: &str = "a condition changes no values";
const LOOPS: &str = "a condition has no loops of its own; use `any`, `all`, `add` or `map`";
const MODULES: &str = "a condition reads no files";

/// Parses an expression.
///
/// # Errors
/// The first place at which it is wrong.
pub(super) fn parse(text: &str) -> Result<Term<&str>, Fault> {
    if text.len() > MAX_LENGTH {
        let reason = format!("expected at most {MAX_LENGTH} bytes");
        return Err(Fault::new("", reason));
    }
    check_depth(text)?;
    let tokens = Lexer::new(text).lex().map_err(|faults| {
        let first = faults.iter().min_by_key(|(_, rest)| span(text, rest).start);
        first.map_or_else(
            || Fault::new(text, "invalid"),
            |fault| of_lexer(text, fault),
        )
    })?;
    let mut number = 0;
    check_tokens(text, &tokens, &mut number)?;
    let place = |token: Option<&&Token<&str>>| match token {
        Some(token) => span(text, token.0).start,
        None => text.len(),
    };
    Parser::new(&tokens)
        .parse(|parser| parser.term())
        .map_err(|faults| {
            let first = faults.iter().min_by_key(|(_, token)| place(token.as_ref()));
            match first {
                Some((expect, token)) => {
                    let at = place(token.as_ref());
                    let found = token.map(|token| token.0);
                    Fault::at(text, at, expected(text, at, expect, found))
                }
                None => Fault::new(text, "invalid"),
            }
        })
}

fn check_depth(text: &str) -> Result<(), Fault> {
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            let reason = format!("brackets are nested deeper than {MAX_DEPTH}");
            return Err(Fault::at(text, at, reason));
        }
    }
    Ok(())
}

fn check_tokens(text: &str, tokens: &[Token<&str>], number: &mut usize) -> Result<(), Fault> {
    for token in tokens {
        *number += 1;
        let at = span(text, token.0).start;
        if *number > MAX_TOKENS {
            let reason = format!("expected at most {MAX_TOKENS} words and operators");
            return Err(Fault::at(text, at, reason));
        }
        match &token.1 {
            Tok::Word | Tok::Sym => {
                if let Some((_, reason)) = REFUSED.iter().find(|(it, _)| *it == token.0) {
                    return Err(Fault::at(text, at, *reason));
                }
            }
            Tok::Block(inner) => check_tokens(text, inner, number)?,
            Tok::Str(parts) => {
                for part in parts {
                    if let StrPart::Term(inner) = part {
                        check_tokens(text, std::slice::from_ref(inner), number)?;
                    }
                }
            }
            Tok::Var | Tok::Fmt | Tok::Num => {}
        }
    }
    Ok(())
}

/// What other languages write, and what jq does.
const FOREIGN: &[(&str, &str)] = &[
    ("&", "write `and`"),
    ("||", "write `or`"),
    ("!", "write `(… | not)`"),
    ("'", "strings have double quotes"),
];

fn hint(rest: &str) -> Option<&'static str> {
    let found = FOREIGN.iter().find(|(text, _)| rest.starts_with(text));
    found.map(|(_, hint)| *hint)
}

fn of_lexer(text: &str, (expect, rest): &lex::Error<&str>) -> Fault {
    let at = span(text, rest).start;
    if let lex::Expect::Delim(open) = expect {
        return Fault::at(text, at, format!("`{open}` is not closed"));
    }
    let what = match (expect, hint(rest)) {
        (lex::Expect::Token, Some(hint)) => hint.to_owned(),
        (lex::Expect::Token, None) => {
            let found: String = rest.chars().take(1).collect();
            format!("`{found}` has no meaning in jq")
        }
        (expect, _) => format!("expected a {}", expect.as_str()),
    };
    Fault::at(text, at, what)
}

fn expected(text: &str, at: usize, expect: &Expect<&str>, found: Option<&str>) -> String {
    let from = at.saturating_sub(1);
    if let Some(hint) = text.get(from..).and_then(hint).or(hint(&text[at..])) {
        return hint.to_owned();
    }
    let what = match expect {
        Expect::Just(text) => format!("`{text}`"),
        Expect::Nothing => "an operator or the end".to_owned(),
        Expect::Term => "a value or a path".to_owned(),
        other => other.as_str().to_owned(),
    };
    match found {
        Some(found) => {
            let found: String = found.chars().take(16).collect();
            format!("expected {what}, found `{found}`")
        }
        None => format!("expected {what}, found the end"),
    }
}

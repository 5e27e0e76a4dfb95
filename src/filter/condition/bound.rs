//! Rewrites an expression so that its evaluation counts its steps: wherever a part of it can be
//! evaluated more than once, or can make a value of any size, the part first takes a step, or as many as
//! the value has size.
//!
//! Expressions without generators, `.kind == "link" and .link.mtu < 1500`, stay as they are.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::ops::Math;
use jaq_core::path::{Opt, Part, Path};

use super::functions::{Count, FUNCTIONS, Function, On};
use super::natives::{MULTIPLY, TICK, WEIGH};

type Tree<'s> = Term<&'s str>;

fn call(name: &'static str) -> Tree<'static> {
    Term::Call(name, Vec::new())
}

fn pipe<'s>(left: Tree<'s>, right: Tree<'s>) -> Tree<'s> {
    Term::BinOp(Box::new(left), BinaryOp::Pipe(None), Box::new(right))
}

fn weighed(term: Tree<'_>) -> Tree<'_> {
    pipe(term, call(WEIGH))
}

fn ticked(term: Tree<'_>) -> Tree<'_> {
    pipe(call(TICK), term)
}

/// Rewrites `term`, which is evaluated for each output of `left`.
fn repeated<'s>(left: &Tree<'s>, term: Tree<'s>) -> Tree<'s> {
    match is_single(left) {
        true => bounded(term),
        false => ticked(bounded(term)),
    }
}

fn function(name: &str, arity: usize) -> Option<&'static Function> {
    let mut functions = FUNCTIONS.iter();
    functions.find(|it| it.name == name && it.arity == arity)
}

/// Returns true if the term has at most one output.
fn is_single(term: &Tree<'_>) -> bool {
    match term {
        Term::Id | Term::Num(_) | Term::Var(_) | Term::Arr(_) => true,
        Term::Str(_, parts) => parts.iter().all(|part| match part {
            StrPart::Term(term) => is_single(term),
            StrPart::Str(_) | StrPart::Char(_) => true,
        }),
        Term::Obj(members) => members
            .iter()
            .all(|(key, value)| is_single(key) && value.as_ref().is_none_or(is_single)),
        Term::Neg(term) => is_single(term),
        Term::BinOp(_, BinaryOp::Comma, _) => false,
        Term::BinOp(left, op, right) => {
            let is_plain = |pattern: &Pattern<&str>| matches!(pattern, Pattern::Var(_));
            let binds_one = match op {
                BinaryOp::Pipe(Some(pattern)) => is_plain(pattern),
                _ => true,
            };
            binds_one && is_single(left) && is_single(right)
        }
        Term::TryCatch(term, catch) => {
            is_single(term) && catch.as_ref().is_none_or(|term| is_single(term))
        }
        Term::IfThenElse(branches, otherwise) => {
            let mut both = branches.iter();
            both.all(|(condition, branch)| is_single(condition) && is_single(branch))
                && otherwise.as_ref().is_none_or(|term| is_single(term))
        }
        Term::Call(name, arguments) => {
            let count = function(name, arguments.len()).map(|it| it.count);
            match count {
                Some(Count::One) => true,
                Some(Count::PerArgument) => arguments.iter().all(is_single),
                Some(Count::Many) | None => false,
            }
        }
        Term::Path(head, Path(parts)) => {
            is_single(head)
                && parts.iter().all(|(part, _)| match part {
                    Part::Index(term) => is_single(term),
                    Part::Range(None, None) => false,
                    Part::Range(from, to) => from.iter().chain(to).all(is_single),
                })
        }
        _ => false,
    }
}

/// Returns true if the term is a value of small size whatever its input.
fn is_scalar(term: &Tree<'_>) -> bool {
    match term {
        Term::Num(_) => true,
        Term::Str(_, parts) => parts
            .iter()
            .all(|part| matches!(part, StrPart::Str(_) | StrPart::Char(_))),
        Term::Neg(term) => is_scalar(term),
        Term::Call(name, arguments) => {
            arguments.is_empty() && ["true", "false", "null", "length", "type"].contains(name)
        }
        _ => false,
    }
}

/// Rewrites a term.
pub(super) fn bounded(term: Tree<'_>) -> Tree<'_> {
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Var(_) | Term::Arr(None) => term,
        Term::Str(format, parts) => {
            let is_made = parts.iter().any(|part| matches!(part, StrPart::Term(_)));
            let parts = parts.into_iter().map(|part| match part {
                StrPart::Term(term) => StrPart::Term(weighed(ticked(bounded(term)))),
                other => other,
            });
            let text = Term::Str(format, parts.collect());
            match is_made {
                true => weighed(text),
                false => text,
            }
        }
        Term::Arr(Some(term)) => weighed(Term::Arr(Some(Box::new(bounded(*term))))),
        Term::Obj(members) => {
            let each = |term| ticked(bounded(term));
            let members = members.into_iter().map(|(key, value)| match (key, value) {
                // `{a}` is `{a: .a}`.
                (key @ (Term::Str(..) | Term::Var(_)), None) => (key, None),
                (key @ Term::Str(..), Some(value)) if is_scalar(&key) => (key, Some(each(value))),
                (key, value) => (each(key), value.map(each)),
            });
            weighed(Term::Obj(members.collect()))
        }
        Term::Neg(term) => Term::Neg(Box::new(bounded(*term))),
        Term::BinOp(left, op, right) => operation(*left, op, *right),
        Term::TryCatch(term, catch) => Term::TryCatch(
            Box::new(bounded(*term)),
            catch.map(|term| Box::new(bounded(*term))),
        ),
        Term::IfThenElse(branches, otherwise) => {
            let is_repeated = !branches.iter().all(|(condition, _)| is_single(condition));
            let branch = |term| match is_repeated {
                true => ticked(bounded(term)),
                false => bounded(term),
            };
            let branches =
                branches
                    .into_iter()
                    .enumerate()
                    .map(|(at, (condition, then))| match at {
                        0 => (bounded(condition), branch(then)),
                        _ => (branch(condition), branch(then)),
                    });
            let branches = branches.collect();
            Term::IfThenElse(branches, otherwise.map(|term| Box::new(branch(*term))))
        }
        Term::Call(name, arguments) => called(name, arguments),
        Term::Path(head, Path(parts)) => {
            // Each combination of several outputs is a path.
            let index = |term: Term<_>| match is_single(&term) {
                true => bounded(term),
                false => pipe(bounded(term), call(TICK)),
            };
            let is_made = matches!(*head, Term::Recurse);
            let parts: Vec<(Part<_>, Opt)> = parts
                .into_iter()
                .map(|(part, opt)| match part {
                    Part::Index(term) => (Part::Index(index(term)), opt),
                    Part::Range(from, to) => (Part::Range(from.map(index), to.map(index)), opt),
                })
                .collect();
            let head = match is_made {
                true => pipe(Term::Recurse, call(TICK)),
                false => bounded(*head),
            };
            Term::Path(Box::new(head), Path(parts))
        }
        // Refused before.
        Term::Label(..) | Term::Break(_) | Term::Fold(..) | Term::Def(..) => call("empty"),
    }
}

fn operation<'s>(left: Tree<'s>, op: BinaryOp<&'s str>, right: Tree<'s>) -> Tree<'s> {
    let right = match &op {
        BinaryOp::Comma | BinaryOp::Alt => bounded(right),
        _ => repeated(&left, right),
    };
    let is_small = is_scalar(&left) || is_scalar_of(&right);
    let left = bounded(left);
    let binary = |left, op, right| Term::BinOp(Box::new(left), op, Box::new(right));
    match op {
        BinaryOp::Math(Math::Mul) => Term::Call(MULTIPLY, vec![left, right]),
        BinaryOp::Math(_) | BinaryOp::Cmp(_) if is_small => binary(left, op, right),
        BinaryOp::Math(_) => weighed(binary(weighed(left), op, weighed(right))),
        BinaryOp::Cmp(_) => binary(weighed(left), op, weighed(right)),
        BinaryOp::Pipe(Some(Pattern::Var(_))) | BinaryOp::Pipe(None) => binary(left, op, right),
        BinaryOp::Pipe(Some(pattern)) => {
            let op = BinaryOp::Pipe(Some(counted(pattern)));
            binary(left, op, ticked(right))
        }
        op => binary(left, op, right),
    }
}

/// The same as [`is_scalar`], of a term that was rewritten.
fn is_scalar_of(term: &Tree<'_>) -> bool {
    match term {
        Term::BinOp(tick, BinaryOp::Pipe(None), inner) => {
            matches!(**tick, Term::Call(TICK, _)) && is_scalar(inner)
        }
        other => is_scalar(other),
    }
}

/// A pattern whose computed keys take a step each.
fn counted(pattern: Pattern<&str>) -> Pattern<&str> {
    match pattern {
        Pattern::Var(name) => Pattern::Var(name),
        Pattern::Arr(inner) => Pattern::Arr(inner.into_iter().map(counted).collect()),
        Pattern::Obj(inner) => Pattern::Obj(
            inner
                .into_iter()
                .map(|(key, pattern)| match key {
                    key @ Term::Str(..) if is_scalar(&key) => (key, counted(pattern)),
                    key => (pipe(bounded(key), call(TICK)), counted(pattern)),
                })
                .collect(),
        ),
    }
}

fn called<'s>(name: &'s str, arguments: Vec<Tree<'s>>) -> Tree<'s> {
    let found = function(name, arguments.len());
    let Some(function) = found else {
        return Term::Call(name, arguments.into_iter().map(bounded).collect());
    };
    let is_compared = function.on == On::Elements && function.grows;
    let argument = |term| {
        let is_once = (function.on, function.count) == (On::Input, Count::PerArgument);
        let term = match is_once && is_single(&term) {
            true => return bounded(term),
            false => ticked(bounded(term)),
        };
        match is_compared {
            true => weighed(term),
            false => term,
        }
    };
    let arguments: Vec<_> = arguments.into_iter().map(argument).collect();
    let called = Term::Call(name, arguments);
    match function.grows || name == "map" {
        true => weighed(pipe(call(WEIGH), called)),
        false => called,
    }
}

//! The parts of an expression that are native filters: comparisons of `.kind`, `.op` and `.origin` with
//! a text, which have to be met whatever else the expression says.

use jaq_core::load::parse::{BinaryOp, Term};
use jaq_core::load::span;
use jaq_core::ops::Cmp;
use jaq_core::path::{Part, Path};

use super::super::fault::Fault;
use super::super::options::{OPS, ORIGINS, Test};
use super::check::literal;
use crate::event::Kind;

/// A condition that the event has to meet: one of these.
pub(super) type Alternatives = Vec<Test>;

/// Splits an expression into native conditions and the rest, if there is any.
///
/// # Errors
/// If `.kind`, `.op` or `.origin` is compared with a value that it cannot have.
pub(super) fn split<'s>(
    text: &str,
    term: Term<&'s str>,
) -> Result<(Vec<Alternatives>, Option<Term<&'s str>>), Fault> {
    let mut native = Vec::new();
    let rest = rest(text, term, &mut native)?;
    Ok((native, rest))
}

fn rest<'s>(
    text: &str,
    term: Term<&'s str>,
    native: &mut Vec<Alternatives>,
) -> Result<Option<Term<&'s str>>, Fault> {
    if let Term::BinOp(left, BinaryOp::And, right) = term {
        let (left, right) = (rest(text, *left, native)?, rest(text, *right, native)?);
        return Ok(match (left, right) {
            (Some(left), Some(right)) => {
                Some(Term::BinOp(Box::new(left), BinaryOp::And, Box::new(right)))
            }
            (left, right) => left.or(right),
        });
    }
    match alternatives(text, &term)? {
        Some((_, alternatives)) => {
            native.push(alternatives);
            Ok(None)
        }
        None => Ok(Some(term)),
    }
}

/// The field that a term compares, and the values with which the term is true; `None` if it is more than
/// that.
fn alternatives(
    text: &str,
    term: &Term<&str>,
) -> Result<Option<(&'static str, Alternatives)>, Fault> {
    match term {
        Term::BinOp(left, BinaryOp::Or, right) => {
            let (left, right) = (alternatives(text, left)?, alternatives(text, right)?);
            Ok(match (left, right) {
                (Some((field, mut own)), Some((other, others))) if field == other => {
                    own.extend(others);
                    Some((field, own))
                }
                _ => None,
            })
        }
        Term::BinOp(left, BinaryOp::Cmp(cmp @ (Cmp::Eq | Cmp::Ne)), right) => {
            let sides = [(left, right), (right, left)];
            let compared = |(path, value): (&Term<&str>, &Term<_>)| {
                let field = field(path)?;
                Some((field, literal(value)?))
            };
            let mut sides = sides.iter();
            let Some((field, value)) = sides.find_map(|(a, b)| compared((a, b))) else {
                return Ok(None);
            };
            let all = all(field);
            let is_meant = |test: &Test| name(test) == value;
            if !all.iter().any(is_meant) {
                let names: Vec<_> = all.iter().map(name).collect();
                let at = span(text, value).start;
                if value == Kind::Meta.name() && field == "kind" {
                    let reason = "`meta` lines are no events; leave them out with --no-meta";
                    return Err(Fault::at(text, at, reason));
                }
                return Err(Fault::unknown(text, at, field, value, &names));
            }
            let is_equal = matches!(cmp, Cmp::Eq);
            let kept = all.into_iter().filter(|it| is_meant(it) == is_equal);
            Ok(Some((field, kept.collect())))
        }
        _ => Ok(None),
    }
}

/// The field of a path `.kind`, `.op` or `.origin`.
fn field(term: &Term<&str>) -> Option<&'static str> {
    let Term::Path(head, Path(parts)) = term else {
        return None;
    };
    let (Term::Id, [(Part::Index(name), _)]) = (&**head, &parts[..]) else {
        return None;
    };
    let name = literal(name)?;
    ["kind", "op", "origin"].into_iter().find(|it| *it == name)
}

/// All values of a field, of events.
fn all(field: &str) -> Vec<Test> {
    let is_event = |kind: &&Kind| **kind != Kind::Meta;
    match field {
        "kind" => Kind::ALL
            .iter()
            .filter(is_event)
            .copied()
            .map(Test::Kind)
            .collect(),
        "op" => OPS.iter().copied().map(Test::Op).collect(),
        _ => ORIGINS.iter().copied().map(Test::Origin).collect(),
    }
}

fn name(test: &Test) -> &'static str {
    match test {
        Test::Kind(kind) => kind.name(),
        Test::Op(op) => op.name(),
        Test::Origin(origin) => origin.name(),
        _ => "",
    }
}

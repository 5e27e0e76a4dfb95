//! Checks an expression against the schema, and finds what it reads of a line.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::load::span;
use jaq_core::ops::Cmp;
use jaq_core::path::{Part, Path};

use super::super::fault::{Fault, nearest};
use super::functions::{FUNCTIONS, Function, Input, On, Output, REFUSED};
use super::meter::regex;
use super::shape::{Member, Shape};
use super::wanted::Wanted;
use crate::event::Kind;

/// What the expression reads, and what may surprise its author.
#[derive(Debug)]
pub(super) struct Checked {
    pub wanted: Wanted,
    pub warnings: Vec<Fault>,
}

/// Checks an expression. `possible`: the kinds of events that can pass.
///
/// # Errors
/// If it names a field, a function or a variable that does not exist.
pub(super) fn check(text: &str, term: &Term<&str>, possible: &[Kind]) -> Result<Checked, Fault> {
    let mut checker = Checker {
        text,
        wanted: Wanted::default(),
        warnings: Vec::new(),
        variables: Vec::new(),
        present: Vec::new(),
    };
    checker.visit(term, &Shape::line(possible))?;
    Ok(Checked {
        wanted: checker.wanted,
        warnings: checker.warnings,
    })
}

/// The text of a string without escapes and without expressions in it.
pub(super) fn literal<'s>(term: &Term<&'s str>) -> Option<&'s str> {
    match term {
        Term::Str(None, parts) => match parts[..] {
            [StrPart::Str(text)] => Some(text),
            _ => None,
        },
        _ => None,
    }
}

struct Checker<'s> {
    text: &'s str,
    wanted: Wanted,
    warnings: Vec<Fault>,
    variables: Vec<(&'s str, Shape)>,
    /// Paths of which an earlier part of the condition has made sure that they have a value.
    present: Vec<Vec<Box<str>>>,
}

impl<'s> Checker<'s> {
    fn fault(&self, at: &str, reason: impl Into<String>) -> Fault {
        Fault::at(self.text, span(self.text, at).start, reason)
    }

    /// Notes that a value is looked at. `whole`: and not only whether it is there.
    fn read(&mut self, shape: &Shape, whole: bool) {
        if let Some(path) = &shape.path {
            self.wanted.add(path, whole);
        }
    }

    /// Visits terms whose values are read as a whole.
    fn read_all<'t>(
        &mut self,
        terms: impl IntoIterator<Item = &'t Term<&'s str>>,
        input: &Shape,
    ) -> Result<(), Fault>
    where
        's: 't,
    {
        for term in terms {
            let shape = self.visit(term, input)?;
            self.read(&shape, true);
        }
        Ok(())
    }

    /// Returns what a term makes of its input.
    fn visit(&mut self, term: &Term<&'s str>, input: &Shape) -> Result<Shape, Fault> {
        Ok(match term {
            Term::Id => input.clone(),
            Term::Recurse => {
                self.read(input, true);
                Shape::made()
            }
            Term::Num(_) | Term::Arr(None) => Shape::made(),
            Term::Str(Some(format), _) => {
                return Err(self.fault(format, format!("a condition has no format `{format}`")));
            }
            Term::Str(None, parts) => {
                for part in parts {
                    if let StrPart::Term(term) = part {
                        self.read_all([term], input)?;
                    }
                }
                Shape::made()
            }
            Term::Arr(Some(term)) | Term::Neg(term) => {
                self.read_all([&**term], input)?;
                Shape::made()
            }
            Term::Obj(members) => {
                for (key, value) in members {
                    match (value, literal(key)) {
                        (Some(value), _) => self.read_all([key, value], input)?,
                        (None, Some(name)) => {
                            let shape = self.member(input.clone(), name)?;
                            self.read(&shape, true);
                        }
                        (None, None) => self.read_all([key], input)?,
                    }
                }
                Shape::made()
            }
            Term::BinOp(left, op, right) => self.operation(left, op, right, input)?,
            Term::TryCatch(term, catch) => {
                let shape = self.visit(term, input)?;
                if let Some(catch) = catch {
                    self.read_all([&**catch], &Shape::made())?;
                }
                Shape {
                    is_optional: true,
                    ..shape
                }
            }
            Term::IfThenElse(branches, otherwise) => {
                let mut result: Option<Shape> = None;
                let mut add = |shape: Shape| {
                    result = Some(match result.take() {
                        Some(other) => other.or(shape),
                        None => shape,
                    });
                };
                let mut shapes = Vec::new();
                for (condition, branch) in branches {
                    self.visit(condition, input)?;
                    shapes.push(self.visit(branch, input)?);
                }
                shapes.push(match otherwise {
                    Some(branch) => self.visit(branch, input)?,
                    None => input.clone(),
                });
                for shape in shapes {
                    // The path of the result may not be known any more.
                    self.read(&shape, true);
                    add(shape);
                }
                result.unwrap_or_else(Shape::made)
            }
            Term::Call(name, arguments) => self.call(name, arguments, input)?,
            Term::Var(name) => {
                let mut variables = self.variables.iter().rev();
                match variables.find(|(known, _)| known == name) {
                    Some((_, shape)) => shape.clone(),
                    None => return Err(self.unknown_variable(name)),
                }
            }
            Term::Path(head, Path(parts)) => {
                if let (Term::Num(number), Some((Part::Index(_), _))) = (&**head, parts.first()) {
                    return Err(self.fault(number, format!("`{number}` has no fields")));
                }
                let mut shape = self.visit(head, input)?;
                for (part, _) in parts {
                    shape = self.step(shape, part, input)?;
                }
                self.read(&shape, false);
                shape
            }
            Term::Label(name, _) | Term::Break(name) | Term::Fold(name, ..) => {
                return Err(self.fault(name, "a condition has no loops of its own"));
            }
            Term::Def(..) => return Err(Fault::new(self.text, "a condition defines no functions")),
        })
    }

    fn operation(
        &mut self,
        left: &Term<&'s str>,
        op: &BinaryOp<&'s str>,
        right: &Term<&'s str>,
        input: &Shape,
    ) -> Result<Shape, Fault> {
        match op {
            BinaryOp::Pipe(None) => {
                let shape = self.visit(left, input)?;
                self.visit(right, &shape)
            }
            BinaryOp::Pipe(Some(pattern)) => {
                let shape = self.visit(left, input)?;
                let before = self.variables.len();
                self.bind(pattern, &shape, input)?;
                let result = self.visit(right, input)?;
                self.variables.truncate(before);
                // The path of a variable is read where it is bound, too: its value may be of another
                // input.
                Ok(result)
            }
            BinaryOp::Comma | BinaryOp::Alt => {
                let left = self.visit(left, input)?;
                let right = self.visit(right, input)?;
                self.read(&left, true);
                self.read(&right, true);
                let is_optional = match op {
                    BinaryOp::Alt => right.is_optional,
                    _ => left.is_optional || right.is_optional,
                };
                Ok(Shape {
                    is_optional,
                    ..left.or(right)
                })
            }
            BinaryOp::Or => {
                self.visit(left, input)?;
                self.visit(right, input)?;
                Ok(Shape::made())
            }
            BinaryOp::And => {
                self.visit(left, input)?;
                let before = self.present.len();
                self.note_present(left, input)?;
                self.visit(right, input)?;
                self.present.truncate(before);
                Ok(Shape::made())
            }
            BinaryOp::Math(_) => {
                self.read_all([left, right], input)?;
                Ok(Shape::made())
            }
            BinaryOp::Cmp(cmp) => {
                let shapes = (self.visit(left, input)?, self.visit(right, input)?);
                self.read(&shapes.0, true);
                self.read(&shapes.1, true);
                if !matches!(cmp, Cmp::Eq | Cmp::Ne) {
                    self.warn_of_absence(left, *cmp, right, &shapes);
                }
                Ok(Shape::made())
            }
            _ => Err(Fault::new(self.text, "a condition changes no values")),
        }
    }

    fn bind(
        &mut self,
        pattern: &Pattern<&'s str>,
        shape: &Shape,
        input: &Shape,
    ) -> Result<(), Fault> {
        match pattern {
            Pattern::Var(name) => self.variables.push((name, shape.clone())),
            Pattern::Arr(inner) => {
                self.read(shape, true);
                for pattern in inner {
                    self.bind(pattern, &Shape::made(), input)?;
                }
            }
            Pattern::Obj(inner) => {
                self.read(shape, true);
                for (key, pattern) in inner {
                    self.read_all([key], input)?;
                    self.bind(pattern, &Shape::made(), input)?;
                }
            }
        }
        Ok(())
    }

    /// Notes the paths that have a value where `term` is true: `.a`, `.a != null`, and parts of `and`.
    fn note_present(&mut self, term: &Term<&'s str>, input: &Shape) -> Result<(), Fault> {
        let is_null = |term: &Term<&str>| matches!(term, Term::Call("null", _));
        match term {
            Term::BinOp(left, BinaryOp::And, right) => {
                self.note_present(left, input)?;
                self.note_present(right, input)?;
            }
            Term::BinOp(left, BinaryOp::Cmp(Cmp::Ne), right) if is_null(right) => {
                self.note_present(left, input)?;
            }
            // Without terms in it, which were visited before, and have others in them.
            Term::Path(head, Path(parts)) if matches!(**head, Term::Id) => {
                let is_plain = |(part, _): &(Part<Term<&str>>, _)| match part {
                    Part::Index(term) => literal(term).is_some(),
                    Part::Range(from, to) => from.is_none() && to.is_none(),
                };
                if parts.iter().all(is_plain) {
                    let shape = self.visit(term, input)?;
                    self.present.extend(shape.path);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// `null` is less than everything else: an absent field may pass a comparison of numbers.
    fn warn_of_absence(
        &mut self,
        left: &Term<&'s str>,
        cmp: Cmp,
        right: &Term<&'s str>,
        shapes: &(Shape, Shape),
    ) {
        let sides = [
            (left, &shapes.0, right, false),
            (right, &shapes.1, left, true),
        ];
        for (term, shape, other, is_right) in sides {
            let Some(path) = &shape.path else { continue };
            let is_path = matches!(term, Term::Path(..) | Term::Var(_));
            if !is_path || !shape.is_optional || self.present.contains(path) {
                continue;
            }
            let sign = match cmp {
                Cmp::Lt => "<",
                Cmp::Le => "<=",
                Cmp::Gt => ">",
                _ => ">=",
            };
            let other = match other {
                Term::Num(number) => (*number).to_owned(),
                other => literal(other).map_or("100".to_owned(), |text| format!("\"{text}\"")),
            };
            // Everything but `null` itself is greater than `null`.
            let is_true = matches!(cmp, Cmp::Lt | Cmp::Le) != is_right;
            let example = match is_right {
                false => format!("null {sign} {other}"),
                true => format!("{other} {sign} null"),
            };
            let written = shape.written();
            let reason = format!(
                "`{written}` may be absent, and {example} is {is_true} in jq; write ({written} // 0)"
            );
            let at = first_text(term).unwrap_or(self.text);
            self.warnings.push(self.fault(at, reason));
        }
    }

    /// The value of a path after one more part.
    fn step(
        &mut self,
        shape: Shape,
        part: &Part<Term<&'s str>>,
        input: &Shape,
    ) -> Result<Shape, Fault> {
        match part {
            Part::Index(term) => {
                if let Some(name) = literal(term) {
                    return self.member(shape, name);
                }
                self.read_all([term], input)?;
                let (element, is_list) = shape.element();
                if !is_list {
                    self.read(&shape, true);
                }
                Ok(Shape {
                    is_optional: true,
                    ..element
                })
            }
            Part::Range(None, None) => {
                let (element, is_list) = shape.element();
                if !is_list {
                    self.read(&shape, true);
                }
                Ok(element)
            }
            Part::Range(from, to) => {
                self.read_all(from.iter().chain(to), input)?;
                Ok(shape)
            }
        }
    }

    fn member(&mut self, shape: Shape, name: &'s str) -> Result<Shape, Fault> {
        let written = shape.written();
        let known = match shape.member(name) {
            Member::Known(shape) => return Ok(shape),
            Member::OfList => {
                let reason = format!("`{written}` is a list; write `{written}[].{name}`");
                return Err(self.fault(name, reason));
            }
            Member::Unknown(known) => known,
        };
        if known.is_empty() {
            return Err(self.fault(name, format!("`{written}` has no fields")));
        }
        let of = match written.as_str() {
            "." => String::new(),
            written => format!(" of `{written}`"),
        };
        let mut reason = format!("unknown field `{name}`{of}");
        let elsewhere = || {
            let mut payloads = known.iter();
            let payload = payloads.find(|payload| match shape.member(payload) {
                Member::Known(inner) => inner.has_property(name),
                _ => false,
            })?;
            Some(format!("{payload}.{name}"))
        };
        let meant = match of.is_empty() {
            true => elsewhere().or_else(|| nearest(name, &known).map(str::to_owned)),
            false => nearest(name, &known).map(str::to_owned),
        };
        match meant {
            Some(meant) if of.is_empty() => reason += &format!("; did you mean `.{meant}`?"),
            Some(meant) => reason += &format!("; did you mean `{meant}`?"),
            None => {}
        }
        Err(self.fault(name, reason))
    }

    fn call(
        &mut self,
        name: &'s str,
        arguments: &[Term<&'s str>],
        input: &Shape,
    ) -> Result<Shape, Fault> {
        let function = self.function(name, arguments.len())?;
        if let ("test", Some(pattern)) = (name, arguments.first())
            && let Some(pattern) = literal(pattern)
        {
            let flags = arguments.get(1).and_then(literal);
            regex(pattern, flags.unwrap_or("")).map_err(|reason| self.fault(pattern, reason))?;
        }
        match function.input {
            Input::Tested => self.read(input, false),
            Input::Read => self.read(input, true),
            Input::Elements => {
                if !input.element().1 {
                    self.read(input, true);
                }
            }
        }
        let mut on = match function.on {
            On::Elements => input.element().0,
            On::Input | On::First => input.clone(),
        };
        let mut last = Shape::made();
        for (at, argument) in arguments.iter().enumerate() {
            last = self.visit(argument, &on)?;
            let is_generator = function.on == On::First && at == 0;
            self.read(&last, !function.tests && !is_generator);
            if is_generator {
                on = last.clone();
            }
        }
        Ok(match function.output {
            Output::Input => Shape {
                is_optional: input.is_optional && name != "values",
                ..input.clone()
            },
            Output::Element => Shape {
                is_optional: true,
                ..input.element().0
            },
            Output::Argument => last,
            Output::Other => Shape::made(),
        })
    }

    fn function(&self, name: &'s str, arity: usize) -> Result<&'static Function, Fault> {
        let mut functions = FUNCTIONS.iter();
        if let Some(found) = functions.find(|it| it.name == name && it.arity == arity) {
            return Ok(found);
        }
        let arities = FUNCTIONS.iter().filter(|it| it.name == name);
        let arities: Vec<_> = arities.map(|it| it.arity.to_string()).collect();
        if !arities.is_empty() {
            let arities = arities.join(" or ");
            let reason = format!("`{name}` takes {arities} arguments, not {arity}");
            return Err(self.fault(name, reason));
        }
        if let Some(reason) = refused(name) {
            let reason = format!("`{name}` is not available: {reason}");
            return Err(self.fault(name, reason));
        }
        if name.starts_with('@') {
            return Err(self.fault(name, format!("a condition has no format `{name}`")));
        }
        let known: Vec<_> = FUNCTIONS.iter().map(|it| it.name).collect();
        let mut reason = format!("unknown function `{name}`");
        // A path without its dot.
        let is_field = Shape::line(&[]).has_property(name);
        match nearest(name, &known) {
            _ if is_field => reason += &format!("; did you mean `.{name}`?"),
            Some(meant) => reason += &format!("; did you mean `{meant}`?"),
            None => reason += "; a text has double quotes, a path begins with a dot",
        }
        Err(self.fault(name, reason))
    }

    fn unknown_variable(&self, name: &str) -> Fault {
        match refused(name) {
            Some(reason) => self.fault(name, format!("`{name}` is not available: {reason}")),
            None => self.fault(name, format!("unknown variable `{name}`")),
        }
    }
}

fn refused(name: &str) -> Option<&'static str> {
    let mut refused = REFUSED.iter();
    Some(refused.find(|(names, _)| names.contains(&name))?.1)
}

/// Text of the expression with which the term begins, if it is a path or a variable.
fn first_text<'s>(term: &Term<&'s str>) -> Option<&'s str> {
    match term {
        Term::Var(name) => Some(name),
        Term::Path(head, Path(parts)) => first_text(head).or_else(|| match parts.first()? {
            (Part::Index(term), _) => literal(term),
            _ => None,
        }),
        _ => None,
    }
}

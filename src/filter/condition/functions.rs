//! The functions of jq that a condition may call, and those that measure what an evaluation costs.
//!
//! Every one ends: none recurses, repeats, or counts to a number that an argument gives, and none reads
//! anything but the event.

use std::cell::{Cell, RefCell};

use jaq_core::data::HasLut;
use jaq_core::load::parse::Def;
use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Ctx, DataT, Error, Lut, ValR};
use jaq_json::{Num, Val};
use regex_lite::{Regex, RegexBuilder};

/// The steps that one evaluation may take. A step is an output of a generator that is processed, a
/// member of a value that is made or compared, or four bytes of a text.
pub(super) const BUDGET: u64 = 100_000;

/// Maximum number of regular expressions that are kept.
const MAX_PATTERNS: usize = 64;

/// The types of the interpreter.
pub(super) struct Language;

impl DataT for Language {
    type V<'a> = Val;
    type Data<'a> = Evaluation<'a>;
}

/// What an evaluation has access to.
#[derive(Clone, Copy)]
pub(super) struct Evaluation<'a> {
    pub lut: &'a Lut<Language>,
    pub meter: &'a Meter,
}

impl<'a> HasLut<'a, Language> for Evaluation<'a> {
    fn lut(&self) -> &'a Lut<Language> {
        self.lut
    }
}

/// Counts the steps of an evaluation.
#[derive(Debug, Default)]
pub(super) struct Meter {
    left: Cell<u64>,
    patterns: RefCell<Vec<((String, String), Regex)>>,
}

impl Meter {
    pub(super) fn reset(&self) {
        self.left.set(BUDGET);
    }

    /// Returns true if the budget is spent: whatever the evaluation returns does not count.
    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    fn spend(&self, steps: u64) -> Result<(), Error<Val>> {
        self.left.set(self.left.get().saturating_sub(steps));
        match self.is_spent() {
            true => Err(Error::str(format_args!(
                "the evaluation takes more than {BUDGET} steps"
            ))),
            false => Ok(()),
        }
    }

    /// Spends the size of a value, and at least one step.
    fn weigh(&self, value: &Val) -> Result<(), Error<Val>> {
        let left = self.left.get();
        self.spend(size(value, left))
    }

    fn is_match(&self, text: &str, pattern: &str, flags: &str) -> Result<bool, Error<Val>> {
        let mut patterns = self.patterns.borrow_mut();
        let mut known = patterns.iter();
        let known = known.find(|((a, b), _)| a == pattern && b == flags);
        if let Some((_, regex)) = known {
            return Ok(regex.is_match(text));
        }
        let regex = regex(pattern, flags).map_err(Error::str)?;
        let is_match = regex.is_match(text);
        if patterns.len() < MAX_PATTERNS {
            patterns.push(((pattern.to_owned(), flags.to_owned()), regex));
        }
        Ok(is_match)
    }
}

/// Compiles a regular expression.
///
/// # Errors
/// What is wrong with it.
pub(super) fn regex(pattern: &str, flags: &str) -> Result<Regex, String> {
    let mut builder = RegexBuilder::new(pattern);
    for flag in flags.chars() {
        match flag {
            'i' => builder.case_insensitive(true),
            'x' => builder.ignore_whitespace(true),
            's' => builder.dot_matches_new_line(true),
            'l' => builder.swap_greed(true),
            // They concern where and how often it matches.
            'g' | 'n' => &mut builder,
            _ => return Err(format!("`{flag}` is no flag of a regular expression")),
        };
    }
    // Limits the time for each byte of the text.
    let regex = builder.size_limit(1 << 16).build();
    regex.map_err(|error| format!("invalid regular expression: {error}"))
}

/// Size of a value in steps; not more than `most` is counted.
fn size(value: &Val, most: u64) -> u64 {
    let text = |bytes: &[u8]| 1 + bytes.len() as u64 / 4;
    let mut total = match value {
        Val::Null | Val::Bool(_) => 1,
        Val::Num(Num::BigInt(number)) => 1 + number.bits() / 32,
        Val::Num(_) => 1,
        Val::BStr(bytes) | Val::TStr(bytes) => text(bytes),
        Val::Arr(_) | Val::Obj(_) => 1,
    };
    match value {
        Val::Arr(list) => {
            for inner in list.iter() {
                if total >= most {
                    break;
                }
                total += size(inner, most - total);
            }
        }
        Val::Obj(members) => {
            for (key, inner) in members.iter() {
                if total >= most {
                    break;
                }
                total += size(key, most - total);
                total += size(inner, most.saturating_sub(total));
            }
        }
        _ => {}
    }
    total
}

/// What a function does with its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// Nothing, or it only looks whether it is true.
    Tested,
    /// It reads it.
    Read,
    /// It only goes through the elements.
    Elements,
}

/// What the arguments of a function are evaluated on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    /// The input.
    Input,
    /// Each element of the input.
    Elements,
    /// The last argument on each output of the first.
    First,
}

/// What a function returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// Its input, or nothing.
    Input,
    /// An element of its input.
    Element,
    /// Outputs of its last argument.
    Argument,
    /// Something else.
    Other,
}

/// How many outputs a function has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    /// At most one.
    One,
    /// At most one for each output of its arguments.
    PerArgument,
    /// Any number.
    Many,
}

/// A function that a condition may call.
#[derive(Debug)]
pub(super) struct Function {
    pub name: &'static str,
    pub arity: usize,
    pub input: Input,
    pub on: On,
    /// The outputs of the arguments are only tested whether they are true.
    pub tests: bool,
    pub output: Output,
    pub count: Count,
    /// Its time or its result grows with the input.
    pub grows: bool,
}

const fn function(name: &'static str, arity: usize) -> Function {
    Function {
        name,
        arity,
        input: Input::Read,
        on: On::Input,
        tests: false,
        output: Output::Other,
        count: Count::PerArgument,
        grows: false,
    }
}

const fn growing(name: &'static str, arity: usize) -> Function {
    Function {
        grows: true,
        ..function(name, arity)
    }
}

const fn constant(name: &'static str) -> Function {
    Function {
        input: Input::Tested,
        ..function(name, 0)
    }
}

/// `values` and others that return their input or nothing.
const fn choice(name: &'static str) -> Function {
    Function {
        output: Output::Input,
        ..function(name, 0)
    }
}

/// `any` and `all`.
const fn quantifier(name: &'static str, arity: usize) -> Function {
    Function {
        input: match arity {
            2 => Input::Tested,
            _ => Input::Elements,
        },
        on: match arity {
            2 => On::First,
            _ => On::Elements,
        },
        tests: true,
        count: Count::One,
        ..function(name, arity)
    }
}

/// `sort_by` and others that compare what the argument makes of each element.
const fn ordering(name: &'static str) -> Function {
    Function {
        on: On::Elements,
        count: Count::One,
        ..growing(name, 1)
    }
}

/// `first` and others that return outputs of their argument.
const fn outputs(name: &'static str, arity: usize, count: Count) -> Function {
    Function {
        input: Input::Tested,
        output: Output::Argument,
        count,
        ..function(name, arity)
    }
}

/// Every function, in the order of the documentation.
pub(super) const FUNCTIONS: &[Function] = &[
    constant("true"),
    constant("false"),
    constant("null"),
    constant("empty"),
    constant("not"),
    Function {
        input: Input::Tested,
        tests: true,
        output: Output::Input,
        ..function("select", 1)
    },
    quantifier("any", 0),
    quantifier("any", 1),
    quantifier("any", 2),
    quantifier("all", 0),
    quantifier("all", 1),
    quantifier("all", 2),
    Function {
        input: Input::Tested,
        tests: true,
        count: Count::One,
        ..function("isempty", 1)
    },
    Function {
        count: Count::One,
        ..function("IN", 1)
    },
    Function {
        count: Count::One,
        ..function("IN", 2)
    },
    function("has", 1),
    function("in", 1),
    function("contains", 1),
    function("inside", 1),
    function("startswith", 1),
    function("endswith", 1),
    growing("test", 1),
    growing("test", 2),
    function("length", 0),
    function("utf8bytelength", 0),
    growing("ltrimstr", 1),
    growing("rtrimstr", 1),
    growing("trim", 0),
    growing("ltrim", 0),
    growing("rtrim", 0),
    growing("ascii_downcase", 0),
    growing("ascii_upcase", 0),
    growing("split", 1),
    growing("join", 1),
    growing("tostring", 0),
    growing("tojson", 0),
    growing("tonumber", 0),
    function("type", 0),
    choice("values"),
    choice("nulls"),
    choice("booleans"),
    choice("numbers"),
    choice("strings"),
    choice("arrays"),
    choice("objects"),
    choice("iterables"),
    choice("scalars"),
    Function {
        input: Input::Elements,
        on: On::Elements,
        count: Count::One,
        ..function("map", 1)
    },
    Function {
        output: Output::Element,
        ..function("first", 0)
    },
    Function {
        output: Output::Element,
        ..function("last", 0)
    },
    Function {
        output: Output::Element,
        ..function("nth", 1)
    },
    outputs("first", 1, Count::One),
    outputs("last", 1, Count::One),
    outputs("limit", 2, Count::Many),
    growing("add", 0),
    Function {
        count: Count::One,
        ..growing("add", 1)
    },
    growing("min", 0),
    growing("max", 0),
    ordering("min_by"),
    ordering("max_by"),
    growing("sort", 0),
    ordering("sort_by"),
    growing("unique", 0),
    ordering("unique_by"),
    ordering("group_by"),
    growing("reverse", 0),
    growing("keys", 0),
    growing("to_entries", 0),
    function("floor", 0),
    function("ceil", 0),
    function("round", 0),
    function("abs", 0),
];

/// Functions of jq that a condition cannot call, and why.
pub(super) const REFUSED: &[(&[&str], &str)] = &[
    (
        &["now", "localtime", "mktime", "gmtime", "strftime"],
        "a replay would give other lines; compare `.time`, a text in UTC with nine decimals",
    ),
    (
        &[
            "env",
            "$ENV",
            "$__prog_args",
            "$__loc__",
            "input",
            "inputs",
            "debug",
            "stderr",
            "input_line_number",
            "input_filename",
            "get_search_list",
            "halt",
            "halt_error",
        ],
        "a condition reads nothing but the event",
    ),
    (
        &[
            "range",
            "repeat",
            "until",
            "while",
            "recurse",
            "recurse_down",
            "walk",
            "combinations",
            "limit_",
            "env_",
            "paths",
            "leaf_paths",
            "flatten",
            "splits",
            "getpath",
        ],
        "it may not end, or take too long; use `any`, `all`, `map` or `..`",
    ),
    (
        &[
            "match",
            "capture",
            "scan",
            "sub",
            "gsub",
            "ascii",
            "implode",
            "explode",
            "fromjson",
            "index",
            "rindex",
            "indices",
            "from_entries",
            "with_entries",
            "map_values",
            "del",
            "delpaths",
            "setpath",
            "todate",
            "fromdate",
            "fromdateiso8601",
            "todateiso8601",
            "error",
        ],
        "a condition only tests; use `test`, `contains`, `startswith`, `any` or `==`",
    ),
];

/// Definitions in jq. `weigh` spends the size of what it passes on.
const DEFINITIONS: &str = r#"
def true: 0 == 0;
def false: 0 != 0;
def null: [][0];
def empty: {}[] as $x | .;
def error(message): (message | error_empty) as $x | .;
def not: if . then false else true end;
def select(f): if f then . else empty end;
def isempty(g): first((g | false), true);
def any(g; f): isempty(g | f or empty) | not;
def all(g; f): isempty(g | f and empty);
def any(f): any(.[]; f);
def all(f): all(.[]; f);
def any: any(.[]; .);
def all: all(.[]; .);
def IN(s): any(s == .; .);
def IN(source; s): any(source == s; .);
def in(xs): . as $x | xs | has($x);
def inside(xs): . as $x | xs | contains($x);
def test(pattern): test(pattern; null);
def tostring: "\(.)";
def isboolean: . == true or . == false;
def isnumber: . > true and . < "";
def isstring: . >= "" and . < [];
def isarray: . >= [] and . < {};
def isobject: . >= {};
def type:
    if . == null then "null"
  elif isboolean then "boolean"
  elif . < "" then "number"
  elif . < [] then "string"
  elif . < {} then "array"
  else "object" end;
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(isboolean);
def numbers: select(isnumber);
def strings: select(isstring);
def arrays: select(isarray);
def objects: select(isobject);
def iterables: select(. >= []);
def scalars: select(. < []);
def split($separator):
  if isstring and ($separator | isstring) then . / $separator
  else error("split input and separator must be strings") end;
def join($separator):
  reduce .[] as $x (null;
    (if . == null then "" else . + $separator end)
    + (if $x == null then "" else "\($x)" end) | weigh) // "";
def map(f): [.[] | f];
def first: .[0];
def last: .[-1];
def nth(n): .[n];
def add(f): reduce f as $x (null; . + $x | weigh);
def add: add(.[]);
def min_by(f): reduce min_by_or_empty(f) as $x (null; $x);
def max_by(f): reduce max_by_or_empty(f) as $x (null; $x);
def min: min_by(.);
def max: max_by(.);
def unique_by(f): [group_by(f)[] | .[0]];
def unique: unique_by(.);
def keys: keys_unsorted | sort;
def to_entries: [key_values[] as [$key, $value] | {$key, $value}];
def abs: if . < 0 then - . else . end;
"#;

/// The definitions in jq.
pub(super) fn definitions() -> Vec<Def<&'static str>> {
    jaq_core::load::parse(DEFINITIONS, |parser| parser.defs()).unwrap_or_default()
}

/// Takes one step.
pub(super) const TICK: &str = "tick";
/// Takes as many steps as the value has size.
pub(super) const WEIGH: &str = "weigh";
/// The product of two values, which may be a repeated text.
pub(super) const MULTIPLY: &str = "multiply";

/// The functions in Rust: those of the library, and our own.
pub(super) fn natives() -> impl Iterator<Item = Fun<Language>> {
    let own = [
        run::<Language>((TICK, v(0), |cv| {
            let spent = cv.0.data().meter.spend(1);
            bome(spent.map(|()| cv.1))
        })),
        run((WEIGH, v(0), |cv| {
            let spent = cv.0.data().meter.weigh(&cv.1);
            bome(spent.map(|()| cv.1))
        })),
        run((MULTIPLY, v(2), |mut cv| {
            let (right, left) = (cv.0.pop_var(), cv.0.pop_var());
            bome(multiply(&cv.0, left, right))
        })),
        run(("contains", v(1), |mut cv| {
            let part = cv.0.pop_var();
            bome(contains(&cv.0, &cv.1, &part))
        })),
        run(("test", v(2), |mut cv| {
            let (flags, pattern) = (cv.0.pop_var(), cv.0.pop_var());
            bome(test(&cv.0, &cv.1, &pattern, &flags))
        })),
        run(("tonumber", v(0), |cv| bome(to_number(cv.1)))),
    ];
    let is_own = |name: &str| name == "contains";
    let library = jaq_core::funs()
        .chain(jaq_std::base_funs())
        .chain(jaq_json::funs());
    library.filter(move |it| !is_own(it.0)).chain(own)
}

fn multiply(ctx: &Ctx<'_, Language>, left: Val, right: Val) -> ValR<Val> {
    let meter = ctx.data().meter;
    let repeats = |text: &Val, number: &Val| match (text, number) {
        (Val::BStr(text) | Val::TStr(text), Val::Num(number)) => {
            let times = number.as_isize().unwrap_or(isize::MAX).max(0);
            Some((text.len() as u64).saturating_mul(times.unsigned_abs() as u64))
        }
        _ => None,
    };
    match repeats(&left, &right).or_else(|| repeats(&right, &left)) {
        Some(bytes) => meter.spend(1 + bytes / 4)?,
        None => {
            meter.weigh(&left)?;
            meter.weigh(&right)?;
        }
    }
    let product = (left * right)?;
    meter.weigh(&product)?;
    Ok(product)
}

/// Compares each member of one with each of the other, so this costs the product of their sizes.
fn contains(ctx: &Ctx<'_, Language>, whole: &Val, part: &Val) -> ValR<Val> {
    let meter = ctx.data().meter;
    let steps = size(whole, BUDGET).saturating_mul(size(part, BUDGET));
    meter.spend(steps)?;
    Ok(Val::Bool(does_contain(whole, part)))
}

fn does_contain(whole: &Val, part: &Val) -> bool {
    match (whole, part) {
        (Val::BStr(whole) | Val::TStr(whole), Val::BStr(part) | Val::TStr(part)) => {
            part.is_empty() || whole.windows(part.len()).any(|it| it == &part[..])
        }
        (Val::Arr(whole), Val::Arr(part)) => {
            let mut part = part.iter();
            part.all(|part| whole.iter().any(|whole| does_contain(whole, part)))
        }
        (Val::Obj(whole), Val::Obj(part)) => part.iter().all(|(key, part)| {
            let whole = whole.get(key);
            whole.is_some_and(|whole| does_contain(whole, part))
        }),
        _ => whole == part,
    }
}

fn test(ctx: &Ctx<'_, Language>, text: &Val, pattern: &Val, flags: &Val) -> ValR<Val> {
    let string = |value: &Val| match value {
        Val::BStr(text) | Val::TStr(text) => Ok(String::from_utf8_lossy(text).into_owned()),
        other => Err(Error::typ(other.clone(), "string")),
    };
    let (text, pattern) = (string(text)?, string(pattern)?);
    let flags = match flags {
        Val::Null => String::new(),
        flags => string(flags)?,
    };
    let meter = ctx.data().meter;
    meter.spend(1 + text.len() as u64)?;
    meter.is_match(&text, &pattern, &flags).map(Val::Bool)
}

fn to_number(value: Val) -> ValR<Val> {
    let text = match &value {
        Val::Num(_) => return Ok(value),
        Val::BStr(text) | Val::TStr(text) => String::from_utf8_lossy(text),
        _ => return Err(Error::typ(value, "number")),
    };
    let is_number = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
    let number = match text.parse::<isize>() {
        Ok(number) => Some(Val::from(number)),
        Err(_) if text.chars().all(is_number) => text.parse::<f64>().ok().map(Val::from),
        Err(_) => None,
    };
    number.ok_or_else(|| Error::typ(value.clone(), "number"))
}

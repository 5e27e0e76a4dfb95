//! The definitions of the functions that a condition may call: in jq and in Rust.

use jaq_core::load::parse::Def;
use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Ctx, Error, ValR};
use jaq_json::Val;

use super::meter::{BUDGET, Language, size};

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

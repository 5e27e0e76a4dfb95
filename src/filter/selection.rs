//! The filters of a run, or of a query of a state, ready for use.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::json;
use super::options::{FILTERS, FilterOption, Subject, Test, Vocabulary};
use crate::channel::FamilyId;
use crate::event::kind_set::KindSet;
use crate::event::meta::Settings;
use crate::event::{Event, Kind, Origin, Payload};
use crate::kind::property::{Property, Value};
use crate::names::Names;

/// Values of filters by option, as the user gave them: `settings.filters`.
pub type Values = BTreeMap<String, Vec<String>>;

/// Returns true if a condition is met by one of an object's values of a property.
type AnyValue<'a> = dyn Fn(Property, &mut dyn FnMut(Value<'_>) -> bool) -> bool + 'a;

/// The conditions of one option.
#[derive(Debug)]
struct Clause {
    option: &'static FilterOption,
    /// One of them has to be met, if there are any.
    accepted: Vec<Test>,
    /// None of them may be met.
    rejected: Vec<Test>,
}

impl Clause {
    fn passes(&self, mut is_met: impl FnMut(&Test) -> bool) -> bool {
        (self.accepted.is_empty() || self.accepted.iter().any(&mut is_met))
            && !self.rejected.iter().any(is_met)
    }

    /// Returns true if an object passes. `any_value` returns true if one of the object's values
    /// of the property matches.
    fn passes_object(&self, property: Property, any_value: &AnyValue<'_>) -> bool {
        self.passes(|test| match test {
            Test::Value(pattern) => any_value(property, &mut |value| pattern.matches(value)),
            _ => true,
        })
    }
}

/// The filters of a run. All of them have to be passed.
#[derive(Debug, Default)]
pub struct Selection {
    /// On properties of the object.
    of_object: Vec<(Property, Clause)>,
    /// On the event.
    of_event: Vec<Clause>,
    skip_unchanged: bool,
    no_meta: bool,
}

impl Selection {
    /// The filters with these values, of options in the order of [`FILTERS`].
    ///
    /// # Errors
    /// If there is no such option, or a value is invalid.
    pub fn new(values: &Values, vocabulary: Vocabulary<'_>) -> Result<Self, Fault> {
        if let Some(name) = values
            .keys()
            .find(|name| FilterOption::find(name).is_none())
        {
            let known: Vec<_> = FILTERS.iter().map(|option| option.name).collect();
            return Err(Fault::unknown(name, 0, "filter", name, &known));
        }
        let mut selection = Selection::default();
        for option in FILTERS {
            let Some(values) = values.get(option.name).filter(|list| !list.is_empty()) else {
                continue;
            };
            let mut clause = Clause {
                option,
                accepted: Vec::new(),
                rejected: Vec::new(),
            };
            for text in values {
                let term = option.term(text, vocabulary);
                let (accepts, test) = term.map_err(|fault| fault.of(option.name))?;
                match accepts {
                    true => clause.accepted.push(test),
                    false => clause.rejected.push(test),
                }
            }
            let is_on = clause.accepted.last() == Some(&Test::On);
            match option.subject {
                Subject::Object(property) => selection.of_object.push((property, clause)),
                Subject::Event => selection.of_event.push(clause),
                Subject::Unchanged => selection.skip_unchanged = is_on,
                Subject::Meta => selection.no_meta = is_on,
            }
        }
        Ok(selection)
    }

    /// Returns true if there are no filters on events.
    pub fn is_empty(&self) -> bool {
        self.of_object.is_empty() && self.of_event.is_empty() && !self.skip_unchanged
    }

    /// Returns true if `meta` records are left out.
    pub fn leaves_out_meta(&self) -> bool {
        self.no_meta
    }

    /// Returns true if the object of the event passes, in its new state or in its former one: the
    /// last line about an object that does not pass any more says so.
    pub fn selects_object(&self, event: &Event) -> bool {
        self.of_object.is_empty()
            || self.passes(&event.payload)
            || event
                .change
                .as_ref()
                .is_some_and(|it| self.passes(it.old()))
    }

    fn passes(&self, payload: &Payload) -> bool {
        let any_value = |property, is_match: &mut dyn FnMut(Value<'_>) -> bool| {
            payload.any_value(property, is_match)
        };
        let mut clauses = self.of_object.iter();
        clauses.all(|(property, clause)| clause.passes_object(*property, &any_value))
    }

    /// Returns true if the event passes, whatever its object.
    pub fn selects_event(&self, event: &Event) -> bool {
        let is_unchanged = || {
            event
                .change
                .as_ref()
                .is_some_and(|change| change.is_empty())
        };
        let mut clauses = self.of_event.iter();
        clauses.all(|clause| clause.passes(|test| test.passes(event)))
            && !(self.skip_unchanged && is_unchanged())
    }

    /// Returns true if an object of the kind passes, which a line has as JSON.
    pub fn selects_json(&self, kind: Kind, object: &serde_json::Value) -> bool {
        let any_value = |property, is_match: &mut dyn FnMut(Value<'_>) -> bool| {
            json::any_value(kind.places(), object, property, is_match)
        };
        let mut clauses = self.of_object.iter();
        clauses.all(|(property, clause)| clause.passes_object(*property, &any_value))
    }

    /// Returns true if a line of the kind passes, given as JSON: with its object in the new state or in
    /// the former one, as an event.
    pub fn selects_line(&self, kind: Kind, line: &serde_json::Value) -> bool {
        let mut clauses = self.of_event.iter();
        let is_unchanged = || json::changed(line).is_some_and(<[_]>::is_empty);
        if !clauses.all(|clause| clause.passes(|test| json::passes(test, kind, line)))
            || (self.skip_unchanged && is_unchanged())
        {
            return false;
        }
        let Some(object) = line.get(kind.name()) else {
            return self.of_object.is_empty();
        };
        self.selects_json(kind, object)
            || json::former(object, line).is_some_and(|it| self.selects_json(kind, &it))
    }

    /// The options of this selection of which no event of a kind passes.
    fn excluding(&self, kind: Kind) -> impl Iterator<Item = &'static str> {
        let of_object = self.of_object.iter().map(|(_, clause)| clause);
        let clauses = of_object.chain(&self.of_event);
        let excludes = move |clause: &&Clause| {
            let of_tests = |set: KindSet, test| set.or(clause.option.kinds(test));
            let kinds = clause.accepted.iter().fold(KindSet::EMPTY, of_tests);
            !clause.accepted.is_empty() && !kinds.contains(kind)
        };
        clauses.filter(excludes).map(|clause| clause.option.name)
    }

    /// The options that leave out changes of objects whose other lines are written: folding the
    /// lines does not give a state. Properties of objects are not among them.
    pub fn hiding_changes(&self) -> Vec<&'static str> {
        let hides = |clause: &&Clause| {
            let is_passed = |op, origin| {
                clause.passes(|test| match test {
                    Test::Op(it) => *it == op,
                    Test::Origin(it) => *it == origin,
                    _ => false,
                })
            };
            use crate::event::Op::{Add, Change, Delete, Present};
            let ops = [Add, Change, Delete, Present];
            let origins = [
                Origin::Kernel,
                Origin::Snapshot,
                Origin::Resync,
                Origin::Inferred,
                Origin::Checkpoint,
            ];
            let mut pairs = ops
                .iter()
                .flat_map(|op| origins.iter().map(move |it| (*op, *it)));
            clause.option.name == "changed" || !pairs.all(|(op, origin)| is_passed(op, origin))
        };
        let clauses = self.of_event.iter().filter(hides);
        clauses.map(|clause| clause.option.name).collect()
    }
}

/// Checks the filters of a run and limits its kinds to those that can pass: the others need no
/// dumps. `names`: those of the machine.
///
/// # Errors
/// If a value is invalid, or if no kind can pass.
pub fn prepare(settings: &mut Settings, names: &Names) -> Result<(), Fault> {
    settings.filters.retain(|_, values| !values.is_empty());
    let selection = Selection::new(&settings.filters, Vocabulary::of(names))?;
    let of_route = |kind: &&Kind| kind.netlink_family() == Some(FamilyId::ROUTE);
    let all = Kind::ALL.iter().filter(of_route).copied().collect();
    let kinds: Vec<_> = settings.kinds.clone().unwrap_or(all);
    let is_possible = |kind: &Kind| selection.excluding(*kind).next().is_none();
    let possible: Vec<_> = kinds.iter().copied().filter(is_possible).collect();
    let is_event = |kind: &&Kind| **kind != Kind::Meta;
    if possible.iter().any(|kind| is_event(&kind)) || kinds.iter().all(|kind| !is_event(&kind)) {
        if possible.len() < kinds.len() {
            settings.kinds = Some(possible);
        }
        return Ok(());
    }
    let mut options: Vec<_> = kinds
        .iter()
        .flat_map(|kind| selection.excluding(*kind))
        .collect();
    options.sort_unstable();
    options.dedup();
    let options = options.join(" and --");
    Err(Fault::new(
        "",
        match settings.kinds {
            Some(_) => {
                format!("no kind of --kind has what --{options} compares: no event can pass")
            }
            None => format!("no kind has all that --{options} compare: no event can pass"),
        },
    ))
}

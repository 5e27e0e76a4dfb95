//! The filters of a run, or of a query of a state, ready for use.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::condition::{Condition, Surroundings};
use super::fault::Fault;
use super::json;
use super::options::{FILTERS, FilterOption, Subject, Test, Vocabulary, kind_families};
use super::pattern::Pattern;
use crate::channel::{FamilyId, NetnsId};
use crate::event::kind_set::KindSet;
use crate::event::meta::{Netns, Part, Settings};
use crate::event::{Event, Kind, Origin, Payload};
use crate::kind::property::{Property, Value};
use crate::kind::wire::FAMILIES;
use crate::names::Names;
use crate::netlink::nfnetlink::unabbreviated;
use crate::netlink::protocols::protocol;

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

    /// Returns true if an object of that kind passes. `any_value` returns true if one of the object's values
    /// of the property matches.
    fn passes_object(&self, property: Property, kind: Kind, any_value: &AnyValue<'_>) -> bool {
        let is_of_family = |pattern: &Pattern| {
            let mut names = kind_families(kind);
            property == Property::Family && names.any(|name| pattern.matches(Value::Word(name)))
        };
        self.passes(|test| match test {
            Test::Value(pattern) => {
                any_value(property, &mut |value| pattern.matches(value)) || is_of_family(pattern)
            }
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
    /// On the line.
    condition: Option<Condition>,
    /// Other conditions on lines have been applied before, which the lines do not tell.
    was_conditional: bool,
    skip_unchanged: bool,
    no_meta: bool,
}

/// What a selection is for.
#[derive(Clone, Copy)]
enum Purpose<'a> {
    /// To select the events of a run, of these kinds.
    Events(&'a [Kind]),
    /// To select objects by their lines.
    Objects,
    /// To select objects again that a run has selected.
    Written,
}

impl Selection {
    /// The filters with these values, of options in the order of [`FILTERS`].
    ///
    /// # Errors
    /// If there is no such option, or a value is invalid.
    pub fn new(values: &Values, vocabulary: Vocabulary<'_>) -> Result<Self, Fault> {
        Self::with_purpose(values, vocabulary, Purpose::Events(Kind::ALL))
    }

    /// The same, to select objects by their lines.
    ///
    /// # Errors
    /// As of [`Selection::new`].
    pub fn of_objects(values: &Values, vocabulary: Vocabulary<'_>) -> Result<Self, Fault> {
        Self::with_purpose(values, vocabulary, Purpose::Objects)
    }

    /// The filters of the run that wrote the lines.
    ///
    /// # Errors
    /// As of [`Selection::new`].
    pub fn of_written(values: &Values, vocabulary: Vocabulary<'_>) -> Result<Self, Fault> {
        Self::with_purpose(values, vocabulary, Purpose::Written)
    }

    fn with_purpose(
        values: &Values,
        vocabulary: Vocabulary<'_>,
        purpose: Purpose<'_>,
    ) -> Result<Self, Fault> {
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
            if option.subject == Subject::Line {
                for text in values {
                    selection
                        .add_condition(option, text, purpose)
                        .map_err(|fault| fault.of(option.name))?;
                }
                continue;
            }
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
                Subject::Line => {}
            }
        }
        Ok(selection)
    }

    fn add_condition(
        &mut self,
        option: &'static FilterOption,
        text: &str,
        purpose: Purpose<'_>,
    ) -> Result<(), Fault> {
        let mut condition = match purpose {
            Purpose::Events(kinds) => Condition::new(text, kinds)?,
            Purpose::Objects => Condition::of_lines(text, Kind::ALL)?,
            // Another version may have accepted more, or this one may be built without conditions.
            Purpose::Written => match Condition::new(text, Kind::ALL) {
                Ok(condition) => condition,
                Err(_) => {
                    self.was_conditional = true;
                    return Ok(());
                }
            },
        };
        let native = std::mem::take(&mut condition.native);
        self.of_event
            .extend(native.into_iter().map(|accepted| Clause {
                option,
                accepted,
                rejected: Vec::new(),
            }));
        match purpose {
            // A line about an event says nothing about later lines of the object.
            Purpose::Written => self.was_conditional |= condition.is_evaluated(),
            _ if self.condition.is_some() => {
                return Err(Fault::new(
                    text,
                    "only one expression is possible; join them with `and`",
                ));
            }
            _ => self.condition = Some(condition),
        }
        Ok(())
    }

    /// Sets what lines have beside their events.
    pub(super) fn set_surroundings(&mut self, surroundings: Surroundings) {
        if let Some(condition) = &mut self.condition {
            condition.set_surroundings(surroundings);
        }
    }

    /// From now on the network namespace with that number is this one.
    pub(super) fn set_namespace(&mut self, number: NetnsId, netns: &Netns) {
        if let Some(condition) = &mut self.condition {
            condition.set_namespace(number, netns);
        }
    }

    /// Returns how often the expression of `--where` failed.
    pub fn failures(&self) -> u64 {
        self.condition.as_ref().map_or(0, Condition::failures)
    }

    /// Returns true if the line of the event passes, which would have the number `seq`.
    pub(super) fn selects_line_of(&self, event: &Event, seq: u64) -> bool {
        let mut condition = self.condition.iter();
        condition.all(|condition| condition.passes_event(event, seq))
    }

    /// Returns true if a line passes that was read.
    pub fn selects_read_line(&self, line: &str) -> bool {
        let mut condition = self.condition.iter();
        condition.all(|condition| condition.passes_line(line))
    }

    /// Logs once what may surprise the author of the expression of `--where`.
    pub fn log_warnings(&self) {
        static LOGGED: AtomicBool = AtomicBool::new(false);
        let mut warnings = self
            .condition
            .iter()
            .flat_map(Condition::warnings)
            .peekable();
        if warnings.peek().is_some() && !LOGGED.swap(true, Ordering::Relaxed) {
            for warning in warnings {
                log::warn!("{}", warning.clone().of("where"));
            }
        }
    }

    /// Returns true if there are no filters on events.
    pub fn is_empty(&self) -> bool {
        self.of_object.is_empty()
            && self.of_event.is_empty()
            && self.condition.is_none()
            && !self.was_conditional
            && !self.skip_unchanged
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
        let kind = payload.kind();
        let mut clauses = self.of_object.iter();
        clauses.all(|(property, clause)| clause.passes_object(*property, kind, &any_value))
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
        clauses.all(|(property, clause)| clause.passes_object(*property, kind, &any_value))
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
        let is_object_selected = match line.get(kind.name()) {
            None => self.of_object.is_empty(),
            Some(object) => {
                self.selects_json(kind, object)
                    || json::former(object, line).is_some_and(|it| self.selects_json(kind, &it))
            }
        };
        let mut condition = self.condition.iter();
        is_object_selected && condition.all(|condition| condition.passes_json(line))
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
                    Test::Kind(_) => true,
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
            matches!(clause.option.name, "changed" | "by-comm")
                || !pairs.all(|(op, origin)| is_passed(op, origin))
        };
        let clauses = self.of_event.iter().filter(hides);
        let mut names: Vec<_> = clauses.map(|clause| clause.option.name).collect();
        if self.was_conditional {
            names.push("where");
        }
        names.dedup();
        names
    }
}

/// Checks the filters of a run and limits its kinds to those that can pass: the others need no
/// dumps. `names`: those of the machine. `joins`: the run has only the events of the families that
/// it joins; a capture may have those of any.
///
/// # Errors
/// If a value is invalid, or if no kind can pass.
pub fn prepare(settings: &mut Settings, names: &Names, joins: bool) -> Result<(), Fault> {
    settings.filters.retain(|_, values| !values.is_empty());
    // The name of an address family is that of no netlink family.
    let is_address_family = |value: &String| {
        let name = value.strip_prefix('!').unwrap_or(value);
        let mut names = FAMILIES.iter().map(|(_, name)| *name);
        name.bytes().all(|byte| byte.is_ascii_digit())
            || names.any(|it| it.eq_ignore_ascii_case(name))
    };
    let families = settings.filters.get("family");
    let names_families = families.is_some_and(|values| !values.iter().all(is_address_family));
    let is_named = |name: &str| {
        let mut values = settings.filters.get("family").into_iter().flatten();
        values.any(|value| unabbreviated(value).eq_ignore_ascii_case(name))
    };
    let is_read = |kind: &&Kind| match kind.netlink_family() {
        _ if !joins => true,
        Some(FamilyId::ROUTE) => true,
        Some(id) => {
            let family = protocol(id);
            names_families && (!family.is_by_name_only() || is_named(family.name()))
        }
        None => names_families,
    };
    let all = Kind::ALL.iter().filter(is_read).copied().collect();
    let kinds: Vec<_> = settings.kinds.clone().unwrap_or(all);
    if settings.filters.contains_key("by-comm") && !settings.with.contains(&Part::By) {
        let reason = "it compares `by`, which only --with by adds";
        return Err(Fault::new("", reason).of("by-comm"));
    }
    let vocabulary = Vocabulary::of(names);
    let purpose = Purpose::Events(&kinds);
    let selection = Selection::with_purpose(&settings.filters, vocabulary, purpose)?;
    selection.log_warnings();
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

//! The filters on events, and the numbers of lines.

use std::rc::Rc;

use serde_json::Value as Json;

use super::*;
use crate::event::Op;
use crate::event::link::Link;
use crate::event::meta::{Meta, Sync};
use crate::event::values::Time;
use crate::kind::property::{Place, Property};

fn link(origin: Origin) -> Event {
    Event {
        netns: Default::default(),
        time: Time::default(),
        op: Op::Add,
        origin: Some(origin),
        payload: Rc::new(Link::default()).into(),
        change: None,
        uncertain: false,
        by: None,
        nl: None,
        unparsed: Vec::new(),
        raw: None,
    }
}

/// The filter of these settings.
fn filter(settings: &Settings) -> Filter {
    Filter::new(settings, &Names::builtin(), Surroundings::default()).unwrap()
}

fn meta() -> Event {
    Event {
        op: Op::Sync,
        origin: None,
        payload: Meta::Sync(Sync {
            objects: 0,
            checkpoint: None,
            incomplete: None,
        })
        .into(),
        ..link(Origin::Kernel)
    }
}

#[test]
fn selects_the_given_kinds_and_meta() {
    let only = |kind| {
        filter(&Settings {
            kinds: Some(vec![kind]),
            ..Settings::default()
        })
    };
    for filter in [only(Kind::Link), filter(&Settings::default())] {
        assert!(filter.selects(&link(Origin::Kernel)) && filter.selects(&meta()));
    }
    let routes = only(Kind::Route);
    assert!(!routes.selects(&link(Origin::Kernel)) && routes.selects(&meta()));
}

#[test]
fn count_limits_kernel_events_and_never_meta() {
    let mut filter = filter(&Settings {
        count: Some(2),
        ..Settings::default()
    });
    let seqs = [
        meta(),
        link(Origin::Snapshot),
        link(Origin::Kernel),
        link(Origin::Kernel),
        link(Origin::Kernel),
        link(Origin::Snapshot),
        meta(),
    ]
    .map(|event| filter.next_seq(&event));
    let expected = [Some(0), Some(1), Some(2), Some(3), None, None, Some(4)];
    assert_eq!(seqs, expected);
    assert!(filter.is_full());
    assert_eq!(filter.events(), 3);
}

#[test]
fn a_skipped_number_is_not_used_again() {
    let mut filter = filter(&Settings::default());
    assert_eq!(filter.next_seq(&meta()), Some(0));
    filter.skip_seq();
    assert_eq!(filter.next_seq(&meta()), Some(2));
}

/// A name that occurs is one that can be asked for.
#[test]
fn every_name_in_the_fixtures_is_known() {
    fn collect(places: &[Place], object: &Json, found: &mut Vec<(Property, String)>) {
        for place in places {
            match place {
                Place::Field {
                    property, field, ..
                } => {
                    let value = &object[*field];
                    let list = value.as_array().cloned().unwrap_or(vec![value.clone()]);
                    let texts = list.iter().filter_map(Json::as_str);
                    found.extend(texts.map(|text| (*property, text.to_owned())));
                }
                Place::Inside(field, places) => match &object[*field] {
                    Json::Array(list) => list.iter().for_each(|it| collect(places, it, found)),
                    inner => collect(places, inner, found),
                },
            }
        }
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        let file = folder.unwrap().path().join("expected.ndjson");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        for line in text.lines() {
            let line: Json = serde_json::from_str(line).unwrap();
            let named = |kind: &&Kind| line["kind"] == kind.name();
            let kind = Kind::ALL.iter().find(named).unwrap();
            // The netlink families are those of a kernel.
            if *kind != Kind::Generic {
                collect(kind.places(), &line[kind.name()], &mut found);
            }
        }
    }
    for property in [
        Property::Family,
        Property::Table,
        Property::Protocol,
        Property::Type,
        Property::State,
    ] {
        let names = crate::kind::property::known(property, &Names::builtin());
        let is_number =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()) || text.starts_with("0x");
        let mut count = 0;
        for (_, text) in found
            .iter()
            .filter(|(of, text)| *of == property && !is_number(text))
        {
            assert!(names.contains(text), "{property:?} {text}");
            count += 1;
        }
        assert!(count > 20, "{property:?}: only {count}");
    }
}

#[test]
fn a_process_is_selected_by_its_name() {
    let by = |comm: &str| Event {
        by: Some(std::sync::Arc::new(crate::event::By {
            comm: Some(comm.to_owned()),
            ..Default::default()
        })),
        ..link(Origin::Kernel)
    };
    let selects = |values: &[&str], event: &Event| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let values = Values::from([("by-comm".to_owned(), values)]);
        let names = Names::builtin();
        let selection = Selection::new(&values, Vocabulary::of(&names)).unwrap();
        assert_eq!(selection.hiding_changes(), ["by-comm"]);
        let line = serde_json::json!({"kind": "link", "link": {}, "by": event.by.as_deref()});
        let selects = selection.selects_event(event);
        assert_eq!(selection.selects_line(Kind::Link, &line), selects);
        selects
    };
    let unknown = link(Origin::Kernel);
    assert!(selects(&["ip"], &by("ip")) && !selects(&["ip"], &by("ipx")));
    assert!(selects(&["systemd-*", "ip"], &by("systemd-network")) && !selects(&["IP"], &by("ip")));
    assert!(selects(&["!ip"], &by("tc")) && !selects(&["!i*"], &by("ip")));
    assert!(!selects(&["*"], &unknown) && selects(&["!ip"], &unknown));
    let mut settings = Settings::default();
    settings
        .filters
        .insert("by-comm".to_owned(), vec!["ip".to_owned()]);
    let fault = prepare(&mut settings, &Names::builtin(), true).unwrap_err();
    assert!(fault.to_string().contains("--with by"), "{fault}");
    settings.with.push(crate::event::meta::Part::By);
    assert_eq!(prepare(&mut settings, &Names::builtin(), true), Ok(()));
}

//! The module `watch` on captures: the events are the lines of the program.

use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use nlstream::error::Error;
use nlstream::event::Kind;
use nlstream::event::meta::Part;
use nlstream::watch::{Events, Line, Meta, Object, Watcher};
use rustix::event::{PollFd, PollFlags, poll};
use serde_json::Value;

use crate::common::{self, Folder, lines, nlstream};

fn is_sendable<T: Send + 'static>() {}

/// Without what differs from run to run.
fn without_run(mut line: Value) -> Value {
    line["run"] = Value::Null;
    line
}

fn values(events: Events) -> Vec<Value> {
    let value = |event: Result<Line, Error>| serde_json::to_value(event.unwrap()).unwrap();
    events.map(value).map(without_run).collect()
}

/// What the program writes of a capture.
fn replayed(args: &[&str], capture: &str) -> Vec<Value> {
    let output = nlstream(&[&["replay"], args, &[capture]].concat());
    lines(&output.stdout).into_iter().map(without_run).collect()
}

#[test]
fn events_of_captures_are_the_lines_of_the_program() {
    is_sendable::<(Line, Events, Error)>();
    for folder in common::fixtures() {
        let file = folder.join("capture.pcapng");
        let events = Watcher::builder().events_of(&file).unwrap();
        assert_eq!(
            values(events),
            replayed(&[], file.to_str().unwrap()),
            "{file:?}"
        );
    }
}

#[test]
fn options_are_those_of_the_program() {
    let file = common::root().join("fixtures/link-veth/capture.pcapng");
    let of = Watcher::builder()
        .kinds([Kind::Link, Kind::Address])
        .filter("dev", ["veth*"])
        .with([Part::Id, Part::Message])
        .snapshot(true);
    let args = [
        "-k",
        "link,address",
        "--dev",
        "veth*",
        "--with",
        "id,message",
        "--snapshot",
    ];
    let expected = replayed(&args, file.to_str().unwrap());
    assert!(expected.iter().any(|line| line["message"].is_string()));
    assert_eq!(values(of.events_of(&file).unwrap()), expected);
}

#[test]
fn invalid_options_and_files_are_errors_at_the_start() {
    let fails =
        |events: Result<Events, Error>| events.err().map(|error| error.to_string()).unwrap();
    let file = common::root().join("fixtures/link-veth/capture.pcapng");
    let error = fails(Watcher::builder().filter("dve", ["eth0"]).events_of(&file));
    assert!(error.contains("dve"), "{error}");
    let error = fails(
        Watcher::builder()
            .filter("where", [".link.mtuu > 1"])
            .events(),
    );
    assert!(error.contains("mtuu"), "{error}");
    let error = fails(Watcher::builder().all_netns().netns(["a"]).events());
    assert!(error.contains("netns()"), "{error}");
    let error = fails(Watcher::builder().events_of(Path::new("/nonexistent")));
    assert!(error.contains("/nonexistent"), "{error}");
}

#[test]
fn an_error_is_the_last_item() {
    let folder = Folder::new("watch-cut");
    let file = common::root().join("fixtures/link-veth/capture.pcapng");
    let content = std::fs::read(&file).unwrap();
    let cut = folder.write("cut.pcapng", &content[..content.len() - 5]);
    let mut events = Watcher::builder().events_of(Path::new(&cut)).unwrap();
    let mut error = None;
    for event in events.by_ref() {
        assert!(error.is_none(), "an item after {error:?}");
        error = event.err();
    }
    assert!(matches!(error, Some(Error::Capture(_))), "{error:?}");
    assert!(events.is_ended() && events.next().is_none() && events.try_next().is_none());
}

/// A reader that is slow, or goes away, costs neither events nor memory.
#[test]
fn the_reading_of_a_capture_waits_for_its_reader() {
    let folder = common::root().join("fixtures/route-v4/capture.pcapng");
    let all = values(Watcher::builder().events_of(&folder).unwrap());
    let mut slow = Watcher::builder().queue(1).events_of(&folder).unwrap();
    // From another thread, by the descriptor alone.
    let (mut wakeups, mut found) = (0, Vec::new());
    let read = thread::spawn(move || {
        while !slow.is_ended() {
            poll(&mut [PollFd::new(&slow.as_fd(), PollFlags::IN)], None).unwrap();
            wakeups += 1;
            while let Some(event) = slow.try_next() {
                found.push(without_run(serde_json::to_value(event.unwrap()).unwrap()));
            }
        }
        (wakeups, found)
    });
    let (wakeups, found) = read.join().unwrap();
    assert!(wakeups > 0);
    assert_eq!(found, all);
    let mut events = Watcher::builder().queue(1).events_of(&folder).unwrap();
    let first = events.next().unwrap().unwrap();
    assert!(matches!(first.object, Object::Meta(Meta::Start(_))));
    events.stop();
    // The same error for several threads is possible: `Line` shares nothing.
    let line = Arc::new(first);
    thread::spawn(move || drop(line)).join().unwrap();
}

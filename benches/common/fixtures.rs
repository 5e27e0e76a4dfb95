//! The datagrams of the fixtures.

use nlstream::capture;
use nlstream::input::{Channel, InputData};
use nlstream::netlink::frame::Messages;

/// Returns the event datagrams of a fixture, in order.
pub(crate) fn events(name: &str) -> Vec<Vec<u8>> {
    let file = super::root()
        .join("fixtures")
        .join(name)
        .join("capture.pcapng");
    let mut capture = capture::open(&file).unwrap_or_else(|e| panic!("{e}"));
    let mut datagrams = Vec::new();
    while let Some(input) = capture.next().unwrap_or_else(|e| panic!("{e}")) {
        if let InputData::Datagram(Channel::ROUTE_EVENTS, bytes) = input.data {
            datagrams.push(bytes.to_vec());
        }
    }
    datagrams
}

/// Returns the names of all fixtures.
pub(crate) fn names() -> Vec<String> {
    let folder = super::root().join("fixtures");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{folder:?}: {e}"));
    let entries = entries.map(|entry| entry.unwrap().path());
    let mut names: Vec<_> = entries
        .filter(|path| path.join("capture.pcapng").exists())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Returns the type of the single message of a datagram.
pub(crate) fn single(datagram: &[u8]) -> Option<u16> {
    let mut messages = Messages::new(datagram);
    match (messages.next(), messages.next()) {
        (Some(Ok(message)), None) => Some(message.kind),
        _ => None,
    }
}

//! Reads a capture (pcapng, pcap or rtmon) and prints each decoded object:
//! `cargo run --example decode -- fixtures/link-mtu/capture.pcapng`
//!
//! The objects are not compared with earlier ones: for `op`, `changed` and `old` use the lines of
//! `nlstream replay`.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::Path;

use nlstream::capture;
use nlstream::decoder::Decoder;
use nlstream::input::InputData;
use nlstream::names::Names;

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: decode FILE")?;
    let mut reader = capture::open(Path::new(&file))?;
    let decoder = Decoder::new(Names::builtin()).with_details();
    let mut out = io::stdout().lock();
    let mut objects = Vec::new();
    while let Some(input) = reader.next()? {
        // A recording also has control records: gaps, the end of a dump.
        let InputData::Datagram(channel, datagram) = input.data else {
            continue;
        };
        if let Err(error) = decoder.decode(channel, datagram, &mut objects) {
            eprintln!("{}: {error}", input.time.0);
        }
        for object in objects.drain(..) {
            let payload = &object.decoded.payload;
            let (action, kind) = (object.decoded.action, payload.kind().name());
            let json = serde_json::to_string(payload)?;
            writeln!(out, "{action:?} {kind} {json}")?;
            if !object.unparsed.is_empty() {
                eprintln!("{kind}: {} attributes not decoded", object.unparsed.len());
            }
        }
    }
    Ok(())
}

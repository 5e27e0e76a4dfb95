//! Reads a capture (pcapng, pcap or rtmon) and prints each decoded message:
//! `cargo run --example decode -- fixtures/link-mtu/capture.pcapng`
//!
//! This is the stage before state: messages, without comparing them with earlier ones. To get the
//! lines of `nlstream replay` use `nlstream::pipeline`.

use std::error::Error;
use std::path::Path;

use nlstream::capture;
use nlstream::decode::context::DecodeContext;
use nlstream::family::family;
use nlstream::input::InputData;
use nlstream::names::Names;
use nlstream::netlink::frame::Messages;

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: decode FILE")?;
    let mut reader = capture::open(Path::new(&file))?;
    let names = Names::builtin();
    while let Some(input) = reader.next()? {
        // The other inputs are the records of nlstream itself: gaps, the end of a dump.
        let InputData::Datagram(channel, bytes) = input.data else {
            continue;
        };
        let Some(family) = family(channel.family) else {
            continue;
        };
        for message in Messages::new(bytes) {
            let Ok(message) = message else {
                eprintln!("a message with a wrong length");
                break;
            };
            let mut context = DecodeContext::new(&names, true);
            family.decode(&mut context, &message, &mut |decoded, unparsed| {
                let kind = decoded.payload.kind().name();
                let action = decoded.action;
                match serde_json::to_string(&decoded.payload) {
                    Ok(payload) => println!("{action:?} {kind} {payload}"),
                    Err(error) => eprintln!("{kind}: {error}"),
                }
                if !unparsed.is_empty() {
                    eprintln!("{kind}: {} attributes not decoded", unparsed.len());
                }
            });
        }
    }
    Ok(())
}

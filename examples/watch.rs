//! Prints what changes of links, as a program that uses the library sees it:
//! `cargo run --example watch` watches the kernel, and `cargo run --example watch -- FILE` reads a recording
//! or capture.

use std::error::Error;
use std::path::Path;

use nlstream::event::Kind;
use nlstream::watch::{Meta, Object, Watcher};

fn main() -> Result<(), Box<dyn Error>> {
    let watcher = Watcher::builder().kinds([Kind::Link]).snapshot(true);
    let events = match std::env::args().nth(1) {
        Some(file) => watcher.events_of(Path::new(&file))?,
        None => watcher.events()?,
    };
    for event in events {
        let event = event?;
        match &event.object {
            Object::Link(link) => {
                let state = link.operstate.as_deref().unwrap_or_default();
                let name = link.ifname.as_deref().unwrap_or_default();
                print!("{} {} {name} {state}", event.time, event.op);
                // The former value of a property is that of `old`, if `changed` has its name.
                let changed = event.changed.unwrap_or_default();
                if let Some(Object::Link(old)) = &event.old
                    && changed.iter().any(|name| name == "mtu")
                {
                    print!(" mtu {:?} -> {:?}", old.mtu, link.mtu);
                }
                println!(" {changed:?}");
            }
            Object::Meta(Meta::Sync(_)) => println!("{} the snapshot is complete", event.time),
            Object::Meta(Meta::Gap(gap)) => println!("{} lost: {:?}", event.time, gap.lost),
            _ => {}
        }
    }
    Ok(())
}

//! Reads lines of the program, and prints each route with what happened to it:
//! `nlstream | cargo run --example lines`. A program of its own needs only the crate nlstream-lines, which
//! `nlstream::watch` uses.

use std::error::Error;
use std::io;

use nlstream_lines::{Object, Op, read};

fn main() -> Result<(), Box<dyn Error>> {
    for line in read(io::stdin().lock()) {
        let line = line?;
        let Object::Route(route) = &line.object else {
            continue;
        };
        let gateway = route.gateway.map(|it| format!(" via {it}"));
        let dev = route.dev.as_deref().unwrap_or("-");
        let mark = match line.op {
            Op::Delete => "-",
            _ => "+",
        };
        println!(
            "{mark} {}{} dev {dev}",
            route.dst,
            gateway.unwrap_or_default()
        );
    }
    Ok(())
}

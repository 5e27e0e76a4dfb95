//! Folds lines to the objects that exist after them, and counts those objects by kind:
//! `cargo run --example fold -- fixtures/link-veth/expected.ndjson`

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::BufReader;

use nlstream::fold::Fold;

fn main() -> Result<(), Box<dyn Error>> {
    let mut fold = Fold::default();
    let mut reached = None;
    for file in std::env::args().skip(1) {
        reached = Some(fold.read(BufReader::new(File::open(file)?), None)?);
    }
    let reached = reached.ok_or("usage: fold FILE...")?;
    // Lines that begin without a snapshot, or end in a gap, do not have every object.
    if let Some(reason) = fold.incomplete(None, reached, None) {
        eprintln!("incomplete: {reason}");
    }
    let mut kinds = BTreeMap::<_, usize>::new();
    for object in fold.objects() {
        *kinds.entry(object.kind.name()).or_default() += 1;
    }
    for (kind, count) in kinds {
        println!("{count:6} {kind}");
    }
    Ok(())
}

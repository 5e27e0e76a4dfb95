//! `nlstream state`: the objects that existed at a given time, folded from lines.

use std::fs::File;
use std::io::{BufReader, stdin};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use log::warn;

use crate::encode::Format;
use crate::error::Error;
use crate::event::Kind;
use crate::fold::{Fold, Reached};
use crate::sink;
use crate::text::write_object;

/// The options of `nlstream state`.
#[derive(Clone, Debug)]
pub struct StateQuery {
    /// The files with the lines, oldest first; `-` is the standard input.
    pub files: Vec<PathBuf>,
    /// The time; `None` for the end of the lines.
    pub at: Option<Timestamp>,
    /// Limits the result to these kinds.
    pub kinds: Option<Vec<Kind>>,
    pub format: Format,
    /// Prints the result even if it is incomplete.
    pub partial: bool,
}

/// Prints the objects that existed, as lines with `op:"present"` or as text.
///
/// # Errors
/// If the lines cannot be read, or if the state at that time is incomplete.
pub fn run(request: &StateQuery) -> Result<(), Error> {
    let mut fold = Fold::default();
    let mut reached = Reached::End;
    for path in &request.files {
        let fault = |source| Error::Lines {
            path: path.clone(),
            source,
        };
        let read = match path == Path::new("-") {
            true => fold.read(stdin().lock(), request.at),
            false => match File::open(path) {
                Ok(file) => fold.read(BufReader::new(file), request.at),
                Err(error) => Err(error.into()),
            },
        };
        reached = read.map_err(fault)?;
        if reached == Reached::Time {
            break;
        }
    }
    match fold.incomplete(request.at, reached) {
        Some(reason) if request.partial => warn!("the result is incomplete: {reason}"),
        Some(reason) => return Err(Error::Incomplete(reason)),
        None => {}
    }
    let requested = |kind| {
        request
            .kinds
            .as_ref()
            .is_none_or(|kinds| kinds.contains(&kind))
    };
    let framing = request.format.framing();
    let mut record = Vec::new();
    sink::print(|out| {
        for object in fold.objects().filter(|object| requested(object.kind)) {
            record.clear();
            framing.begin_record(&mut record);
            match &request.format {
                Format::Json => serde_json::to_writer(&mut record, object)?,
                Format::Text { zone, colour } => {
                    let (time, json) = (object.time, object.object());
                    write_object(time, object.kind, json, zone, *colour, &mut record);
                }
            }
            framing.end_record(&mut record);
            out.write_all(&record)?;
        }
        Ok(())
    })
}

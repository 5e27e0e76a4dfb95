//! `nlstream state`: the objects that stood at a moment, from lines that were written before.

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

/// What is asked for.
#[derive(Clone, Debug)]
pub struct StateQuery {
    /// The files with the lines, in the order in which they were written; `-` is the standard
    /// input.
    pub files: Vec<PathBuf>,
    /// The moment; the end of the lines without one.
    pub at: Option<Timestamp>,
    /// Only objects of these kinds.
    pub kinds: Option<Vec<Kind>>,
    pub format: Format,
    /// Say what the lines tell, even where that is not all.
    pub partial: bool,
}

/// Prints the objects that stood, as lines with `op:"present"`, or for people.
///
/// # Errors
/// Where the lines cannot be read, or do not tell what stood at that moment.
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
        if reached == Reached::Moment {
            break;
        }
    }
    match fold.incomplete(request.at, reached) {
        Some(reason) if request.partial => warn!("not all that stood is told: {reason}"),
        Some(reason) => return Err(Error::Incomplete(reason)),
        None => {}
    }
    let wanted = |kind| {
        request
            .kinds
            .as_ref()
            .is_none_or(|kinds| kinds.contains(&kind))
    };
    let mut line = Vec::new();
    sink::print(|out| {
        for object in fold.objects().filter(|object| wanted(object.kind)) {
            match &request.format {
                Format::Json => {
                    serde_json::to_writer(&mut *out, object)?;
                    out.write_all(b"\n")?;
                }
                Format::Text { zone, colour } => {
                    let (time, json) = (object.time, object.object());
                    line.clear();
                    write_object(time, object.kind, json, zone, *colour, &mut line);
                    out.write_all(&line)?;
                }
            }
        }
        Ok(())
    })
}

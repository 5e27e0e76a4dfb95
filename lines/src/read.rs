//! Reads lines.

use std::fmt;
use std::io::{self, BufRead};

use crate::Line;

impl Line {
    /// Reads a line, with or without the newline at its end. Faster to compile than serde_json's functions: what serde
    /// generates for all kinds is compiled once, with this crate.
    ///
    /// # Errors
    /// If the text is not a line of nlstream, or has another version of the schema.
    pub fn parse(text: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(text)
    }
}

/// Reads the lines of a file or pipe: `read(BufReader::new(file))`.
pub fn read<R: BufRead>(input: R) -> Lines<R> {
    Lines {
        input,
        text: Vec::new(),
        number: 0,
    }
}

/// The lines of an input. After an error the next line can be read.
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    text: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Line, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.text.clear();
        match self.input.read_until(b'\n', &mut self.text) {
            Err(error) => return Some(Err(ReadError::Input(error))),
            Ok(0) => return None,
            Ok(_) => self.number += 1,
        }
        let line = Line::parse(&self.text);
        Some(line.map_err(|error| ReadError::Line(self.number, error)))
    }
}

/// Why a line cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The input cannot be read.
    Input(io::Error),
    /// The line of this number, from 1, is none of nlstream, or has another version of the schema.
    Line(u64, serde_json::Error),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Input(error) => write!(f, "cannot read the lines: {error}"),
            ReadError::Line(number, error) => write!(f, "line {number}: {error}"),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ReadError::Input(error) => Some(error),
            ReadError::Line(_, error) => Some(error),
        }
    }
}

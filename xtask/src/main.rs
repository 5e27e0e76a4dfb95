//! Generators of the project. Run as `cargo xtask TASK`.

mod fleet;
mod model;
mod pages;
mod reference;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask TASK

pages [FOLDER]  write the man pages and shell completions (to target/pages)
reference       write docs/schema.md, the schema as a page
schema          write schema/v1.json
fleet           write packaging/fleet/*.sql, the model of a fleet's lines
model           write the types of the lines for Rust (lines/) and Python (packaging/python)
check           fail if a generated file is not current, or a page is incomplete";

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let result = match args[..] {
        ["pages"] => pages::write(&root().join("target/pages")),
        ["pages", folder] => pages::write(Path::new(folder)),
        ["reference"] => write(REFERENCE, &reference::page()),
        ["schema"] => write(SCHEMA, &nlstream::schema::text()),
        ["fleet"] => fleet::FILES
            .into_iter()
            .try_for_each(|(dialect, path)| write(path, &fleet::statements(dialect)?)),
        ["model"] => model::files().and_then(|files| {
            let mut files = files.iter();
            files.try_for_each(|(path, text)| write(path, text))
        }),
        ["check"] => check(),
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

const REFERENCE: &str = "docs/schema.md";
const SCHEMA: &str = "schema/v1.json";

/// The folder of the project.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Writes a generated file of the project.
fn write(path: &str, text: &str) -> Result<(), Box<dyn Error>> {
    Ok(std::fs::write(root().join(path), text)?)
}

/// Fails if a generated file differs from what its task writes.
fn check() -> Result<(), Box<dyn Error>> {
    let mut files = vec![
        (REFERENCE, "reference", reference::page()),
        (SCHEMA, "schema", nlstream::schema::text()),
    ];
    for (dialect, path) in fleet::FILES {
        files.push((path, "fleet", fleet::statements(dialect)?));
    }
    for (path, text) in model::files()? {
        files.push((path, "model", text));
    }
    for (path, task, text) in files {
        if std::fs::read_to_string(root().join(path))? != text {
            return Err(format!("{path} is not current: run `cargo xtask {task}`").into());
        }
    }
    reference::check_links(&reference::page())?;
    pages::check()
}

//! Compares every number of a kernel constant in the sources with the kernel's uapi headers
//! (Debian: linux-libc-dev). `NLSTREAM_UAPI=FOLDER` names another include folder.

mod declarations;
mod exceptions;
mod headers;

use std::collections::{BTreeMap, BTreeSet};

use declarations::{Declaration, declarations_are_found};
use exceptions::{NEWER, PREFIXES, UNDECLARED};
use headers::{Headers, enumerators_and_defines_are_read};

use crate::common::{root, source_folders};
use crate::trial::trials;

trials![
    every_number_is_that_of_the_headers(UapiHeaders),
    every_attribute_is_declared_or_has_a_reason(UapiHeaders),
    declarations_are_found(),
    enumerators_and_defines_are_read(),
];

/// The newest kernel whose headers were compared: of newer ones undeclared attributes are listed,
/// and are no failure.
const COMPARED: (u32, u32) = (7, 2);

/// Returns the path below the project's root, and the text, of every source.
fn sources() -> impl Iterator<Item = (String, String)> {
    let folders = source_folders().into_iter();
    let files = folders.flat_map(|folder| declarations::sources(&folder));
    files.map(|file| {
        let path = file.strip_prefix(root()).unwrap().display().to_string();
        (path, std::fs::read_to_string(&file).unwrap())
    })
}

fn is_of_the_kernel(name: &str) -> bool {
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn every_number_is_that_of_the_headers() {
    let headers = Headers::read(&headers::folder());
    let mut failures = Vec::new();
    let (mut equal, mut newer) = (0, 0);
    let declared = sources().flat_map(|(path, text)| declarations::constants(&text, &path));
    let declared: Vec<_> = declared.collect();
    for name in NEWER.iter().flat_map(|(_, names)| *names) {
        if declared.iter().all(|it| it.name != *name) {
            failures.push(format!("exceptions.rs: {name} is not declared"));
        }
    }
    for Declaration {
        name,
        number,
        place,
    } in declared
    {
        let since = NEWER
            .iter()
            .find(|(_, names)| names.contains(&name.as_str()));
        match (headers.value(&name), since) {
            (Some(value), _) if value == number => equal += 1,
            (Some(value), _) => {
                failures.push(format!(
                    "{place}: {name} = {number}, in the headers {value}"
                ));
            }
            (None, Some((since, _))) if headers.version < *since => newer += 1,
            (None, _) if is_of_the_kernel(&name) => {
                failures.push(format!("{place}: {name} is in no header"));
            }
            (None, _) => {}
        }
    }
    let (major, minor) = headers.version;
    println!(
        "{equal} constants equal those of Linux {major}.{minor} ({} constants read), {newer} are \
         newer than these headers",
        headers.len()
    );
    assert!(equal > 1000, "only {equal} declarations were found");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Of every set of attributes (an `enum` of a header) that the sources declare in part, the other
/// attributes are listed with the reason why they have no declaration.
fn every_attribute_is_declared_or_has_a_reason() {
    let headers = Headers::read(&headers::folder());
    let texts: Vec<_> = sources().map(|(_, text)| text).collect();
    let declared: BTreeSet<_> = texts
        .iter()
        .flat_map(|text| declarations::names(text))
        .collect();
    let mut used = BTreeSet::new();
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for set in &headers.enums {
        if !set
            .names
            .iter()
            .any(|name| declared.contains(name.as_str()))
        {
            continue;
        }
        for name in &set.names {
            // `X_MAX = __X_MAX - 1` repeats the number of the last attribute.
            let is_alias =
                |other: &String| other != name && headers.value(other) == headers.value(name);
            let is_marker =
                name.starts_with("__") || name.ends_with("_MAX") && set.names.iter().any(is_alias);
            if declared.contains(name.as_str()) || is_marker || name.ends_with("UNSPEC") {
                continue;
            }
            let mut patterns = UNDECLARED.iter().flat_map(|(patterns, _)| *patterns);
            let reason = patterns.find(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => name.starts_with(prefix),
                None => name == **pattern,
            });
            match reason {
                Some(pattern) => {
                    used.insert(*pattern);
                }
                None => missing.entry(&set.header).or_default().push(name),
            }
        }
    }
    let missing: Vec<_> = missing
        .into_iter()
        .map(|(header, names)| format!("{header}: {}", names.join(", ")))
        .collect();
    let missing = missing.join("\n");
    if headers.version > COMPARED {
        println!("attributes without a declaration:\n{missing}");
        return;
    }
    assert!(
        missing.is_empty(),
        "declare these attributes, or give a reason in tests/live/uapi/exceptions.rs:\n{missing}"
    );
    if headers.version == COMPARED {
        let patterns = UNDECLARED.iter().flat_map(|(patterns, _)| *patterns);
        let unused: Vec<_> = patterns.filter(|it| !used.contains(*it)).collect();
        assert!(
            unused.is_empty(),
            "reasons without an attribute: {unused:?}"
        );
    }
}

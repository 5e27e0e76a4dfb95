//! The options, functions and types that the documentation names exist.

use std::path::{Path, PathBuf};

use crate::common;

/// Options of other programs in the same lines.
const OF_COMMANDS: [&str; 3] = ["unbuffered", "release", "now"];

#[test]
fn options_in_the_pages_exist() {
    let help = |args: &[&str]| String::from_utf8(common::nlstream(args).stdout).unwrap();
    let commands = ["replay", "state", "log", "report", "top", "exec"]
        .map(|command| help(&[command, "--help"]));
    let help = help(&["--help"]) + &commands.concat();
    for page in [
        "docs/cookbook.md",
        "docs/faq.md",
        "docs/filters.md",
        "docs/guide.md",
        "docs/hooks.md",
        "docs/operating.md",
        "docs/who.md",
        "README.md",
    ] {
        let text = std::fs::read_to_string(common::root().join(page)).unwrap();
        let lines = text
            .lines()
            .filter(|line| line.contains("nlstream") && !line.contains("cargo"));
        let options = lines.flat_map(|line| line.split_whitespace());
        let options = options.filter_map(|word| {
            word.trim_matches(['`', '(', ',', '.', '|'])
                .strip_prefix("--")
        });
        for option in options {
            let name = option.split(['=', '`', ',', ';', '|', ')']).next().unwrap();
            let known = help.contains(&format!("--{name}")) || OF_COMMANDS.contains(&name);
            assert!(known || name.is_empty(), "{page}: --{name}");
        }
    }
}

/// Returns the texts between single backticks, outside of code blocks.
fn code_spans(page: &str) -> Vec<&str> {
    let mut spans = Vec::new();
    for (number, block) in page.split("```").enumerate() {
        if number % 2 == 0 {
            for line in block.lines() {
                spans.extend(line.split('`').skip(1).step_by(2));
            }
        }
    }
    spans
}

/// Returns true if `text` is a path to a function or type of the crate: `module::Type::function`.
fn is_path(text: &str) -> bool {
    let segment = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_alphanumeric() || c == '_');
    text.contains("::")
        && text.split("::").all(segment)
        && text.starts_with(|c: char| c.is_lowercase())
}

fn rust_files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_file() {
        found.push(path.to_owned());
    } else if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() || path.extension().is_some_and(|e| e == "rs") {
                rust_files(&path, found);
            }
        }
    }
}

/// Returns true if a line of `text` declares `name` with one of `keywords`.
fn declares(text: &str, keywords: &[&str], name: &str) -> bool {
    let separator = |c: char| !(c.is_alphanumeric() || c == '_');
    text.lines().any(|line| {
        let words: Vec<_> = line
            .split(separator)
            .filter(|word| !word.is_empty())
            .collect();
        words
            .windows(2)
            .any(|pair| keywords.contains(&pair[0]) && pair[1] == name)
    })
}

/// Returns true if an `impl`, trait or enum of `owner` in `text` has a function, constant or variant
/// `member`.
fn has_member(text: &str, owner: &str, member: &str) -> bool {
    let is_owner = |word: &str| word == owner;
    let separator = |c: char| !(c.is_alphanumeric() || c == '_');
    let mut inside = false;
    text.lines().any(|line| {
        let mut words = line.split(separator).filter(|word| !word.is_empty());
        if line.starts_with('}') {
            inside = false;
        } else if !line.starts_with([' ', '/'])
            && line
                .split(separator)
                .any(|word| ["impl", "trait", "enum"].contains(&word))
        {
            inside = words.any(is_owner);
        } else if inside {
            let rest = line
                .strip_prefix("    ")
                .and_then(|l| l.strip_prefix(member));
            let is_variant = rest.is_some_and(|rest| rest.starts_with(['(', ' ', ',']));
            return is_variant || declares(line, &["fn", "const"], member);
        }
        false
    })
}

/// Returns why a path is wrong, if it is: its modules must be files or folders of a crate's `src`, the next
/// segment an item of these, and a further one its function, constant or variant.
fn fault(path: &str) -> Option<String> {
    let faults = common::source_folders().map(|folder| fault_in(&folder, path));
    let [first, second] = faults;
    first.and_then(|first| second.map(|second| format!("{first}, and {second}")))
}

fn fault_in(src: &Path, path: &str) -> Option<String> {
    const ITEMS: &[&str] = &["fn", "struct", "enum", "trait", "const", "static", "type"];
    let mut place = src.to_owned();
    let mut rest: Vec<_> = path.split("::").collect();
    while let Some(module) = rest.first() {
        let (folder, file) = (place.join(module), place.join(format!("{module}.rs")));
        place = match (folder.is_dir(), file.is_file()) {
            (true, _) => folder,
            (_, true) => file,
            _ => break,
        };
        rest.remove(0);
    }
    let mut files = Vec::new();
    if place != src {
        rust_files(&place, &mut files);
        // `module.rs` next to the folder `module`.
        rust_files(&place.with_extension("rs"), &mut files);
    }
    let texts: Vec<_> = files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    let any = |wanted: &dyn Fn(&str) -> bool| texts.iter().any(|text| wanted(text));
    let found = match rest[..] {
        [] => true,
        [item] => any(&|text| declares(text, ITEMS, item)),
        [owner, member] => any(&|text| has_member(text, owner, member)),
        _ => false,
    };
    (!found).then(|| format!("{path}: no {} in {}", rest.join("::"), place.display()))
}

#[test]
fn functions_in_the_architecture_exist() {
    let text = std::fs::read_to_string(common::root().join("docs/architecture.md")).unwrap();
    let paths: Vec<_> = code_spans(&text)
        .into_iter()
        .filter(|span| is_path(span))
        .collect();
    assert!(paths.len() > 50, "found only {} paths", paths.len());
    let faults: Vec<_> = paths.into_iter().filter_map(fault).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn paths_that_do_not_exist_are_found() {
    for path in [
        "pipeline::Pipeline::swallow",
        "pipelines::Pipeline::feed",
        "sink::Pipeline::feed",
        "run::live::Stream::entries",
        "input::ControlRecord::Nothing",
        "capture::shut",
    ] {
        assert!(is_path(path) && fault(path).is_some(), "{path}");
    }
}

#[test]
fn links_between_pages_lead_to_files() {
    let root = common::root();
    let mut count = 0;
    for page in [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "BENCH.md",
        "docs/architecture.md",
        "docs/comparison.md",
        "docs/cookbook.md",
        "docs/coverage.md",
        "docs/faq.md",
        "docs/filters.md",
        "docs/guide.md",
        "docs/hooks.md",
        "docs/operating.md",
        "docs/release.md",
        "docs/security.md",
        "SECURITY.md",
        "fixtures/README.md",
    ] {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            count += 1;
            let file = root.join(page).parent().unwrap().join(target);
            assert!(file.exists(), "{page}: {target}");
        }
    }
    assert!(count > 15, "found only {count} links");
}

/// The table of system calls is that of the program.
#[test]
fn the_table_of_system_calls_is_current() {
    const PAGE: &str = "docs/confinement.md";
    let page = std::fs::read_to_string(common::root().join(PAGE)).unwrap();
    let (text, _) = page.split_once("<!-- table -->\n").unwrap();
    let table = nlstream::run::confinement::calls::table();
    assert!(table.lines().count() > 80);
    let then = "look at every call that is new";
    common::assert_current(PAGE, &format!("{text}<!-- table -->\n\n{table}"), then);
}

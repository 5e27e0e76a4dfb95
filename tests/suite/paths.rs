//! The files, links and commands that the documentation names exist.

use std::path::{Path, PathBuf};

use crate::common;

/// Returns the Markdown pages of the project: each with its path and text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut pages = Vec::new();
    for folder in ["", "docs", "fixtures", "fuzz", "schema"] {
        for entry in std::fs::read_dir(common::root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "md") {
                let text = std::fs::read_to_string(&path).unwrap();
                pages.push((path, text));
            }
        }
    }
    pages
}

/// Returns true if the page describes the present: an old entry of a changelog names what was there
/// at its time.
fn is_current(page: &Path) -> bool {
    !page.ends_with("CHANGELOG.md") && !page.ends_with("CHANGES.md")
}

/// Returns the texts between single backticks in a line of prose.
fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Returns true for a text that is the path of a file or folder of the project: not absolute, not a
/// header of the kernel, not what a build makes, not `A/B` as the name of two things.
fn is_path(text: &str) -> bool {
    let of_path = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    text.contains('/')
        && !text.starts_with('/')
        && !text.starts_with("linux/")
        && !text.starts_with("target/")
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.contains(|c: char| c.is_ascii_lowercase())
        && text.chars().all(of_path)
}

/// Returns true if a path exists, relative to the project, to the `src` of a crate, or to the page. A component in
/// capitals stands for a name of the reader's choice: only the folder in front of it must exist.
fn exists(page: &Path, path: &str) -> bool {
    let is_placeholder = |part: &&str| {
        let stem = part.split('.').next().unwrap_or_default();
        stem.len() > 1 && stem.chars().all(|c| c.is_ascii_uppercase())
    };
    let fixed: PathBuf = path
        .split('/')
        .take_while(|it| !is_placeholder(it))
        .collect();
    let page = page.parent().unwrap().to_owned();
    let [src, kinds] = common::source_folders();
    let roots = [common::root().to_owned(), src, kinds, page];
    let documents = ["README.md", "BENCH.md", "CHANGELOG.md", "CONTRIBUTING.md"];
    let is_document = documents.iter().any(|it| path.ends_with(it));
    let path = if is_document { Path::new(path) } else { &fixed };
    roots.iter().any(|root| root.join(path).exists())
}

#[test]
fn files_in_the_pages_exist() {
    let (mut count, mut faults) = (0, Vec::new());
    for (page, text) in pages() {
        let prose = text.split("```").step_by(2);
        let lines = prose.flat_map(str::lines).filter(|_| is_current(&page));
        for path in lines.flat_map(code_spans).filter(|span| is_path(span)) {
            count += 1;
            if !exists(&page, path) {
                faults.push(format!("{}: `{path}`", page.display()));
            }
        }
    }
    assert!(count > 50, "found only {count} paths");
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Returns the anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars()
        .filter(kept)
        .collect::<String>()
        .replace(' ', "-")
}

#[test]
fn links_in_the_pages_lead_somewhere() {
    let (mut count, mut faults) = (0, Vec::new());
    for (page, text) in pages() {
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            if link.contains("://") {
                continue;
            }
            count += 1;
            let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            let leads = if fragment.is_empty() {
                target.exists()
            } else {
                let text = std::fs::read_to_string(&target).unwrap_or_default();
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                headings.any(|heading| anchor(heading) == fragment)
            };
            if !leads {
                faults.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(count > 100, "found only {count} links");
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Returns the commands of a page: the lines of its code blocks, without comments. A line of an
/// example script that begins with white space is none.
fn commands(text: &str) -> Vec<String> {
    let indented = text.lines().filter_map(|line| line.strip_prefix("    "));
    let fenced = text.split("\n```sh\n").skip(1);
    let fenced = fenced.flat_map(|block| block.split("\n```").next().unwrap().lines());
    let lines = indented.chain(fenced);
    let commands = lines.flat_map(|line| line.split("  #").next().unwrap().split(" && "));
    commands.map(|command| command.trim().to_owned()).collect()
}

/// Returns why a command cannot work, if it cannot: its script, test, bench, example, task, fuzz
/// target or fixture does not exist.
fn fault(command: &str) -> Option<String> {
    let root = common::root();
    let words: Vec<_> = command
        .split_whitespace()
        .skip_while(|word| word.contains('='))
        .collect();
    let value = |option: &str| {
        let at = words.iter().position(|word| *word == option)?;
        words.get(at + 1).copied()
    };
    let missing = |path: String| (!root.join(&path).exists()).then(|| format!("no {path}"));
    let [program, rest @ ..] = &words[..] else {
        return None;
    };
    if is_path(program) {
        return missing((*program).to_owned());
    }
    if *program != "cargo" {
        return None;
    }
    let file_or_folder = |path: String| match root.join(&path).is_dir() {
        true => None,
        false => missing(format!("{path}.rs")),
    };
    let target = None
        .or_else(|| file_or_folder(format!("tests/{}", value("--test")?)))
        .or_else(|| missing(format!("benches/{}", value("--bench")?)))
        .or_else(|| {
            let example = value("--example")?;
            let is_here = missing(format!("examples/{example}.rs")).is_none();
            (!is_here).then(|| missing(format!("fuzz/examples/{example}.rs")))?
        });
    target.or_else(|| match rest {
        ["xtask", task, ..] => {
            let tasks = std::fs::read_to_string(root.join("xtask/src/main.rs")).unwrap();
            (!tasks.contains(&format!("\"{task}\""))).then(|| format!("no task {task}"))
        }
        ["fuzz", "run", "-s", "none", target, ..] => {
            missing(format!("fuzz/fuzz_targets/{target}.rs"))
        }
        _ => None,
    })
}

#[test]
fn commands_in_the_pages_exist() {
    let (mut count, mut faults) = (0, Vec::new());
    for (page, text) in pages().iter().filter(|(page, _)| is_current(page)) {
        let spans = text.lines().flat_map(code_spans).map(str::to_owned);
        let spans = spans.filter(|span| span.starts_with("cargo "));
        for command in commands(text).into_iter().chain(spans) {
            let is_own = command.contains("cargo ") || is_path(command.split(' ').next().unwrap());
            count += usize::from(is_own);
            if let Some(fault) = fault(&command) {
                faults.push(format!("{}: {command}: {fault}", page.display()));
            }
        }
    }
    assert!(count > 25, "found only {count} commands");
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn missing_files_and_commands_are_found() {
    let page = common::root().join("docs/operating.md");
    for (path, is_there) in [
        ("tests/golden.rs", true),
        ("tests/comparing/sharks.py", false),
        ("kinds/src/kind/route/KIND.rs", true),
        ("kinds/src/kinds/route/KIND.rs", false),
        ("netlink/sys.rs", true),
    ] {
        assert!(is_path(path), "{path}");
        assert_eq!(exists(&page, path), is_there, "{path}");
    }
    for (command, works) in [
        ("cargo test --test golden route", true),
        ("cargo test --test live", true),
        ("cargo test --test alive", false),
        ("NLSTREAM_BENCH=small cargo bench --bench live", true),
        ("cargo bench --bench lives", false),
        ("cargo xtask reference", true),
        ("cargo xtask references", false),
        ("fixtures/record route-v4", true),
        ("fixtures/records route-v4", false),
    ] {
        assert_eq!(fault(command).is_none(), works, "{command}");
    }
}

//! A module imports only modules of earlier stages of the stream. Files of one module may import each
//! other, and some must: `kind::table::decode` decodes a table with a hook of traffic control, which
//! decodes the options of each match by `kind::table::decode`. The modules from `channel` to `event`, but for
//! `decompress` and `file`, are the crate nlstream-kinds.

use std::path::{Path, PathBuf};

use crate::common;

/// The modules in the order of the stream. Modules of one row do not import each other.
const ROWS: &[&[&str]] = &[
    &["channel", "escape"],
    &["decompress", "file", "json", "netlink"],
    &["value"],
    &["names"],
    &["kind"],
    &["event"],
    &["lines", "schema"],
    &["filter", "fold"],
    &["input"],
    &["capture", "decode"],
    &["error", "family", "state", "text"],
    &["decoder", "stats"],
    &["encode"],
    &["sink"],
    &["pipeline"],
    &["logging", "run"],
    &["cli", "watch"],
    &["main"],
];

fn row(module: &str) -> usize {
    let row = ROWS.iter().position(|row| row.contains(&module));
    row.unwrap_or_else(|| panic!("the module {module} has no row in ROWS"))
}

/// Returns every source of both crates, with its path below the crate's `src`.
fn all_sources() -> Vec<(PathBuf, PathBuf)> {
    let mut all = Vec::new();
    for folder in common::source_folders() {
        let mut files = Vec::new();
        sources(&folder, &mut files);
        let with_path = |file: PathBuf| (file.strip_prefix(&folder).unwrap().to_owned(), file);
        all.extend(files.into_iter().map(with_path));
    }
    all
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Returns the module that a file belongs to: the first name of its path.
fn module(path: &Path) -> String {
    let first = path.components().next().unwrap();
    let name = Path::new(first.as_os_str()).file_stem().unwrap();
    name.to_str().unwrap().to_owned()
}

/// Returns the modules that a file names: `crate::module`, and `nlstream::module` in the binary.
fn imports(text: &str) -> Vec<String> {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let mut modules = Vec::new();
    for line in code {
        for prefix in ["crate::", "nlstream::"] {
            for rest in line.split(prefix).skip(1) {
                let word = |c: char| !(c.is_alphanumeric() || c == '_');
                let name = rest.split(word).next().unwrap();
                if !name.is_empty() && name != "lib" {
                    modules.push(name.to_owned());
                }
            }
        }
    }
    modules
}

#[test]
fn modules_import_earlier_modules_only() {
    let (mut faults, mut count) = (Vec::new(), 0);
    for (path, file) in all_sources() {
        let own = module(&path);
        if own == "lib" {
            continue;
        }
        for other in imports(&std::fs::read_to_string(&file).unwrap()) {
            count += 1;
            if other != own && row(&other) >= row(&own) {
                faults.push(format!("{}: imports {other}", file.display()));
            }
        }
    }
    assert!(
        count > 50,
        "found only {count} imports: is the search broken?"
    );
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The table in docs/architecture.md lists every module once, with its row.
#[test]
fn the_module_table_is_the_enforced_order() {
    let page = std::fs::read_to_string(common::root().join("docs/architecture.md")).unwrap();
    let row = |line: &str| {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let number: usize = cells.next()?.parse().ok()?;
        let module = cells.next()?.trim_matches('`').to_owned();
        Some((number, module))
    };
    let table: Vec<_> = page.lines().filter_map(row).collect();
    let order = ROWS.iter().enumerate().flat_map(|(number, modules)| {
        modules
            .iter()
            .map(move |module| (number + 1, (*module).to_owned()))
    });
    assert_eq!(table, order.collect::<Vec<_>>());
}

#[test]
fn unsafe_code_is_in_one_file() {
    let mut files = all_sources();
    files.retain(|(_, file)| {
        let text = std::fs::read_to_string(file).unwrap();
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        code.into_iter().any(|line| line.contains("unsafe "))
    });
    let files: Vec<_> = files.into_iter().map(|(_, file)| file).collect();
    assert_eq!(files, [common::root().join("kinds/src/netlink/sys.rs")]);
}

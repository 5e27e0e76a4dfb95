//! The Python package: its fold equals `nlstream state`, and its types are those of the lines.

use std::process::Command;

use crate::common::{self, Folder, NLSTREAM, nlstream, root};

#[test]
fn the_fold_of_the_python_package_is_that_of_the_program() {
    if !common::has_optional("python3") {
        eprintln!("not checked: no python3");
        return;
    }
    let folder = Folder::new("python");
    let mut files = Vec::new();
    for fixture in common::fixtures() {
        let file = fixture.join("expected.ndjson");
        files.push(file.to_str().unwrap().to_owned());
        // With `sync`, so that they fold.
        let capture = fixture.join("capture.pcapng");
        let output = nlstream(&["replay", "--snapshot", capture.to_str().unwrap()]);
        let name = format!("{}.ndjson", fixture.file_name().unwrap().to_str().unwrap());
        files.push(folder.write(&name, &output.stdout));
    }
    // What a fold has to refuse or to skip: lost lines, lines that were delivered twice, a torn end.
    let whole = std::fs::read_to_string(folder.path("link-veth.ndjson")).unwrap();
    let lines: Vec<_> = whole.split_inclusive('\n').collect();
    let half = lines.len() / 2;
    for (name, text) in [
        (
            "hole",
            [&lines[..half], &lines[half + 1..]].concat().concat(),
        ),
        (
            "twice",
            [&lines[..half], &lines[half - 3..]].concat().concat(),
        ),
        ("torn", whole[..whole.len() - 9].to_owned()),
        ("middle", lines[half..].concat()),
        (
            "runs",
            whole.clone() + &whole.replace("\"run\":\"", "\"run\":\"1"),
        ),
    ] {
        files.push(folder.write(name, text.as_bytes()));
    }
    let mut command = Command::new("python3");
    command.arg(root().join("packaging/python/check.py"));
    let output = command.arg(NLSTREAM).args(files).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let folds = text
        .split(", ")
        .find_map(|part| part.strip_suffix(" folds"));
    assert!(folds.unwrap().parse::<u32>().unwrap() > 100, "{text}");
}

//! Man pages, completions, and the reference of the lines.

mod common;
#[path = "../examples/pages.rs"]
#[allow(dead_code, reason = "its main")]
mod pages;
#[path = "../examples/reference.rs"]
#[allow(dead_code, reason = "its main")]
mod reference;

use std::process::Command;

#[test]
fn pages_and_completions_are_whole() {
    let folder = std::env::temp_dir().join(format!("nlstream-pages-{}", std::process::id()));
    pages::write(&folder).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let page = read("nlstream.1");
    for word in ["rotate\\-size", "print\\-config", "nlstream\\-replay(1)"] {
        assert!(page.contains(word), "{word}: {page}");
    }
    for name in ["nlstream-replay.1", "nlstream-state.1", "nlstream-schema.1"] {
        assert!(read(name).contains(".SH SYNOPSIS"), "{name}");
    }
    for name in ["nlstream.bash", "_nlstream", "nlstream.fish"] {
        assert!(read(name).contains("rotate-compress"), "{name}");
    }
    // bash completes options and their values.
    let complete = |words: &str| {
        let script = format!(
            "source '{}/nlstream.bash'; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1));
             _nlstream nlstream \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; echo \"${{COMPREPLY[@]}}\"",
            folder.display()
        );
        let output = Command::new("bash").args(["-c", &script]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(complete("nlstream --rotate-k"), "--rotate-keep\n");
    assert_eq!(complete("nlstream --fsync al"), "always\n");
    assert_eq!(complete("nlstream rep"), "replay\n");
    if common::has("man") {
        let file = folder.join("nlstream.1");
        let mut command = Command::new("man");
        command
            .args(["--warnings", "-l"])
            .arg(file)
            .env("MANWIDTH", "100");
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("--rotate-size"),
            "{output:?}"
        );
        assert!(output.stderr.is_empty(), "{output:?}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_reference_is_what_the_schema_says() {
    let page = reference::page();
    // Every link leads to a heading.
    let headings: Vec<_> = page
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' '))
        .map(|heading| heading.to_lowercase().replace(' ', "-"))
        .collect();
    let links: Vec<_> = page
        .split("](#")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap())
        .collect();
    assert!(links.len() > 150, "{}", links.len());
    for link in links {
        assert!(headings.iter().any(|heading| heading == link), "{link}");
    }
    common::assert_current("docs/schema.md", &page, "look at the diff");
}

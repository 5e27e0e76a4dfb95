//! The man pages, and the completions of bash, zsh and fish.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use nlstream::cli;

/// Writes them to a folder.
pub fn write(folder: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    for (name, text) in cli::man_pages() {
        std::fs::write(folder.join(format!("{name}.1")), text)?;
    }
    for (name, text) in cli::completion_files() {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// Fails if a page or completion is incomplete, bash does not complete, or man(1) warns.
pub fn check() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("nlstream-pages-{}", std::process::id()));
    let result = write(&folder).and_then(|()| check_folder(&folder));
    std::fs::remove_dir_all(&folder)?;
    result
}

fn check_folder(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut contents: Vec<(String, &[&str])> = vec![
        (
            "nlstream.1".to_owned(),
            &[
                "rotate\\-size",
                "print\\-config",
                "nlstream\\-replay(1)",
                ".SH \"EXIT STATUS\"",
                ".SH ENVIRONMENT",
                ".SH FILES",
                ".SH SIGNALS",
                ".SH EXAMPLES",
                ".SH \"SEE ALSO\"",
            ],
        ),
        ("nlstream.bash".to_owned(), &["rotate-compress"]),
        ("_nlstream".to_owned(), &["rotate-compress"]),
        ("nlstream.fish".to_owned(), &["rotate-compress"]),
    ];
    let commands = cli::command();
    for command in commands.get_subcommands() {
        let file = format!("nlstream-{}.1", command.get_name());
        contents.push((file, &[".SH SYNOPSIS", ".SH \"SEE ALSO\""]));
    }
    for (file, parts) in contents {
        let text = std::fs::read_to_string(folder.join(&file))?;
        for part in parts {
            ensure(text.contains(part), || format!("{file} lacks {part}"))?;
        }
    }
    let completions = [
        ("nlstream --rotate-k", "--rotate-keep\n"),
        ("nlstream --fsync al", "always\n"),
        ("nlstream repl", "replay\n"),
    ];
    for (line, expected) in completions {
        let got = complete_in_bash(folder, line)?;
        ensure(got == expected, || {
            format!("bash completes `{line}` to {got:?} instead of {expected:?}")
        })?;
    }
    let mut man = Command::new("man");
    man.args(["--warnings", "-l"])
        .arg(folder.join("nlstream.1"));
    match man.env("MANWIDTH", "100").output() {
        Err(_) if std::env::var_os("CI").is_none() => eprintln!("not checked: no man(1)"),
        output => {
            let output = output?;
            let text = String::from_utf8_lossy(&output.stdout);
            let complete = output.status.success() && text.contains("--rotate-size");
            ensure(complete && output.stderr.is_empty(), || {
                format!("man: {output:?}")
            })?;
        }
    }
    Ok(())
}

/// Returns what bash completes the last word of a command line to.
fn complete_in_bash(folder: &Path, line: &str) -> Result<String, Box<dyn Error>> {
    let script = format!(
        "source '{}/nlstream.bash'; COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1));
         _nlstream nlstream \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; echo \"${{COMPREPLY[@]}}\"",
        folder.display()
    );
    let output = Command::new("bash").args(["-c", &script]).output()?;
    Ok(String::from_utf8(output.stdout)?)
}

fn ensure(holds: bool, error: impl FnOnce() -> String) -> Result<(), Box<dyn Error>> {
    match holds {
        true => Ok(()),
        false => Err(error().into()),
    }
}

//! Writes the man pages and the completions of bash, zsh and fish to a folder:
//! `cargo run --example pages -- target/pages`

use std::path::Path;

use clap_complete::Shell;

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1);
    let folder = folder.unwrap_or_else(|| "target/pages".into());
    write(Path::new(&folder))
}

pub fn write(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    clap_mangen::generate_to(nlstream::cli::command(), folder)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut nlstream::cli::command(), "nlstream", folder)?;
    }
    Ok(())
}

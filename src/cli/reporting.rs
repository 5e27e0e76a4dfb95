//! The options of `nlstream report`.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args};

use super::args::{ConfinementArgs, LineArgs};
use super::timeline::{SpanArgs, shown};
use crate::file::FolderPolicy;
use crate::run::report::ReportQuery;

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Files with lines, oldest first, also compressed with zstd or gzip; `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The page that is written; `-` is the standard output
    #[arg(short, long, required = true, value_name = "FILE")]
    output: PathBuf,
    /// Replace the file of --output if it exists and is not empty
    #[arg(long, action = ArgAction::SetTrue)]
    force: bool,
    /// As root, also write to folders in which other users can replace files
    #[arg(long, action = ArgAction::SetTrue)]
    insecure_dir: bool,
    #[command(flatten)]
    span: SpanArgs,
    #[command(flatten)]
    lines: LineArgs,
    #[command(flatten)]
    pub confinement: ConfinementArgs,
}

impl ReportArgs {
    pub(super) fn query(self) -> ReportQuery {
        ReportQuery {
            files: self.files,
            output: Some(self.output).filter(|path| path != Path::new("-")),
            force: self.force,
            folders: match self.insecure_dir {
                true => FolderPolicy::Any,
                false => FolderPolicy::Secure,
            },
            since: self.span.since,
            until: self.span.until,
            selection: self.lines.words(),
            lines: shown(self.lines),
        }
    }
}

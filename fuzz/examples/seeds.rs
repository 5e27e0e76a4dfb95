//! Writes the seeds of both targets into `fuzz/corpus/`, or the folder of NLSTREAM_TEST_SEEDS: every datagram of every fixture, as an
//! event or as the row of a dump, and every capture as it is.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use nlstream::capture;
use nlstream::input::{Channel, InputData};

fn main() -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = std::env::var_os("NLSTREAM_TEST_SEEDS");
    let corpus = corpus.map_or_else(|| here.join("corpus"), PathBuf::from);
    let (datagrams, captures) = (corpus.join("datagram"), corpus.join("capture"));
    fs::create_dir_all(&datagrams)?;
    fs::create_dir_all(&captures)?;
    let mut seeds = 0_usize;
    for folder in fs::read_dir(here.join("../fixtures"))? {
        let folder = folder?;
        let file = folder.path().join("capture.pcapng");
        if !file.exists() {
            continue;
        }
        fs::copy(&file, captures.join(folder.file_name()))?;
        let mut reader = capture::open(&file)?;
        while let Some(input) = reader.next()? {
            let InputData::Datagram(channel, bytes) = input.data else {
                continue;
            };
            // Every seed has other settings: see the target.
            let choice = ((seeds as u8) << 3)
                | (seeds % 4) as u8
                | if channel == Channel::ROUTE_DUMPS {
                    4
                } else {
                    0
                };
            fs::write(
                datagrams.join(format!("{seeds:05}")),
                [&[choice][..], bytes].concat(),
            )?;
            seeds += 1;
        }
    }
    println!("{seeds} datagrams");
    Ok(())
}

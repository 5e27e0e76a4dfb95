//! Inputs that try to cost more than they are long: each shape is replayed by the program under a
//! memory limit, and its lines, its largest resident memory and its time are held against the bounds of
//! docs/operating.md. `cargo test --test suite amplification -- --nocapture` prints the table.

mod shapes;

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::common::{NLSTREAM, root};
use shapes::{Shape, shapes};

/// Memory beyond which the program is stopped, KiB.
const LIMIT: u64 = 3 << 20;
/// Memory that a run takes with the smallest input, KiB: mostly the program itself, which without optimization is larger.
const BASE: u64 = (24 + 4) << 10;
/// CPU time of a megabyte of input and one of lines, in a build without optimization.
const TIME: Duration = Duration::from_secs(2);

/// What a replay cost.
struct Cost {
    lines: u64,
    bytes: u64,
    /// Largest resident memory, KiB.
    memory: u64,
    time: Duration,
    success: bool,
    errors: String,
}

/// Replays a capture. Memory and CPU time are read while the program waits for its reader: the last lines of
/// each capture are those of ordinary messages, and more than a pipe holds.
fn replay(file: &Path, format: &str) -> Cost {
    let command = format!("ulimit -v {LIMIT}; exec \"$0\" \"$@\"");
    let mut child = Command::new("sh")
        .args(["-c", &command, NLSTREAM, "replay", "--format", format])
        .arg(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let status = format!("/proc/{}/status", child.id());
    // Of the thread that replays: nanoseconds.
    let schedstat = format!("/proc/{}/schedstat", child.id());
    let (mut lines, mut bytes, mut memory, mut time) = (0, 0, 0, 0);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = stdout.read(&mut buffer).unwrap();
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let most = most.and_then(|it| it.split_whitespace().next()?.parse().ok());
        memory = most.unwrap_or(0).max(memory);
        let used = std::fs::read_to_string(&schedstat).unwrap_or_default();
        let used = used.split(' ').next().and_then(|it| it.parse().ok());
        time = used.unwrap_or(0).max(time);
        if count == 0 {
            break;
        }
        // Fast without optimization, too.
        let text = String::from_utf8_lossy(&buffer[..count]);
        lines += text.matches('\n').count() as u64;
        bytes += count as u64;
    }
    let output = child.wait_with_output().unwrap();
    Cost {
        lines,
        bytes,
        memory,
        time: Duration::from_nanos(time),
        success: output.status.success(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn check(shape: &Shape, folder: &Path) -> Result<(), String> {
    let file = folder.join(shape.name.replace(' ', "-"));
    let size = shapes::write(&file, shape);
    let cost = replay(&file, shape.format);
    std::fs::remove_file(&file).unwrap();
    let Cost {
        lines,
        bytes,
        memory,
        time,
        ..
    } = cost;
    let most_memory = BASE + shape.memory * size / 1024;
    let most_bytes = (64 << 10) + shape.lines * size;
    println!(
        "| {} | {} | {lines} | {} | {} | {} | {} | {:.2} |",
        shape.name,
        size >> 10,
        bytes >> 10,
        most_bytes >> 10,
        memory >> 10,
        most_memory >> 10,
        time.as_secs_f64(),
    );
    let fault = |what: &str| Err(format!("{}: {what}: {}", shape.name, cost.errors.trim()));
    match shape.refused {
        Some(text) if cost.success || !cost.errors.contains(text) => return fault("not refused"),
        None if !cost.success => return fault("failed"),
        _ => {}
    }
    if memory > most_memory {
        return fault(&format!("{memory} KiB of memory, {most_memory} allowed"));
    }
    if bytes > most_bytes {
        return fault(&format!("{bytes} bytes of lines, {most_bytes} allowed"));
    }
    let megabytes = 4 + ((size + bytes) >> 20);
    if time.is_zero() || time > TIME * u32::try_from(megabytes).unwrap() {
        return fault(&format!("{time:?}"));
    }
    Ok(())
}

#[test]
fn no_input_makes_more_than_a_multiple_of_its_size() {
    let folder = root().join(format!("target/amplification-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    println!(
        "| input | KiB | lines | KiB of lines | bound | peak MiB | bound | seconds |\n|---|---|---|---|---|---|---|---|"
    );
    let failed: Vec<_> = shapes()
        .iter()
        .filter_map(|shape| check(shape, &folder).err())
        .collect();
    std::fs::remove_dir(&folder).unwrap();
    assert!(failed.is_empty(), "{failed:#?}");
}

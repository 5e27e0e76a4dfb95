use super::rotate::CHECK_INTERVAL;
use super::*;
use crate::event::meta::RotateReason;

/// A temporary folder, removed at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("nlstream-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("net.ndjson")
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn open(path: &Path, config: Config) -> Result<AppendFile, Error> {
    AppendFile::open(path, config, &Format::Json)
}

fn patient() -> Config {
    Config {
        patient: true,
        ..Config::default()
    }
}

#[test]
fn a_torn_record_is_removed_and_foreign_text_is_ended() {
    let folder = Folder::new("torn");
    let after = |before: &str, line: &str| {
        std::fs::write(folder.file(), before).unwrap();
        let mut file = open(&folder.file(), Config::default()).unwrap();
        file.write(line.as_bytes()).unwrap();
        (folder.text(), file.opened().tail_repaired)
    };
    assert_eq!(after("", "b\n"), ("b\n".into(), None));
    assert_eq!(after("a\n", "b\n"), ("a\nb\n".into(), None));
    assert_eq!(
        after("a\n{\"v\":1,\"ru", "b\n"),
        ("a\nb\n".into(), Some(10))
    );
    assert_eq!(after("{\"v\":1", "b\n"), ("b\n".into(), Some(6)));
    assert_eq!(after("a\n{", "b\n"), ("a\nb\n".into(), Some(1)));
    assert_eq!(after("a\n\0\0\0", "b\n"), ("a\nb\n".into(), Some(3)));
    assert_eq!(after("a\nnotes", "b\n"), ("a\nnotes\nb\n".into(), None));
    // A record that is longer than `repair::FIRST_READ`.
    let long = format!("{{\"v\":1,\"x\":\"{}\"}}", "x".repeat(100_000));
    assert_eq!(after(&long, "b\n"), ("b\n".into(), Some(long.len() as u64)));
}

#[test]
fn opened_names_the_last_record() {
    let folder = Folder::new("follows");
    let line = r#"{"v":1,"run":"0000002a","seq":7,"kind":"meta"}"#;
    for (before, follows) in [
        (format!("{line}\n"), Some(7)),
        (
            format!("a\n{line}\n{{\"v\":1,\"run\":\"0000002a\",\"se"),
            Some(7),
        ),
        (format!("{line}\n{}\n", "x".repeat(100_000)), None),
        (format!("{}\n{line}\n", "x".repeat(100_000)), Some(7)),
        (String::new(), None),
        ("\n".to_owned(), None),
    ] {
        std::fs::write(folder.file(), before).unwrap();
        let file = open(&folder.file(), Config::default()).unwrap();
        let found = file.opened().follows.clone();
        assert_eq!(found.map(|follows| follows.seq), follows);
    }
}

#[test]
fn writing_nothing_succeeds() {
    let mut full = open(Path::new("/dev/full"), Config::default()).unwrap();
    full.write(b"").unwrap();
}

#[test]
fn a_full_disk_fails_or_makes_records_wait() {
    let mut full = open(Path::new("/dev/full"), Config::default()).unwrap();
    let error = full.write(b"{}\n").unwrap_err();
    assert!(error.to_string().contains("/dev/full"), "{error}");
    let mut full = open(Path::new("/dev/full"), patient()).unwrap();
    full.write(b"{}\n").unwrap();
    assert_eq!((full.pending(), full.errno()), (3, Some(28)));
    assert!(full.wakeup().is_some());
    assert!(full.finish().is_err());
}

#[test]
fn a_second_writer_is_refused() {
    let folder = Folder::new("lock");
    let _first = open(&folder.file(), Config::default()).unwrap();
    let Err(error) = open(&folder.file(), Config::default()) else {
        panic!("two at once");
    };
    assert!(error.to_string().contains("another nlstream"), "{error}");
}

/// Performs all due rotation steps, as `Session::rotate` does.
fn rotate(file: &mut AppendFile) -> Vec<RotateReason> {
    let mut reasons = Vec::new();
    std::thread::sleep(CHECK_INTERVAL);
    while let Some(rotate_action) = file.rotate_action() {
        if let Some(rotate) = file.close_current(rotate_action) {
            reasons.push(rotate.reason);
            file.write(b"end\n").unwrap();
        }
        if file.open_next(rotate_action).is_none() {
            break;
        }
        file.write_first(b"begin\n").unwrap();
    }
    reasons
}

#[test]
fn large_files_are_archived_compressed_and_finally_removed() {
    let folder = Folder::new("size");
    let mut config = patient();
    config.rotation = Rotation {
        size: Some(30),
        keep: 3,
        compress: true,
        ..Rotation::default()
    };
    let mut file = open(&folder.file(), config).unwrap();
    for number in 0..60 {
        file.write(format!("line {number:04}\n").as_bytes())
            .unwrap();
        rotate(&mut file);
    }
    // The worker compresses asynchronously.
    let end = Instant::now() + Duration::from_secs(20);
    let tidy = || {
        let names = folder.names();
        let compressed = names.iter().filter(|name| name.ends_with("Z.zst")).count();
        names.len() == 4 && compressed == 2
    };
    while !tidy() {
        assert!(Instant::now() < end, "{:?}", folder.names());
        std::thread::sleep(Duration::from_millis(5));
    }
    let names = folder.names();
    let text = |name: &String| {
        let bytes = std::fs::read(folder.0.join(name)).unwrap();
        let bytes = match name.ends_with(".zst") {
            true => zstd::decode_all(&bytes[..]).unwrap(),
            false => bytes,
        };
        String::from_utf8(bytes).unwrap()
    };
    // The archive names sort in time order, and each file is whole.
    let texts: Vec<_> = names[1..].iter().map(text).collect();
    assert!(texts.iter().all(|text| text.starts_with("begin\n")));
    assert!(texts.iter().all(|text| text.ends_with("end\n")));
    let mut all = texts.concat() + &folder.text();
    all = all.replace("begin\n", "").replace("end\n", "");
    let first: usize = all[5..9].parse().unwrap();
    let expected: String = (first..60).map(|n| format!("line {n:04}\n")).collect();
    assert_eq!(all, expected);
}

#[test]
fn renames_deletions_and_truncations_by_others_are_detected() {
    let folder = Folder::new("others");
    let path = folder.file();
    let mut file = open(&path, patient()).unwrap();
    file.write(b"a\n").unwrap();
    assert_eq!(rotate(&mut file), []);
    // Renamed.
    std::fs::rename(&path, folder.0.join("away")).unwrap();
    assert_eq!(rotate(&mut file), [RotateReason::Renamed]);
    let away = std::fs::read_to_string(folder.0.join("away")).unwrap();
    assert_eq!(away, "a\nend\n");
    assert_eq!(folder.text(), "begin\n");
    // Deleted.
    std::fs::remove_file(&path).unwrap();
    assert_eq!(rotate(&mut file), []);
    assert_eq!(folder.text(), "begin\n");
    // Deleted between two checks: the record is repeated in the next file.
    std::fs::remove_file(&path).unwrap();
    file.write(b"b\n").unwrap();
    assert_eq!(file.pending(), 2);
    rotate(&mut file);
    assert_eq!(folder.text(), "begin\nb\n");
    // Truncated.
    std::fs::write(&path, "").unwrap();
    rotate(&mut file);
    assert_eq!(folder.text(), "begin\n");
    // Truncated between two checks: the records that were written to its beginning follow.
    std::fs::write(&path, "").unwrap();
    file.write(b"c\n").unwrap();
    file.write(b"d\n").unwrap();
    assert_eq!(file.pending(), 4);
    rotate(&mut file);
    assert_eq!(folder.text(), "begin\nc\nd\n");
    // Truncated to the size of an earlier record.
    OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(8)
        .unwrap();
    file.write(b"e\n").unwrap();
    rotate(&mut file);
    assert_eq!(folder.text(), "begin\nc\nbegin\ne\n");
    std::fs::write(&path, "").unwrap();
    rotate(&mut file);
    // SIGHUP: nothing happens unless the file was renamed.
    file.hang_up();
    assert_eq!(rotate(&mut file), []);
    std::fs::rename(&path, folder.0.join("away")).unwrap();
    file.hang_up();
    assert_eq!(rotate(&mut file), [RotateReason::Signal]);
    assert_eq!(folder.text(), "begin\n");
    // The folder is removed, and created again.
    std::fs::remove_dir_all(&folder.0).unwrap();
    rotate(&mut file);
    file.write(b"c\n").unwrap();
    assert_eq!(file.errno(), Some(2));
    std::fs::create_dir_all(&folder.0).unwrap();
    std::thread::sleep(RETRY);
    rotate(&mut file);
    assert_eq!(folder.text(), "begin\nc\n");
}

#[test]
fn checkpoints_count_for_no_rotation_but_do_not_grow_without_end() {
    let folder = Folder::new("checkpoints");
    let mut config = patient();
    config.rotation = Rotation {
        size: Some(100),
        keep: 0,
        every: Some(Duration::from_millis(1)),
        ..Rotation::default()
    };
    let mut file = open(&folder.file(), config).unwrap();
    let checkpoint = |file: &mut AppendFile, bytes: usize| {
        file.hold_rotation(true);
        file.write(&[vec![b'x'; bytes - 1], vec![b'\n']].concat())
            .unwrap();
        file.note_checkpoint(bytes as u64);
        let during = rotate(file);
        file.hold_rotation(false);
        [during, rotate(file)].concat()
    };
    // Larger than the limit, and older than the age: without other lines the file remains.
    assert_eq!(checkpoint(&mut file, 300), []);
    // The lines of events count, also if there are few.
    file.write(b"event\n").unwrap();
    assert_eq!(rotate(&mut file), [RotateReason::Time]);
    file.config.rotation.every = None;
    file.rotate_at = None;
    assert_eq!(checkpoint(&mut file, 300), []);
    file.write(&[vec![b'x'; 99], vec![b'\n']].concat()).unwrap();
    assert_eq!(rotate(&mut file), [RotateReason::Size]);
    // Without events: later checkpoints as large as the file may be.
    assert_eq!(checkpoint(&mut file, 30), []);
    assert_eq!(checkpoint(&mut file, 30), []);
    assert_eq!(checkpoint(&mut file, 69), []);
    assert_eq!(checkpoint(&mut file, 31), [RotateReason::Size]);
    // While one is written a file may reach twice its size.
    file.hold_rotation(true);
    file.write(&[vec![b'x'; 150], vec![b'\n']].concat())
        .unwrap();
    assert_eq!(rotate(&mut file), []);
    file.write(&[vec![b'x'; 50], vec![b'\n']].concat()).unwrap();
    assert_eq!(rotate(&mut file), [RotateReason::Size]);
}

use super::rotate::CHECK_INTERVAL;
use super::*;
use crate::event::meta::RotateReason;

/// A folder of a test's own.
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

fn patient() -> Config {
    Config {
        patient: true,
        ..Config::default()
    }
}

#[test]
fn a_torn_line_of_ours_is_cut_and_a_foreign_one_is_ended() {
    let folder = Folder::new("torn");
    let after = |before: &str, line: &str| {
        std::fs::write(folder.file(), before).unwrap();
        let mut file = AppendFile::open(&folder.file(), Config::default()).unwrap();
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
    // A line that is longer than what is read at first.
    let long = format!("{{\"v\":1,\"x\":\"{}\"}}", "x".repeat(100_000));
    assert_eq!(after(&long, "b\n"), ("b\n".into(), Some(long.len() as u64)));
}

#[test]
fn the_last_line_is_named() {
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
        let file = AppendFile::open(&folder.file(), Config::default()).unwrap();
        let found = file.opened().follows.clone();
        assert_eq!(found.map(|follows| follows.seq), follows);
    }
}

#[test]
fn nothing_to_write_is_no_error() {
    let mut full = AppendFile::open(Path::new("/dev/full"), Config::default()).unwrap();
    full.write(b"").unwrap();
}

#[test]
fn a_full_disk_is_an_error_that_says_so_or_makes_lines_wait() {
    let mut full = AppendFile::open(Path::new("/dev/full"), Config::default()).unwrap();
    let error = full.write(b"{}\n").unwrap_err();
    assert!(error.to_string().contains("/dev/full"), "{error}");
    let mut full = AppendFile::open(Path::new("/dev/full"), patient()).unwrap();
    full.write(b"{}\n").unwrap();
    assert_eq!((full.pending(), full.errno()), (3, Some(28)));
    assert!(full.wakeup().is_some());
    assert!(full.finish().is_err());
}

#[test]
fn one_writes_at_a_time() {
    let folder = Folder::new("lock");
    let _first = AppendFile::open(&folder.file(), Config::default()).unwrap();
    let Err(error) = AppendFile::open(&folder.file(), Config::default()) else {
        panic!("two at once");
    };
    assert!(error.to_string().contains("another nlstream"), "{error}");
}

/// Does what is due, as a run does it.
fn rotate(file: &mut AppendFile) -> Vec<RotateReason> {
    let mut said = Vec::new();
    std::thread::sleep(CHECK_INTERVAL);
    while let Some(rotate_action) = file.rotate_action() {
        if let Some(rotate) = file.close_current(rotate_action) {
            said.push(rotate.reason);
            file.write(b"end\n").unwrap();
        }
        if file.open_next(rotate_action).is_none() {
            break;
        }
        file.write_first(b"begin\n").unwrap();
    }
    said
}

#[test]
fn large_files_are_put_away_compressed_and_at_last_removed() {
    let folder = Folder::new("size");
    let mut config = patient();
    config.rotation = Rotation {
        size: Some(30),
        keep: 3,
        compress: true,
        ..Rotation::default()
    };
    let mut file = AppendFile::open(&folder.file(), config).unwrap();
    for number in 0..60 {
        file.write(format!("line {number:04}\n").as_bytes())
            .unwrap();
        rotate(&mut file);
    }
    // The helper takes its time.
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
    // By name they are in order, and each is whole.
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
fn what_others_do_to_the_file_is_seen() {
    let folder = Folder::new("others");
    let path = folder.file();
    let mut file = AppendFile::open(&path, patient()).unwrap();
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
    // Deleted before anybody looked: the line goes to the next one.
    std::fs::remove_file(&path).unwrap();
    file.write(b"b\n").unwrap();
    assert_eq!(file.pending(), 2);
    rotate(&mut file);
    assert_eq!(folder.text(), "begin\nb\n");
    // Emptied.
    std::fs::write(&path, "").unwrap();
    rotate(&mut file);
    assert_eq!(folder.text(), "begin\n");
    // A signal: where the name is still that of the file it goes on.
    file.hang_up();
    assert_eq!(rotate(&mut file), []);
    std::fs::rename(&path, folder.0.join("away")).unwrap();
    file.hang_up();
    assert_eq!(rotate(&mut file), [RotateReason::Signal]);
    assert_eq!(folder.text(), "begin\n");
    // A folder that is gone, and comes back.
    std::fs::remove_dir_all(&folder.0).unwrap();
    rotate(&mut file);
    file.write(b"c\n").unwrap();
    assert_eq!(file.errno(), Some(2));
    std::fs::create_dir_all(&folder.0).unwrap();
    std::thread::sleep(RETRY);
    rotate(&mut file);
    assert_eq!(folder.text(), "begin\nc\n");
}

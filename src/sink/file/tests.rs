use std::fs::OpenOptions;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;

use super::rotate::CHECK_INTERVAL;
use super::write::RETRY;
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
    AppendFile::open(path, FolderPolicy::Secure, config, &Format::Json)
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
    const A: &str = "{\"v\":1}\n";
    for (torn, expected, repaired) in [
        ("", "b\n", None),
        ("{\"v\":1,\"ru", "b\n", Some(10)),
        ("{", "b\n", Some(1)),
        ("\0\0\0", "b\n", Some(3)),
        ("notes", "notes\nb\n", None),
    ] {
        let expected = format!("{A}{expected}");
        assert_eq!(after(&format!("{A}{torn}"), "b\n"), (expected, repaired));
    }
    assert_eq!(after("", "b\n"), ("b\n".into(), None));
    assert_eq!(after("{\"v\":1", "b\n"), ("b\n".into(), Some(6)));
    assert_eq!(after("\0\0\0", "b\n"), ("b\n".into(), Some(3)));
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
            format!("{{\"v\":1}}\n{line}\n{{\"v\":1,\"run\":\"0000002a\",\"se"),
            Some(7),
        ),
        (format!("{line}\n{}\n", "x".repeat(100_000)), None),
        (
            format!("{{\"v\":1,\"x\":\"{}\"}}\n{line}\n", "x".repeat(100_000)),
            Some(7),
        ),
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

#[test]
fn content_that_is_no_lines_is_never_appended_to() {
    let folder = Folder::new("content");
    let text = Format::Text {
        zone: jiff::tz::TimeZone::UTC,
        colour: false,
    };
    let json = r#"{"v":1,"run":"0000002a","seq":7}"#;
    let sentence = "[21:26:54.897] meta start";
    let coloured = "\x1b[2m[21:26:54.897]\x1b[0m meta start";
    for (content, for_json, for_text) in [
        (&b""[..], true, true),
        (b"\n\0\0", true, true),
        (json.as_bytes(), true, true),
        (&json.as_bytes()[..3], true, true),
        (sentence.as_bytes(), false, true),
        (&sentence.as_bytes()[..3], false, true),
        (coloured.as_bytes(), false, true),
        (b"\x0a\x0d\x0d\x0a\x1c\0\0\0", false, false),
        (b"\xd4\xc3\xb2\xa1\x02\0\x04\0", false, false),
        (b"\x28\xb5\x2f\xfd", false, false),
        (b"root:x:0:0:root:/root:/bin/bash\n", false, false),
        (b"{\"other\":1}\n", false, false),
        (b"# HELP nlstream_info Version\n", false, false),
    ] {
        for (format, accepted) in [(&Format::Json, for_json), (&text, for_text)] {
            std::fs::write(folder.file(), content).unwrap();
            let opened = AppendFile::open(
                &folder.file(),
                FolderPolicy::Secure,
                Config::default(),
                format,
            );
            let shown = String::from_utf8_lossy(content);
            assert_eq!(opened.is_ok(), accepted, "{shown:?} {format:?}");
            if let Err(error) = opened {
                let error = error.to_string();
                assert!(error.contains("its content is not lines"), "{error}");
                assert_eq!(std::fs::read(folder.file()).unwrap(), content);
            }
        }
    }
}

/// Rotates by size after every line.
fn rotating(keep: usize) -> Config {
    let rotation = Rotation {
        size: Some(1),
        keep,
        compress: true,
        ..Rotation::default()
    };
    Config {
        rotation,
        ..patient()
    }
}

fn rotate_once(file: &mut AppendFile) {
    file.write(b"{\"v\":1}\n").unwrap();
    assert_eq!(rotate(file), [RotateReason::Size]);
}

/// Waits until the worker has done its work.
#[track_caller]
fn wait_until(mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn entries_with_archive_names_that_are_no_such_files_stop_neither_rotation_nor_tidying() {
    let folder = Folder::new("strange");
    let at = |stamp: &str| folder.0.join(format!("net.ndjson.{stamp}"));
    // The last moment of jiff, and one that leaves room for a few more.
    std::fs::write(at("99991230T220000.999Z"), "").unwrap();
    std::fs::write(at("99991230T215959.000Z"), "").unwrap();
    std::fs::create_dir(at("20200101T000000.000Z")).unwrap();
    let fifo = at("20200101T000000.001Z");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    std::os::unix::fs::symlink("/dev/full", at("20200101T000000.002Z")).unwrap();
    std::os::unix::fs::symlink("away", at("20200101T000000.003Z.zst.part")).unwrap();
    let strange = folder.names();
    std::fs::write(at("20200101T000000.004Z"), "old\n").unwrap();
    std::fs::write(at("20200101T000000.005Z.zst.part"), "torn").unwrap();
    let mut file = open(&folder.file(), rotating(2)).unwrap();
    for _ in 0..5 {
        rotate_once(&mut file);
    }
    let kept = || {
        let mut names = folder.names();
        names.retain(|name| !strange.contains(name));
        names
    };
    wait_until(|| {
        let kept = kept();
        kept.len() == 3 && kept.iter().filter(|name| name.ends_with(".zst")).count() == 1
    });
    assert!(kept().iter().all(|name| !name.contains(".9999")));
    assert!(strange.iter().all(|name| folder.names().contains(name)));
    assert_eq!(file.stats().rotations, 5);
}

#[test]
fn a_file_is_removed_only_if_its_compressed_copy_is_whole_and_equal() {
    let folder = Folder::new("copy");
    let plain = |number: u32| {
        folder
            .0
            .join(format!("net.ndjson.20200101T000000.00{number}Z"))
    };
    let copy = |number: u32| PathBuf::from(format!("{}.zst", plain(number).display()));
    let text = |number: u32| format!("precious {number}\n").repeat(20_000);
    let whole = |number: u32| zstd::encode_all(text(number).as_bytes(), 1).unwrap();
    for number in 0..6 {
        std::fs::write(plain(number), text(number)).unwrap();
    }
    std::fs::write(copy(0), "").unwrap();
    std::fs::write(copy(1), &whole(1)[..whole(1).len() / 2]).unwrap();
    std::fs::write(copy(2), whole(2)).unwrap();
    std::fs::write(copy(3), zstd::encode_all(&b"other"[..], 1).unwrap()).unwrap();
    std::fs::create_dir(copy(4)).unwrap();
    let mut file = open(&folder.file(), rotating(0)).unwrap();
    rotate_once(&mut file);
    // Those before are tidied in order.
    wait_until(|| !plain(5).exists());
    for number in [0, 1, 2, 5] {
        assert!(!plain(number).exists(), "{number}");
        let bytes = std::fs::read(copy(number)).unwrap();
        assert_eq!(
            zstd::decode_all(&bytes[..]).unwrap(),
            text(number).as_bytes()
        );
    }
    for number in [3, 4] {
        assert_eq!(
            std::fs::read_to_string(plain(number)).unwrap(),
            text(number)
        );
    }
    let other = std::fs::read(copy(3)).unwrap();
    assert_eq!(zstd::decode_all(&other[..]).unwrap(), b"other");
    wait_until(|| file.stats().errors >= 2);
}

#[test]
fn mode_and_links_survive_rotation() {
    let folder = Folder::new("mode");
    std::fs::create_dir(folder.0.join("data")).unwrap();
    std::fs::create_dir(folder.0.join("other")).unwrap();
    std::os::unix::fs::symlink("data/net", folder.file()).unwrap();
    let mut file = open(&folder.file(), rotating(0)).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for wanted in [0o600, 0o666, 0o640] {
        let permissions = std::fs::Permissions::from_mode(wanted);
        std::fs::set_permissions(folder.file(), permissions).unwrap();
        rotate_once(&mut file);
        assert_eq!(mode(&folder.file()), wanted);
    }
    let names = |name: &str| std::fs::read_dir(folder.0.join(name)).unwrap().count();
    assert_eq!(folder.names().len(), 3);
    assert!(folder.file().is_symlink());
    // The copies have the modes of the files. None has a temporary name any more.
    wait_until(|| {
        let data = std::fs::read_dir(folder.0.join("data")).unwrap();
        let paths = data.map(|entry| entry.unwrap().path());
        let copies = paths.filter(|path| path.extension().is_some_and(|it| it == "zst"));
        let mut modes: Vec<_> = copies.map(|path| mode(&path)).collect();
        modes.sort_unstable();
        modes == [0o600, 0o666] && names("data") == 4
    });
    // The link leads elsewhere: the next file is there.
    std::fs::remove_file(folder.file()).unwrap();
    std::os::unix::fs::symlink("other/net", folder.file()).unwrap();
    assert_eq!(rotate(&mut file), [RotateReason::Renamed]);
    assert_eq!(mode(&folder.0.join("other/net")), 0o640);
    rotate_once(&mut file);
    assert_eq!(names("other"), 2);
}

#[test]
fn names_are_bytes_and_too_long_ones_are_refused_at_the_start() {
    let folder = Folder::new("names");
    let path = folder.0.join(std::ffi::OsStr::from_bytes(b"n\xff"));
    let mut file = open(&path, rotating(2)).unwrap();
    for _ in 0..5 {
        rotate_once(&mut file);
    }
    wait_until(|| std::fs::read_dir(&folder.0).unwrap().count() == 3);
    let opened = |length: usize| open(&folder.0.join("n".repeat(length)), rotating(2));
    let longest = 255 - archive::LONGEST.len();
    assert!(opened(longest).is_ok());
    for length in [longest + 1, 255] {
        let error = opened(length).err().unwrap().to_string();
        assert!(error.contains("the name is too long"), "{error}");
    }
    // Without rotation the name is permitted.
    open(&folder.0.join("n".repeat(255)), Config::default()).unwrap();
}

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};

use super::*;

/// A folder with the sticky bit, in which others may create files; removed at the end of the test.
struct Shared(PathBuf);

impl Shared {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("nlstream-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o1777)).unwrap();
        Shared(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn place(&self, name: &str) -> Place {
        Place::resolve(&self.path(name), FolderPolicy::Secure).unwrap()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn fifo(path: &std::path::Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

#[test]
fn a_path_leads_through_links_to_an_entry() {
    let shared = Shared::new("place");
    fs::create_dir(shared.path("a")).unwrap();
    symlink("a/../b", shared.path("relative")).unwrap();
    symlink(shared.path("relative"), shared.path("a/absolute")).unwrap();
    symlink("loop", shared.path("loop")).unwrap();
    symlink("a", shared.path("folder")).unwrap();
    for (path, entry) in [
        ("b", "b"),
        ("a/../b", "b"),
        ("folder/absolute", "b"),
        ("folder/c", "a/c"),
    ] {
        fs::remove_file(shared.path("b")).unwrap_or_default();
        for is_there in [false, true] {
            let place = shared.place(path);
            assert_eq!(
                place.open(OFlags::RDWR).unwrap().is_some(),
                is_there,
                "{path}"
            );
            if !is_there {
                place.create(None).unwrap();
                assert!(shared.path(entry).is_file(), "{path}");
            }
        }
    }
    let fails = |path: PathBuf| {
        Place::resolve(&path, FolderPolicy::Secure)
            .unwrap_err()
            .kind()
    };
    assert_eq!(fails(shared.path("a")), io::ErrorKind::IsADirectory);
    assert_eq!(fails(shared.path("new/")), io::ErrorKind::IsADirectory);
    assert_eq!(fails(shared.path("folder")), io::ErrorKind::IsADirectory);
    assert_eq!(fails(shared.path("absent/new")), io::ErrorKind::NotFound);
    assert_eq!(fails(shared.path("a/c/new")), io::ErrorKind::NotADirectory);
    let error = Place::resolve(&shared.path("loop"), FolderPolicy::Secure).unwrap_err();
    assert_eq!(
        error.raw_os_error(),
        Some(rustix::io::Errno::LOOP.raw_os_error())
    );
    assert_eq!(fails(PathBuf::from("/")), io::ErrorKind::IsADirectory);
    assert_eq!(fails(PathBuf::from("..")), io::ErrorKind::IsADirectory);
    // Links on procfs are not paths.
    let place = Place::resolve(std::path::Path::new("/dev/stdin"), FolderPolicy::Secure).unwrap();
    assert!(place.is_magic() && place.open(OFlags::RDONLY).is_ok());
}

#[test]
fn a_file_is_created_once_and_with_the_attributes_of_another() {
    let shared = Shared::new("create");
    for mode in [0o600, 0o644, 0o666, 0o620] {
        let old = shared.place("old").create(None).unwrap();
        old.set_permissions(fs::Permissions::from_mode(mode | 0o4000))
            .unwrap();
        let attributes = Attributes::of(&old).unwrap();
        let new = shared.place("new").create(Some(&attributes)).unwrap();
        assert_eq!(new.metadata().unwrap().permissions().mode() & 0o7777, mode);
        for name in ["old", "new"] {
            let error = shared.place(name).create(None).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            fs::remove_file(shared.path(name)).unwrap();
        }
    }
    // Where the link leads, nothing is created.
    let place = shared.place("link");
    symlink("victim", shared.path("link")).unwrap();
    assert!(place.create(None).is_err());
    let error = place.open(OFlags::RDWR).unwrap_err();
    assert!(is_refusal(&error), "{error}");
    assert!(!shared.path("victim").exists());
}

#[test]
fn hard_links_are_refused_where_others_may_have_made_them() {
    let shared = Shared::new("hard");
    fs::write(shared.path("victim"), "text").unwrap();
    fs::hard_link(shared.path("victim"), shared.path("planted")).unwrap();
    let error = shared.place("planted").open(OFlags::RDWR).unwrap_err();
    assert!(error.to_string().contains("2 hard links"), "{error}");
    fs::set_permissions(&shared.0, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(
        shared
            .place("planted")
            .open(OFlags::RDWR)
            .unwrap()
            .is_some()
    );
}

#[test]
fn a_fifo_does_not_block_and_is_no_source() {
    let shared = Shared::new("fifo");
    fifo(&shared.path("fifo"));
    let place = shared.place("fifo");
    let existing = place.open(OFlags::RDONLY).unwrap().unwrap();
    assert!(!existing.is_regular);
    assert!(place.open(OFlags::WRONLY).is_ok(), "the reader above");
    drop(existing);
    assert!(place.open(OFlags::WRONLY).is_err());
    let error = place.folder().open_own(place.name()).unwrap_err();
    assert!(error.to_string().contains("a FIFO"), "{error}");
}

#[test]
fn a_draft_replaces_only_what_this_program_left() {
    let shared = Shared::new("draft");
    let place = shared.place("file");
    let folder = place.folder();
    let create = || Draft::create(folder, place.name_with(".part"), None);
    let part = shared.path("file.part");
    fs::write(&part, "left by a run that was killed").unwrap();
    let draft = create().unwrap();
    assert_eq!(fs::read(&part).unwrap(), b"");
    let error = create().unwrap_err();
    assert!(error.to_string().contains("another process"), "{error}");
    drop(draft.publish(place.name(), false).unwrap());
    assert!(shared.path("file").exists() && !part.exists());
    // An existing file is replaced on request only, and a draft that is not published is removed.
    let error = create().unwrap().publish(place.name(), false).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert!(!part.exists());
    create().unwrap().publish(place.name(), true).unwrap();
    // Replaced by somebody else while it was written: that file is neither published nor removed.
    let draft = create().unwrap();
    fs::remove_file(&part).unwrap();
    fs::write(&part, "foreign").unwrap();
    assert!(draft.publish(place.name(), true).is_err());
    assert_eq!(fs::read(&part).unwrap(), b"foreign");
    fs::remove_file(&part).unwrap();
    for plant in [
        &|| symlink("victim", &part).unwrap(),
        &|| fs::hard_link(shared.path("file"), &part).unwrap(),
        &|| fifo(&part),
        &|| fs::create_dir(&part).unwrap(),
    ] as [&dyn Fn(); 4]
    {
        plant();
        let error = create().unwrap_err();
        assert!(is_refusal(&error), "{error}");
        assert!(part.symlink_metadata().is_ok());
        let _ = fs::remove_file(&part).or_else(|_| fs::remove_dir(&part));
    }
    assert!(!shared.path("victim").exists());
    let long = OsStr::new("n");
    assert!(folder.check_length(long, &"n".repeat(254)).is_ok());
    assert!(folder.check_length(long, &"n".repeat(255)).is_err());
}

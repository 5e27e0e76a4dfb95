//! `nlstream report`: the data of the page, the file that is written, and that foreign text is only data.

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::common::{Folder, nlstream, root};

const RUN: &str = "00000001";

fn time(second: u64) -> String {
    format!(
        "2026-11-24T10:{:02}:{:02}.000000000Z",
        second / 60,
        second % 60
    )
}

fn line(seq: u64, second: u64, kind: &str, op: &str, more: &Value) -> String {
    let mut line =
        json!({ "v": 1, "run": RUN, "seq": seq, "time": time(second), "kind": kind, "op": op });
    for (name, value) in more.as_object().unwrap() {
        line[name] = value.clone();
    }
    line.to_string() + "\n"
}

fn start(seq: u64, settings: &Value) -> String {
    let meta = json!({ "meta": { "tool": "nlstream", "version": "1", "settings": settings } });
    line(seq, 0, "meta", "start", &meta)
}

fn link(seq: u64, second: u64, op: &str, origin: &str, name: &str, mtu: u32) -> String {
    let ifindex = u32::from(name.as_bytes()[0]);
    let link = json!({ "ifindex": ifindex, "ifname": name, "mtu": mtu, "flags": ["UP"] });
    line(
        seq,
        second,
        "link",
        op,
        &json!({ "origin": origin, "ifindex": ifindex, "ifname": name, "link": link }),
    )
}

fn sync(seq: u64, second: u64, checkpoint: Option<u64>) -> String {
    let mut meta = json!({ "objects": 2 });
    if let Some(checkpoint) = checkpoint {
        meta["checkpoint"] = checkpoint.into();
    }
    line(seq, second, "meta", "sync", &json!({ "meta": meta }))
}

/// The data of a page.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once(r#"id="data">"#).unwrap();
    let (text, _) = rest.split_once('<').unwrap();
    let digit = |byte: u8| -> u32 {
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        digits.iter().position(|it| *it == byte).unwrap() as u32
    };
    let mut bytes = Vec::new();
    for chunk in text.as_bytes().chunks(4) {
        let digits: Vec<_> = chunk.iter().filter(|it| **it != b'=').collect();
        let bits = (0..4).fold(0, |bits, at| {
            bits << 6 | digits.get(at).map_or(0, |it| digit(**it))
        });
        bytes.extend_from_slice(&bits.to_be_bytes()[1..digits.len()]);
    }
    let mut json = String::new();
    GzDecoder::new(&*bytes).read_to_string(&mut json).unwrap();
    serde_json::from_str(&json).unwrap()
}

fn report(name: &str, args: &[&str], files: &[&str]) -> (String, Value) {
    let folder = Folder::new(name);
    let page = folder.path("report.html");
    let output = nlstream(&[&["report"], args, files, &["-o", &page]].concat());
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{message}");
    let page = std::fs::read_to_string(page).unwrap();
    let data = data(&page);
    (page, data)
}

/// The records of a page, each as kind, op, words and state.
fn records(data: &Value) -> Vec<[String; 4]> {
    let columns = &data["columns"];
    let string = |index: &Value| match index.as_i64().unwrap() {
        -1 => "gone".to_owned(),
        -2 => String::new(),
        index => data["strings"][index as usize].as_str().unwrap().to_owned(),
    };
    let count = columns["time"].as_array().unwrap().len();
    (0..count)
        .map(|at| ["kind", "op", "words", "state"].map(|name| string(&columns[name][at])))
        .collect()
}

#[test]
fn hostile_names_are_data_and_nothing_else() {
    let names = [
        "</script><script>document.title='owned'</script>",
        "<img src=x onerror=alert(1)>",
        "\u{1b}[2J\u{202e}x",
        "--><b>",
        "${alert(1)}",
    ];
    let mut text = start(0, &json!({}));
    for (at, name) in (1..).zip(names) {
        text += &link(at, at, "add", "kernel", name, 1500);
    }
    let folder = Folder::new("report-hostile");
    let file = folder.write("net.ndjson", text.as_bytes());
    let (page, data) = report("report-hostile-page", &[], &[&file]);
    assert_eq!(records(&data).len(), 6);
    for name in names {
        assert!(!page.contains(name), "{name}");
    }
    // Only the elements of the template, and no event handler.
    assert_eq!(page.matches("<script").count(), 3);
    assert_eq!(page.matches("</script").count(), 3);
    assert!(!page.contains("onerror") && !page.contains("owned"));
    let policy = page.split("Content-Security-Policy").nth(1).unwrap();
    let policy = policy.split('>').next().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
    // Nothing refers to a file or an address elsewhere.
    for part in [" src=", "<link", "@import", "url("] {
        assert!(!page.contains(part), "{part}");
    }
    let other = report("report-hostile-again", &[], &[&file]).0;
    let nonce = |page: &str| page.split("'nonce-").nth(1).unwrap()[..32].to_owned();
    assert_ne!(nonce(&page), nonce(&other));
    assert_eq!(
        page.matches(&format!("nonce=\"{}\"", nonce(&page))).count(),
        3
    );
    // Control and bidirectional characters are escaped, as in text.
    let devices = data["devices"].to_string();
    assert!(devices.contains(r"\\x1b[2J\\u{202e}x"), "{devices}");
}

#[test]
fn events_and_the_lines_of_the_state_are_kept_as_words() {
    let text = [
        start(0, &json!({})),
        link(1, 0, "present", "snapshot", "a", 1500),
        link(2, 0, "present", "snapshot", "b", 1500),
        sync(3, 1, None),
        line(
            4,
            2,
            "link",
            "change",
            &json!({
                "origin": "kernel", "ifindex": 97, "ifname": "a", "changed": ["mtu"], "old": { "mtu": 1500 },
                "link": { "ifindex": 97, "ifname": "a", "mtu": 1400, "flags": ["UP"] },
                "by": { "pid": 7, "comm": "ip" }
            }),
        ),
        link(5, 3, "delete", "kernel", "b", 1500),
    ]
    .concat();
    let folder = Folder::new("report-words");
    let file = folder.write("net.ndjson", text.as_bytes());
    let (_, data) = report("report-words-page", &[], &[&file]);
    let records = records(&data);
    let rows: Vec<[&str; 4]> = records
        .iter()
        .map(|row| [0, 1, 2, 3].map(|at| row[at].as_str()))
        .collect();
    assert_eq!(
        rows[1..],
        [
            ["link", "present", "", "a index 97 <UP> mtu 1500"],
            ["link", "present", "", "b index 98 <UP> mtu 1500"],
            [
                "link",
                "change",
                "a mtu 1500 → 1400",
                "a index 97 <UP> mtu 1400"
            ],
            ["link", "delete", rows[4][2], "gone"],
        ]
    );
    assert_eq!(data["events"], 2);
    assert_eq!(data["columns"]["flags"], json!([3, 0, 0, 9, 9]));
    assert_eq!(data["processes"]["rows"][0]["name"], "ip");
    let span = &data["known"][0];
    let second = |name: &str| span[name].as_i64().unwrap() / 1_000_000 % 60;
    assert_eq!((second("from"), second("to")), (1, 3));

    // A filter limits the state to the objects that pass.
    let (_, data) = report("report-words-a", &["--dev", "a"], &[&file]);
    let states: Vec<_> = self::records(&data)
        .iter()
        .map(|row| row[3].clone())
        .collect();
    assert!(states.contains(&"a index 97 <UP> mtu 1400".to_owned()));
    assert!(!states.iter().any(|state| state.starts_with('b')));
    assert_eq!(
        (&data["events"], &data["selection"]),
        (&json!(1), &json!(["--dev a"]))
    );
    // A time limits the events, and not what the state needs.
    let (_, data) = report("report-words-time", &["--since", &time(3)], &[&file]);
    assert_eq!(data["events"], 1);
    assert!(
        self::records(&data)
            .iter()
            .any(|row| row[3] == "a index 97 <UP> mtu 1400")
    );
}

#[test]
fn the_state_is_known_from_a_whole_snapshot_to_a_gap_a_hole_or_the_end() {
    let gap = json!({ "meta": { "cause": "overflow", "lost": 3, "from": time(4) } });
    let resync = json!({ "meta": { "from": time(5), "to": time(7), "corrections": [] } });
    let checkpoint = json!({ "meta": { "reason": "interval" } });
    let text = [
        start(0, &json!({})),
        sync(1, 2, None),
        line(2, 5, "meta", "gap", &gap),
        line(3, 7, "meta", "resync", &resync),
        // Lines 4 to 8 are missing.
        link(9, 10, "add", "kernel", "a", 1500),
        line(10, 12, "meta", "checkpoint", &checkpoint),
        sync(11, 14, Some(10)),
        link(12, 20, "add", "kernel", "b", 1500),
    ]
    .concat();
    let folder = Folder::new("report-known");
    let file = folder.write("net.ndjson", text.as_bytes());
    let known = |data: &Value| -> Vec<(i64, i64)> {
        let spans = data["known"].as_array().unwrap().iter();
        let second = |span: &Value, name: &str| span[name].as_i64().unwrap() / 1_000_000 % 60;
        spans
            .map(|span| (second(span, "from"), second(span, "to")))
            .collect()
    };
    let (_, data) = report("report-known-page", &[], &[&file]);
    assert_eq!(known(&data), [(2, 4), (14, 20)]);
    assert_eq!(data["hole_count"], 1);
    assert!(
        data["holes"][0][1]
            .as_str()
            .unwrap()
            .contains("5 lines are missing")
    );
    assert_eq!(data["gaps"]["rows"][0]["cause"], "overflow");
    // `nlstream state` answers at the same times, and refuses at the others.
    for (second, is_known) in [
        (1, false),
        (3, true),
        (6, false),
        (7, false),
        (8, false),
        (11, false),
        (15, true),
    ] {
        let output = nlstream(&["state", "--at", &time(second), &file]);
        assert_eq!(output.status.success(), is_known, "{second}");
        let at = i64::try_from(second).unwrap();
        let covers = known(&data)
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&at));
        assert_eq!(covers, is_known, "{second}");
    }
    // A run that leaves out changes gives no state.
    let text = start(0, &json!({ "filters": { "op": ["add"] } })) + &sync(1, 2, None);
    let file = folder.write("filtered", text.as_bytes());
    let (_, data) = report("report-known-filtered", &[], &[&file]);
    assert_eq!((known(&data), &data["hiding"]), (vec![], &json!("--op")));
}

#[test]
fn the_file_is_created_as_every_output_and_replaced_with_force_only() {
    let folder = Folder::new("report-file");
    let file = folder.write("net.ndjson", start(0, &json!({})).as_bytes());
    let page = folder.write("page.html", b"precious");
    let run = |args: &[&str]| {
        let output = nlstream(&[&["report", &file], args].concat());
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), message)
    };
    let (code, message) = run(&["-o", &page]);
    assert!(code == Some(1) && message.contains("--force"), "{message}");
    assert_eq!(std::fs::read(&page).unwrap(), b"precious");
    let inode = std::fs::metadata(&page).unwrap().ino();
    assert_eq!(run(&["-o", &page, "--force"]).0, Some(0));
    assert!(
        std::fs::read_to_string(&page)
            .unwrap()
            .starts_with("<!doctype html>")
    );
    assert_ne!(std::fs::metadata(&page).unwrap().ino(), inode);
    // An empty file, as `mktemp` makes it.
    let empty = folder.write("empty.html", b"");
    assert_eq!(run(&["-o", &empty]).0, Some(0));
    let (code, message) = run(&["-o", &file, "--force"]);
    assert!(
        code == Some(1) && message.contains("same file"),
        "{message}"
    );
    let (code, message) = run(&["-o", &folder.path("absent/page.html")]);
    assert!(
        code == Some(1) && message.contains("create its directory"),
        "{message}"
    );
    let (code, message) = run(&["-o", "/dev/null"]);
    assert!(code == Some(1) && message.contains("device"), "{message}");
    assert_eq!(run(&[]).0, Some(2));
    // Damage leaves no page behind.
    let damaged = folder.write("damaged", b"{\"v\":1}\n");
    let absent = folder.path("none.html");
    let output = nlstream(&["report", &damaged, "-o", &absent]);
    assert_eq!(output.status.code(), Some(1));
    let names: Vec<_> = std::fs::read_dir(&folder.0)
        .unwrap()
        .map(|it| it.unwrap().file_name())
        .collect();
    assert!(
        !names
            .iter()
            .any(|name| name.to_string_lossy().contains("none.html")),
        "{names:?}"
    );
    let output = nlstream(&["report", &file, "-o", "-"]);
    assert!(output.stdout.starts_with(b"<!doctype html>"));
}

#[test]
fn several_files_and_archives_are_one_report() {
    let folder = Folder::new("report-files");
    let part = |seqs: std::ops::Range<u64>| {
        let lines = seqs.map(|seq| link(seq, seq, "add", "kernel", "a", 1500));
        lines.collect::<String>()
    };
    let first = zstd::encode_all(part(0..5).as_bytes(), 1).unwrap();
    let first = folder.write("1.zst", &first);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, part(5..8).as_bytes()).unwrap();
    let second = folder.write("2.gz", &gzip.finish().unwrap());
    let (_, data) = report("report-files-page", &[], &[&first, &second]);
    assert_eq!(data["events"], 8);
    assert_eq!(data["files"].as_array().unwrap().len(), 2);
    let output = nlstream(&["report", &second, &first, "-o", &folder.path("x.html")]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("oldest first"));
}

#[test]
fn too_many_lines_are_counted_and_the_last_ones_are_listed() {
    let folder = Folder::new("report-many");
    let mut text = start(0, &json!({}));
    for seq in 1..=260_000 {
        text += &format!(
            "{{\"v\":1,\"run\":\"{RUN}\",\"seq\":{seq},\"time\":\"{}\",\"kind\":\"link\",\"op\":\"add\",\"origin\":\"kernel\",\
             \"ifindex\":{seq},\"ifname\":\"d{seq}\",\"link\":{{\"ifindex\":{seq},\"ifname\":\"d{seq}\"}}}}\n",
            time(seq / 100)
        );
    }
    let file = folder.write("net.ndjson", text.as_bytes());
    let (_, data) = report("report-many-page", &[], &[&file]);
    assert_eq!(data["events"], 260_000);
    assert_eq!(data["columns"]["time"].as_array().unwrap().len(), 250_000);
    // The `start` line is one of those that are left out, and is no event.
    assert_eq!(data["left_out"], 10_000);
    let last = records(&data).pop().unwrap();
    assert!(last[2].starts_with("d260000 "), "{}", last[2]);
    // Devices are counted up to a number, and the others are counted together.
    let devices = &data["devices"];
    let (all, left_out) = (
        devices["all"].as_u64().unwrap(),
        devices["left_out"].as_u64().unwrap(),
    );
    assert!(all <= 5000 && all + left_out == 260_000, "{all} {left_out}");
}

/// The licence of uPlot is in the page, as it demands.
#[test]
fn the_page_has_the_licence_of_its_parts() {
    let folder = Folder::new("report-licence");
    let file = folder.write("net.ndjson", start(0, &json!({})).as_bytes());
    let (page, _) = report("report-licence-page", &[], &[&file]);
    let licence = root().join("src/run/report/page/uplot/LICENSE");
    assert!(page.contains(std::fs::read_to_string(licence).unwrap().trim()));
    assert!(page.contains("uPlot (v1.6.32)"));
}

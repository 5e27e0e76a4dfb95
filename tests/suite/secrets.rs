//! Secrets are in no output, unless `--with secrets`.

use crate::common;

/// The keys of the scenario `xfrm-secrets`, as far as each is alone: 16 bytes and more.
const KEYS: &[&str] = &[
    "e1e2e3e4e5e6e7e8e9eaebecedeeeff0",
    "d1d2d3d4d5d6d7d8d9dadbdcdddedfd0",
    "d1d2d3d4d5d6d7d8d9dadbdcdddedfd1",
    "c1c2c3c4c5c6c7c8c9cacbcccdcecfc0",
    "b1b2b3b4b5b6b7b8b9babbbcbdbebfb0a1a2a3a4",
    "919293949596979899a0a1a2a3a4a5a6",
    "8182838485868788898a8b8c8d8e8f9091929394",
];

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    let digits = pairs.map(|pair| std::str::from_utf8(pair).unwrap());
    digits
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

/// Four bytes of a key in a row, as bytes or as digits, give it away.
fn parts(key: &str) -> impl Iterator<Item = (String, Vec<u8>)> {
    const LENGTH: usize = 4;
    let count = key.len() / 2 - LENGTH + 1;
    let part = move |at: usize| key[2 * at..2 * (at + LENGTH)].to_owned();
    let parts: Vec<_> = (0..count).map(part).collect();
    parts.into_iter().map(|hex| {
        let bytes = bytes(&hex);
        (hex, bytes)
    })
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

fn assert_no_key(what: &str, output: &[u8]) {
    for key in KEYS {
        for (hex, bytes) in parts(key) {
            assert!(!contains(output, hex.as_bytes()), "{what}: {hex} of {key}");
            assert!(!contains(output, &bytes), "{what}: bytes {hex} of {key}");
        }
    }
}

fn capture() -> String {
    let path = common::root().join("fixtures/xfrm-secrets/capture.pcapng");
    path.to_str().unwrap().to_owned()
}

#[test]
fn no_byte_of_a_key_is_in_an_output_without_secrets() {
    let capture = capture();
    let all = std::fs::read(&capture).unwrap();
    for key in KEYS {
        assert!(contains(&all, &bytes(key)), "the capture lacks {key}");
    }
    let folder = std::env::temp_dir().join(format!("nlstream-secrets-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let recording = folder.join("again.pcapng");
    let recording = recording.to_str().unwrap();
    let parts = "details,raw,message,host,id";
    for options in [
        &["--with", parts][..],
        &["--with", parts, "--format", "text"],
        &["--with", parts, "--record", recording, "--force"],
        &["--with", parts, "--kind", "unknown,xfrm_event,xfrm_state"],
    ] {
        let args = [&["replay", "--snapshot"], options, &[&capture]].concat();
        let output = common::nlstream(&args);
        assert!(output.status.success(), "{options:?}");
        assert!(output.stdout.len() > 1000, "{options:?}");
        assert_no_key(&format!("{options:?}"), &output.stdout);
        assert_no_key(&format!("stderr of {options:?}"), &output.stderr);
    }
    assert_no_key("the recording", &std::fs::read(recording).unwrap());
    // The lines of the recording are those of the replay, also if its secrets are asked for.
    let lines = |file: &str, with: &str| {
        let run = ["replay", "--snapshot", "--run", "0123456789abcdef"];
        let output = common::nlstream(&[&run[..], &["--with", with, file]].concat());
        assert!(output.status.success());
        (output.stdout, String::from_utf8(output.stderr).unwrap())
    };
    let (again, _) = lines(recording, parts);
    assert_eq!(again, lines(&capture, parts).0);
    let (again, warning) = lines(recording, &format!("{parts},secrets"));
    assert_eq!(again, lines(&capture, parts).0);
    assert!(warning.contains("the recording has none"), "{warning}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn with_secrets_each_key_is_in_the_lines() {
    let output = common::nlstream(&["replay", "--with", "secrets,raw", &capture()]);
    let lines = common::lines(&output.stdout);
    let states = lines.iter().filter(|line| line["kind"] == "xfrm_state");
    let states: Vec<_> = states.map(|line| line["xfrm_state"].to_string()).collect();
    for key in KEYS {
        let has = |state: &String| state.contains(key);
        assert!(states.iter().any(has), "{key}");
    }
    assert_eq!(lines[0]["meta"]["settings"]["with"][0], "secrets");
}

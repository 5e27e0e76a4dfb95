use std::collections::HashMap;

use super::*;

fn at(ms: i64) -> Time {
    Time(jiff::Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap())
}

/// A generator with a fixed seed.
fn random(state: &mut u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[test]
fn a_rate_is_that_of_the_last_seconds() {
    let mut window = Window::<RATE_TIME>::default();
    assert_eq!(window.total(at(0)), 0);
    // Ten a second, for a minute.
    for step in 0..600 {
        window.add(at(step * 100));
    }
    assert!((window.rate(at(59_900)) - 10.0).abs() < 1e-9);
    assert_eq!(window.series(at(59_900)), [10; RATE_TIME]);
    // It falls to zero when nothing happens, and a late event of the window counts in its second.
    assert_eq!(window.total(at(64_000)), 50);
    assert_eq!(window.total(at(100_000)), 0);
    window.add(at(52_000));
    assert_eq!(window.total(at(59_900)), 101);
    window.add(at(1000));
    assert_eq!(window.total(at(59_900)), 101);
    // A clock that is set to any time.
    window.add(Time(jiff::Timestamp::MAX));
    window.add(Time(jiff::Timestamp::MIN));
    assert_eq!(window.total(Time(jiff::Timestamp::MAX)), 1);
    assert_eq!(window.total(Time(jiff::Timestamp::MIN)), 0);
}

#[test]
fn any_number_of_names_takes_limited_memory_and_the_most_frequent_stay() {
    let mut counter: Counter = Counter::new(100);
    let (mut state, mut truth) = (1, HashMap::<String, u64>::new());
    let mut total = 0;
    for number in 0..300_000_u64 {
        // Names that occur once, and ten that occur often, the later half of the time.
        let name = match random(&mut state) % 4 {
            0 if number > 150_000 => format!("often {}", random(&mut state) % 10),
            _ => format!("once {number}"),
        };
        counter.count(&name, at(0), || name.clone());
        *truth.entry(name).or_default() += 1;
        total += 1;
        assert!(counter.len() <= 100);
    }
    let most = counter.most(10);
    for tally in &most {
        assert!(tally.it.starts_with("often"), "{}", tally.it);
        let truth = truth[&tally.it];
        // A lower limit, and nearly the number.
        assert!(tally.count <= truth && tally.count * 100 > truth * 95);
    }
    let counted: u64 = counter.tallies().map(|tally| tally.count).sum();
    assert_eq!(counted + counter.left_out(), total);
}

#[test]
fn few_names_are_counted_exactly_and_equal_counts_are_in_order_of_names() {
    let mut counter: Counter = Counter::new(100);
    for number in 0..100 {
        let name = format!("{:02}", number % 50);
        counter.count(&name, at(number), || name.clone());
    }
    let names: Vec<_> = counter.most(3).iter().map(|it| it.it.clone()).collect();
    assert_eq!(names, ["00", "01", "02"]);
    assert_eq!((counter.len(), counter.left_out()), (50, 0));
    assert_eq!(counter.most(usize::MAX).len(), 50);
}

#[test]
fn names_of_any_length_are_shortened() {
    let name = bounded("é".repeat(100_000));
    assert_eq!(name.chars().count(), NAME + 1);
    assert_eq!(bounded("eth0".to_owned()), "eth0");
}

fn line(text: &str) -> String {
    format!(
        r#"{{"v":1,"run":"00000001","seq":1,"time":"2027-01-15T08:00:00.000000000Z","origin":"kernel",{text}}}"#
    )
}

#[test]
fn routes_neighbours_namespaces_and_processes_are_counted() {
    let mut stats = Stats::new(Detail::All);
    let by = r#""by":{"pid":7,"comm":"ip","unit":"ssh.service"}"#;
    let route = |dst: &str, table: &str| {
        line(&format!(
            r#""kind":"route","op":"add","ifindex":2,"ifname":"eth0","netns":{{"name":"blue","inode":7}},"route":{{"family":"inet","table":"{table}","dst":"{dst}"}},{by}"#
        ))
    };
    let neigh = line(
        r#""kind":"neigh","op":"add","ifindex":2,"ifname":"eth0","neigh":{"family":"inet","ifindex":2,"dst":"10.0.0.9"},"by":{"kernel":true}"#,
    );
    let lines = [
        route("10.0.0.0/8", "main"),
        route("10.0.0.0/8", "main"),
        route("10.0.0.0/8", "100"),
        neigh,
    ];
    for text in &lines {
        stats
            .take(&Line::parse(text.as_bytes()).unwrap(), true)
            .unwrap();
    }
    let names = |counter: &Counter| -> Vec<_> {
        let most = counter.most(9);
        most.iter().map(|it| (it.it.clone(), it.count)).collect()
    };
    let of = |name: &str, count| (name.to_owned(), count);
    assert_eq!(
        names(&stats.routes),
        [
            of("blue: 10.0.0.0/8 dev eth0", 2),
            of("blue: 10.0.0.0/8 dev eth0 table 100", 1)
        ]
    );
    assert_eq!(names(&stats.neighbours), [of("10.0.0.9 dev eth0", 1)]);
    assert_eq!(names(&stats.namespaces), [of("blue", 3)]);
    assert_eq!(
        names(&stats.processes),
        [of("ip (ssh.service)", 3), of("the kernel", 1)]
    );
    assert_eq!(names(&stats.kinds), [of("route", 3), of("neigh", 1)]);
    assert_eq!(stats.events, 4);
}

#[test]
fn a_gap_ends_with_the_resync_of_its_namespace() {
    let mut stats = Stats::new(Detail::All);
    let meta = |op: &str, netns: &str, meta: &str| {
        line(&format!(
            r#""kind":"meta","op":"{op}",{netns}"meta":{{{meta}}}"#
        ))
    };
    let (blue, red) = (
        r#""netns":{"name":"blue","inode":7},"#,
        r#""netns":{"name":"red","inode":8},"#,
    );
    let gap = r#""cause":"overflow","lost":3"#;
    for text in [
        meta("gap", blue, gap),
        meta("gap", red, r#""cause":"of_the_future""#),
        meta("resync", blue, ""),
    ] {
        stats
            .take(&Line::parse(text.as_bytes()).unwrap(), false)
            .unwrap();
    }
    let ended: Vec<_> = stats
        .gaps
        .last
        .iter()
        .map(|it| it.until.is_some())
        .collect();
    assert_eq!(ended, [true, false]);
    assert_eq!((stats.gaps.number, stats.gaps.lost), (2, 3));
    assert!(stats.gaps.is_unknown);
    for _ in 0..5000 {
        let text = meta("gap", "", gap);
        stats
            .take(&Line::parse(text.as_bytes()).unwrap(), false)
            .unwrap();
    }
    assert!(stats.gaps.last.len() <= 1000 && stats.gaps.number == 5002);
}

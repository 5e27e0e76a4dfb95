//! Wireless devices, simulated by mac80211_hwsim in a guest. Judged by iw(8).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::{Child, Command};
use std::time::Duration;

use serde_json::{Value, json};

use crate::namespace::{Namespace, Stream};

crate::trial::trials! {
    objects_and_events_are_those_that_iw_shows(GuestRadios, Program("iw"), Program("hostapd")),
    silent_changes_of_wireless_devices_are_read(GuestRadios, Program("iw")),
    quality_and_radar_are_events(GuestRadios, Program("iw"), Program("hostapd")),
}

/// The radios of the machine, in a namespace of their own until its end.
struct Radios(Namespace);

impl Radios {
    fn new() -> Self {
        let ns = Namespace::privileged();
        ns.run(
            "radios=$(nsenter -t 1 -n iw phy | sed -n 's/^Wiphy //p')
             for radio in $radios; do nsenter -t 1 -n iw phy $radio set netns $$; done
             for dev in $(iw dev | sed -n 's/.*Interface //p'); do ip link set $dev down; iw dev $dev set type managed; done",
        );
        Radios(ns)
    }

    /// The names of the interfaces.
    fn interfaces(&self) -> Vec<String> {
        let mut names: Vec<_> = self.shown().into_keys().collect();
        names.sort();
        names
    }

    /// What `iw dev` prints of each interface, by the first word of the line.
    fn shown(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let mut interfaces = BTreeMap::<_, BTreeMap<_, _>>::new();
        let mut name = String::new();
        for line in self.0.run("iw dev").lines() {
            let Some((word, value)) = line.trim().split_once(' ') else {
                continue;
            };
            match word {
                "Interface" => name = value.to_owned(),
                _ => drop(
                    interfaces
                        .entry(name.clone())
                        .or_default()
                        .insert(word.to_owned(), value.to_owned()),
                ),
            }
        }
        interfaces.remove("");
        interfaces
    }
}

/// A process that is ended with the trial.
struct Background(Child);

impl Background {
    fn new(command: &mut Command) -> Self {
        Background(command.spawn().unwrap())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Compares the interfaces with those of `iw dev`. Returns the number of values.
fn compare_interfaces(radios: &Radios, stream: &Stream) -> usize {
    let ours = stream.folded("wifi_interface", "dev");
    let shown = radios.shown();
    assert_eq!(
        ours.keys().collect::<Vec<_>>(),
        shown.keys().collect::<Vec<_>>()
    );
    let mut compared = 0;
    for (name, shown) in shown {
        let it = &ours[&name];
        let text = |field: &str| it[field].as_str().unwrap_or_default().to_owned();
        for (word, value) in shown {
            let ours = match &word[..] {
                "ifindex" => it["ifindex"].to_string(),
                "wdev" => format!("{:#x}", it["wdev"].as_u64().unwrap()),
                "addr" | "ssid" => text(&word),
                "type" => text("iftype"),
                "txpower" => {
                    format!("{:.2} dBm", it["tx_power"].as_f64().unwrap() / 100.0)
                }
                "channel" => {
                    let width = text("width").replacen(' ', " MHz ", 1);
                    let width = match width.contains("MHz") {
                        true => width,
                        false => format!("{width} MHz"),
                    };
                    let channel = value.split(' ').next().unwrap();
                    format!(
                        "{channel} ({} MHz), width: {width}, center1: {} MHz",
                        it["freq"], it["center_freq1"]
                    )
                }
                // Queues, and whatever a newer program prints.
                _ => continue,
            };
            assert_eq!(ours, value, "{word} of {name}: {it}");
            compared += 1;
        }
    }
    compared
}

/// Compares the flags of the stations with those that iw(8) prints. Returns the number of flags.
fn compare_stations(radios: &Radios, stream: &Stream) -> usize {
    let ours = stream.folded("wifi_station", "dev");
    let mut compared = 0;
    for dev in radios.interfaces() {
        let text = radios.0.run(&format!("iw dev {dev} station dump"));
        assert_eq!(text.contains("Station"), ours.contains_key(&dev), "{text}");
        for line in text.lines() {
            let Some((word, value)) = line.trim().split_once(':') else {
                continue;
            };
            let station = &ours[&dev];
            let flag = match word {
                "authorized" | "authenticated" | "associated" => word,
                "WMM/WME" => "wme",
                "MFP" => "mfp",
                "TDLS peer" => "tdls-peer",
                _ => continue,
            };
            let has = station["flags"].as_array().unwrap().contains(&json!(flag));
            assert_eq!(has, value.trim() == "yes", "{flag}: {station}");
            compared += 1;
        }
    }
    compared
}

/// The rules of a regulatory domain in the words of iw(8), without the flags.
fn rules(domain: &Value) -> String {
    let mut text = String::new();
    for rule in domain["rules"].as_array().unwrap() {
        let number = |name: &str| rule[name].as_u64().unwrap();
        let _ = writeln!(
            text,
            "({} - {} @ {}), (N/A, {})",
            number("start") / 1000,
            number("end") / 1000,
            number("max_bw") / 1000,
            number("max_eirp") / 100
        );
    }
    text
}

/// The same of what `iw reg get` prints of the domain of all devices.
fn shown_rules(ns: &Namespace) -> String {
    let text = ns.run("iw reg get");
    let global = text.split("phy#").next().unwrap();
    let rules = global.lines().map(str::trim);
    let rules = rules.filter(|line| line.starts_with('('));
    rules
        .map(|line| {
            let end = line.match_indices(')').nth(1).unwrap().0;
            format!("{}\n", &line[..=end])
        })
        .collect()
}

/// The words of an event in the output of `iw event`: device, name, and the status or reason.
fn word_of(line: &str) -> Option<String> {
    const NAMES: &[(&str, &str)] = &[
        ("scan started", "scan_started"),
        ("scan finished", "scan_finished"),
        ("new station", "station add"),
        ("del station", "station delete"),
        ("deauth", "deauth"),
        ("disassoc", "disassoc"),
        ("auth", "auth"),
        ("assoc", "assoc"),
        ("connected to", "connect"),
        ("disconnected", "disconnect"),
    ];
    let (dev, event) = line.split_once(':')?;
    let dev = dev.split(' ').next()?;
    let event = event.trim();
    let (_, name) = NAMES.iter().find(|(words, _)| event.starts_with(words))?;
    let number = |word: &str| {
        let rest = event.split_once(word)?.1.trim_start_matches([':', ' ']);
        Some(rest.split([':', ' ']).next()?.to_owned())
    };
    let number = number(" status").or_else(|| number(" reason"));
    Some(format!("{dev} {name} {}", number.unwrap_or_default()))
}

/// The same of our line.
fn word_of_line(line: &Value) -> Option<String> {
    let dev = line["ifname"].as_str()?;
    match line["kind"].as_str()? {
        "wifi_station" if line["origin"] == "kernel" => {
            Some(format!("{dev} station {} ", line["op"].as_str()?))
        }
        "wifi_event" => {
            let event = &line["wifi_event"];
            let name = event["event"].as_str()?;
            let number = match name {
                "auth" | "assoc" => &event["status"],
                "deauth" | "disassoc" | "disconnect" => &event["reason"],
                "scan_started" | "scan_finished" | "connect" => &Value::Null,
                _ => return None,
            };
            let number = number.as_u64().map_or(String::new(), |it| it.to_string());
            Some(format!("{dev} {name} {number}"))
        }
        _ => None,
    }
}

fn objects_and_events_are_those_that_iw_shows() {
    let radios = Radios::new();
    let ns = &radios.0;
    let interfaces = radios.interfaces();
    let [ap, client, ..] = &interfaces[..] else {
        panic!("{interfaces:?}");
    };
    let mut stream = ns.synced(&["--family", "nl80211"]);
    let folder = ns.run("mktemp -d");
    let folder = folder.trim();
    let _judge = Background::new(
        ns.command("bash")
            .args(["-c", &format!("exec stdbuf -oL iw event >{folder}/events")]),
    );
    ns.run(&format!(
        "printf '%s\\n' interface={ap} driver=nl80211 ssid=trial hw_mode=g channel=1 \
         ctrl_interface={folder}/ctrl >{folder}/conf"
    ));
    let _hostapd = Background::new(
        ns.command("bash")
            .args(["-c", &format!("exec hostapd {folder}/conf >{folder}/log")]),
    );
    stream.wait_for("the access point", |line| {
        line["wifi_interface"]["ssid"] == "trial" && line["wifi_interface"]["freq"] == 2412
    });
    ns.run(&format!(
        "ip link set {client} up; iw dev {client} scan trigger freq 2412"
    ));
    stream.wait_for("the end of the scan", |line| {
        line["wifi_event"]["event"] == "scan_finished"
    });
    ns.run(&format!("iw dev {client} connect trial 2412"));
    let connected = stream.wait_for("the connection", |line| {
        line["wifi_event"]["event"] == "connect"
    });
    assert_eq!(connected["wifi_event"]["status"], 0);
    stream.wait_for("the network of the client", |line| {
        line["wifi_interface"]["dev"] == client.as_str()
            && line["wifi_interface"]["ssid"] == "trial"
    });
    let is_authorized = |line: &Value| {
        let flags = line["wifi_station"]["flags"].as_array();
        flags.is_some_and(|flags| flags.contains(&json!("authorized")))
    };
    for dev in [ap, client] {
        let is_it = |line: &Value| line["ifname"] == dev.as_str() && is_authorized(line);
        if !stream.seen.iter().any(is_it) {
            stream.wait_for("an authorized station", is_it);
        }
    }
    stream.wait_for_quiet(Duration::from_secs(3));
    let compared = compare_interfaces(&radios, &stream);
    assert!(compared >= 12, "{compared}");
    let compared = compare_stations(&radios, &stream);
    assert!(compared >= 10, "{compared}");
    ns.run("iw reg set DE");
    stream.wait_for("the rules of Germany", |line| {
        let domain = &line["wifi_regdom"];
        domain["country"] == "DE" && domain["wiphy"] == Value::Null
    });
    // Radios may have domains of their own.
    let domains = stream.folded("wifi_regdom", "wiphy");
    assert_eq!(rules(&domains["null"]), shown_rules(ns));
    // The access point ends the connection.
    ns.run(&format!(
        "hostapd_cli -p {folder}/ctrl deauthenticate $(iw dev {client} info | sed -n 's/.*addr //p') reason=5"
    ));
    let ended = stream.wait_for("the end of the connection", |line| {
        line["wifi_event"]["event"] == "disconnect"
    });
    assert_eq!(
        (
            &ended["wifi_event"]["reason"],
            &ended["wifi_event"]["by_ap"]
        ),
        (&json!(5), &json!(true))
    );
    stream.wait_for("the interface without a network", |line| {
        let it = &line["wifi_interface"];
        it["dev"] == client.as_str() && it["ssid"] == Value::Null
    });
    stream.wait_for_quiet(Duration::from_secs(3));
    assert!(stream.folded("wifi_station", "dev").is_empty());
    let judged = ns.run(&format!("cat {folder}/events; rm -r {folder}"));
    let mut judged: Vec<_> = judged.lines().filter_map(word_of).collect();
    let mut ours: Vec<_> = stream.seen.iter().filter_map(word_of_line).collect();
    assert!(judged.len() >= 10, "{judged:?}");
    // Two radios send at the same time: then the sockets of two programs have the messages in different orders.
    for words in [&mut judged, &mut ours] {
        words.sort_by_key(|word| word.split(' ').next().map(str::to_owned));
    }
    assert_eq!(ours, judged);
    eprintln!(
        "iw event: {} events compared, {} equal, 0 explained",
        judged.len(),
        ours.len()
    );
    for line in &stream.seen {
        assert_eq!(line["unparsed"], Value::Null, "{line}");
    }
    stream.interrupt();
}

/// The kernel announces neither the address of an interface nor the thresholds of a radio.
fn silent_changes_of_wireless_devices_are_read() {
    let radios = Radios::new();
    let ns = &radios.0;
    let interfaces = radios.interfaces();
    let dev = &interfaces[0];
    // A quick audit pauses for the longer, the slower a dump is, and no longer than an audit.
    let mut stream = ns.synced(&["--family", "nl80211", "--audit", "5s"]);
    let phy = ns.run(&format!("iw dev {dev} info | sed -n 's/.*wiphy //p'"));
    let phy = phy.trim();
    ns.run(&format!("iw phy#{phy} set rts 2000"));
    let line = stream.wait_for("the threshold", |line| {
        line["wiphy"]["rts_threshold"] == 2000
    });
    assert_eq!(
        (&line["op"], &line["origin"], &line["changed"]),
        (
            &json!("change"),
            &json!("inferred"),
            &json!(["rts_threshold"])
        )
    );
    ns.run(&format!("ip link set {dev} address 02:00:00:00:77:00"));
    let line = stream.wait_for("the address", |line| {
        line["wifi_interface"]["addr"] == "02:00:00:00:77:00"
    });
    assert_eq!(line["changed"], json!(["addr"]));
    // An event of its own.
    ns.run(&format!(
        "iw phy#{phy} set rts off; iw phy#{phy} set name renamed; iw phy#{phy} set name phy{phy}"
    ));
    let line = stream.wait_for("the name", |line| line["wiphy"]["name"] == "renamed");
    assert_eq!(line["origin"], "kernel");
    stream.interrupt();
}

/// A signal below the threshold of a program, and radar on the channel of an access point.
fn quality_and_radar_are_events() {
    let radios = Radios::new();
    let ns = &radios.0;
    let interfaces = radios.interfaces();
    let [ap, client, ..] = &interfaces[..] else {
        panic!("{interfaces:?}");
    };
    let mut stream = ns.synced(&["--family", "nl80211"]);
    let folder = ns.run("mktemp -d");
    let folder = folder.trim();
    ns.run(&format!(
        "printf '%s\\n' interface={ap} driver=nl80211 ssid=trial hw_mode=g channel=1 >{folder}/conf"
    ));
    let hostapd = Background::new(
        ns.command("bash")
            .args(["-c", &format!("exec hostapd {folder}/conf >{folder}/log")]),
    );
    stream.wait_for("the access point", |line| {
        line["wifi_interface"]["ssid"] == "trial" && line["wifi_interface"]["freq"] == 2412
    });
    ns.run(&format!(
        "ip link set {client} up; iw dev {client} connect trial 2412"
    ));
    stream.wait_for("the connection", |line| {
        line["wifi_event"]["event"] == "connect" && line["wifi_event"]["status"] == 0
    });
    ns.run(&format!("iw dev {client} cqm rssi -10 2"));
    let line = stream.wait_for("a low signal", |line| line["wifi_event"]["event"] == "cqm");
    let event = &line["wifi_event"];
    assert_eq!(
        (&event["dev"], &event["rssi_event"]),
        (&json!(client), &json!("low"))
    );
    let signal = ns.run(&format!(
        "iw dev {client} station dump | sed -n 's/.*signal:[ \t]*\\(-[0-9]*\\).*/\\1/p'"
    ));
    let signal: i64 = signal.trim().parse().unwrap();
    let level = event["rssi_level"].as_i64().unwrap();
    assert!(
        level < -10 && (level - signal).abs() <= 3,
        "{level} {signal}"
    );
    drop(hostapd);
    stream.wait_for("the end of the access point", |line| {
        line["wifi_event"]["event"] == "disconnect"
    });

    // Channel 52 may be used only while there is no radar.
    let phy = ns.run(&format!("iw dev {client} info | sed -n 's/.*wiphy //p'"));
    let phy = phy.trim();
    let number: u64 = phy.parse().unwrap();
    // Another country than that of the other trial, after which this one may run.
    ns.run(&format!(
        "iw reg set FR
         mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
         ip link set {client} down; iw dev {client} set type __ap; ip link set {client} up"
    ));
    stream.wait_for("the rules of France", |line| {
        line["wifi_regdom"]["country"] == "FR" && line["wifi_regdom"]["wiphy"] == Value::Null
    });
    let radar = |name: &'static str| {
        move |line: &Value| {
            let event = &line["wifi_event"];
            event["event"] == "radar" && event["radar_event"] == name
        }
    };
    ns.run(&format!(
        "iw dev {client} cac trigger channel 52
         echo 1 >/sys/kernel/debug/ieee80211/phy{phy}/hwsim/dfs_simulate_radar; rm -r {folder}"
    ));
    let line = stream.wait_for("the end of the check", radar("cac_aborted"));
    assert_eq!(line["wifi_event"]["dev"], client.as_str());
    // The other radios are told, too.
    let line = stream.wait_for("radar", |line| {
        radar("detected")(line) && line["wifi_event"]["wiphy"] == number
    });
    assert_eq!(line["wifi_event"]["freq"], 5260);
    for line in &stream.seen {
        assert_eq!(line["unparsed"], Value::Null, "{line}");
    }
    stream.interrupt();
}

//! Flows that begin at fixed rates: how many of their events are lost, with the default receive buffer.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, UdpSocket};
use std::ops::Range;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_NETFILTER};

use super::place::Place;
use super::reader::{Listening, Program};
use crate::common::report::{Bound, Report, cells, spread};
use crate::common::stats::Samples;
use crate::common::{Options, has, sys};

/// How fast flows begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// That many in a second, made by the core of the changes.
    Rate(usize),
    /// As many as this core makes.
    OneCore,
    /// As many as all cores make, also that of the reader.
    AllCores,
}

const PACES: [Pace; 6] = [
    Pace::Rate(20_000),
    Pace::Rate(40_000),
    Pace::Rate(60_000),
    Pace::Rate(80_000),
    Pace::OneCore,
    Pace::AllCores,
];

/// The rate of which nothing may be lost.
const GOAL: usize = 20_000;

/// A rule that makes the kernel track flows, and one that drops each packet after its flow has begun, so that there are no
/// answers. Of a packet to the device `lo` the former is met first.
const RULES: &str = "table ip flows {
    chain out { type filter hook output priority 0; ct state new counter; }
    chain in { type filter hook prerouting priority raw; meta l4proto udp drop; }
}";

/// Measures each rate.
pub(crate) fn measure(options: &Options, place: &Place, report: &mut Report<'_>) {
    if !options.wants("flows") {
        return;
    }
    if !place.privileged || !has("nft") {
        report.paragraph("Flows: not measured, it takes root and nft(8).");
        return;
    }
    load_rules().unwrap_or_else(|e| panic!("nft: {e}"));
    let most = setting("nf_conntrack_max").unwrap_or_else(|e| panic!("nf_conntrack_max: {e}"));
    let flows = options.events(240_000, 24_000).min(most as usize / 8 * 7);
    let mut rows = vec![cells([
        &format!("{flows} flows, wanted a second"),
        "made, thousand a second",
        "lost",
        "lost, %",
        "CPU, µs an event",
    ])];
    for pace in PACES {
        let mut samples = [const { Vec::new() }; 4];
        for _ in 0..options.runs() {
            empty_table().unwrap_or_else(|e| panic!("conntrack: {e}"));
            let listening = Listening::start(Program::Flows, place);
            let begun = Instant::now();
            let sent = match pace {
                Pace::Rate(rate) => place.changing(|| send(0..flows, Some(rate))),
                Pace::OneCore => place.changing(|| send(0..flows, None)),
                Pace::AllCores => send_from_all_cores(flows),
            };
            sent.unwrap_or_else(|e| panic!("{flows} flows: {e}"));
            let took = begun.elapsed();
            listening.rest();
            let result = listening.end();
            let tracked = setting("nf_conntrack_count");
            let tracked = tracked.unwrap_or_else(|e| panic!("nf_conntrack_count: {e}"));
            let received = received(&result.last);
            if received + result.lost != tracked || tracked < flows as u64 {
                report.fault(format!(
                    "of {flows} flows {tracked} are tracked, but {received} events were received and {} lost",
                    result.lost
                ));
            }
            let micros = result.cost.cpu.as_secs_f64() * 1e6;
            let all = tracked as f64;
            for (samples, sample) in samples.iter_mut().zip([
                all / took.as_secs_f64() / 1e3,
                result.lost as f64,
                100.0 * result.lost as f64 / all,
                micros / received as f64,
            ]) {
                samples.push(sample);
            }
        }
        let [speed, lost, share, cost] = samples.map(|s| s.into_iter().collect::<Samples>());
        let name = match pace {
            Pace::Rate(rate) => rate.to_string(),
            Pace::OneCore => "as many as another core makes".to_owned(),
            Pace::AllCores => "as many as all cores make".to_owned(),
        };
        rows.push(vec![
            name,
            spread(&speed),
            spread(&lost),
            spread(&share),
            spread(&cost),
        ]);
        if pace == Pace::Rate(GOAL) {
            let goal = format!("{GOAL} flows a second: lost");
            report.goal(&goal, Bound::AtMost(0.0), lost);
        }
    }
    report.table(&rows);
    report
        .paragraph("Only the beginning of each flow has an event here (`--family conntrack=new`).");
}

fn load_rules() -> io::Result<()> {
    let mut nft = Command::new("nft");
    nft.args(["-f", "-"]).stdin(Stdio::piped());
    let mut nft = nft.spawn()?;
    if let Some(mut input) = nft.stdin.take() {
        input.write_all(RULES.as_bytes())?;
    }
    match nft.wait()?.success() {
        // No flow is to end during a run.
        true => std::fs::write(format!("{SETTINGS}/nf_conntrack_udp_timeout"), "3600"),
        false => Err(io::Error::other("it failed")),
    }
}

/// Deletes every flow of the namespace: a request without a tuple (`ctnetlink_del_conntrack` in
/// net/netfilter/nf_conntrack_netlink.c).
fn empty_table() -> io::Result<()> {
    /// `NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE` (linux/netfilter/nfnetlink_conntrack.h)
    const CT_DELETE: u16 = 1 << 8 | 2;
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u16;
    let mut message = 20_u32.to_ne_bytes().to_vec();
    message.extend(CT_DELETE.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    // Sequence and port; struct nfgenmsg, all zero.
    message.extend([0; 12]);
    let mut socket = Socket::new(NETLINK_NETFILTER)?;
    socket.bind(&SocketAddr::new(0, 0))?;
    socket.send_to(&message, &SocketAddr::new(0, 0), 0)?;
    let mut answer = Vec::with_capacity(4096);
    socket.recv(&mut answer, 0)?;
    let errno = answer.get(16..20).map(|b| [b[0], b[1], b[2], b[3]]);
    match errno.map_or(0, i32::from_ne_bytes) {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(-errno)),
    }
}

/// The folder of the settings, which exist from the first rule on.
const SETTINGS: &str = "/proc/sys/net/netfilter";

/// Returns a number in /proc/sys/net/netfilter: that of the flows of this namespace, or a setting.
fn setting(name: &str) -> io::Result<u64> {
    let text = std::fs::read_to_string(format!("{SETTINGS}/{name}"))?;
    text.trim().parse().map_err(io::Error::other)
}

/// Sends a datagram to each of these destinations: `rate` a second, or at full speed.
fn send(numbers: Range<usize>, rate: Option<usize>) -> io::Result<()> {
    /// Datagrams between two looks at the clock.
    const BURST: usize = 50;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let begun = Instant::now();
    for number in numbers {
        if let Some(rate) = rate.filter(|_| number % BURST == 0) {
            let due = Duration::from_secs_f64(number as f64 / rate as f64);
            std::thread::sleep(due.saturating_sub(begun.elapsed()));
        }
        let (host, port) = (number / 50_000, number % 50_000);
        let to = Ipv4Addr::new(127, 1, host as u8, 1);
        socket.send_to(b"x", (to, port as u16 + 1))?;
    }
    Ok(())
}

/// Sends at full speed from each core its part of the datagrams.
fn send_from_all_cores(flows: usize) -> io::Result<()> {
    let cores = sys::cores()?;
    let part = flows.div_ceil(cores.len());
    std::thread::scope(|scope| {
        let senders: Vec<_> = (cores.iter().enumerate())
            .map(|(at, core)| {
                scope.spawn(move || {
                    sys::bind_to(&[*core])?;
                    send(at * part..flows.min((at + 1) * part), None)
                })
            })
            .collect();
        let ends = senders.into_iter().map(|it| it.join().expect("no panic"));
        ends.collect()
    })
}

/// The number of lines of events that nlstream's last line counts.
fn received(stop: &str) -> u64 {
    let stop: serde_json::Value = serde_json::from_str(stop).unwrap_or_default();
    stop["meta"]["events"].as_u64().unwrap_or(0)
}

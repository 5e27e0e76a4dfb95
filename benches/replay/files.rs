//! The same events in a recording of nlstream and in a file of rtmon.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use jiff::Timestamp;
use nlstream::capture::Writer;
use nlstream::event::meta::{Start, Stop};
use nlstream::event::values::Time;
use nlstream::input::{Channel, ControlRecord, Header, Input, InputData};
use nlstream::names::Recorded;

use crate::common::made::{Links, Maker as _, Routes};
use crate::common::{Options, scratch};

/// The time of the first event, in November 2026, seconds since the epoch.
const BEGUN: i64 = 1_795_500_000;
/// Events per second.
const RATE: i64 = 100_000;
/// The number of devices whose MTU changes in turn.
const DEVICES: u32 = 1000;

/// Events in three file formats.
pub(crate) struct Files {
    /// The format of `nlstream --record`.
    pub pcapng: PathBuf,
    /// The format of `rtmon`: a timestamp before each message.
    pub rtmon: PathBuf,
    /// The same with a single timestamp, so that `ip` does not print one for each message.
    pub unstamped: PathBuf,
    /// The number of events.
    pub events: usize,
}

impl Files {
    /// Writes this number of new routes through one device.
    pub(crate) fn routes(events: usize) -> Self {
        let mut routes = Routes::new();
        let device = Links::new().named(routes.device(), "eth0");
        let mut files = Form::open("routes");
        files.write(&device);
        for key in 0..events as u32 {
            files.write(routes.add(key));
        }
        files.end(events)
    }

    /// Writes this number of MTU changes.
    pub(crate) fn links(events: usize) -> Self {
        let mut links = Links::new();
        let mut files = Form::open("links");
        for event in 0..events as u32 {
            let (key, round) = (event % DEVICES, event / DEVICES);
            files.write(match round {
                0 => links.add(key),
                _ => links.change(key, round),
            });
        }
        files.end(events)
    }

    /// Removes the files, unless they are kept.
    pub(crate) fn end(self, options: &Options) {
        if options.keep {
            return;
        }
        for file in [self.pcapng, self.rtmon, self.unstamped] {
            let _ = std::fs::remove_file(file);
        }
    }
}

struct Form {
    paths: [PathBuf; 3],
    pcapng: Writer<BufWriter<File>>,
    rtmon: [BufWriter<File>; 2],
    count: i64,
}

impl Form {
    fn open(name: &str) -> Self {
        let paths = ["pcapng", "rtmon", "unstamped"].map(|end| scratch(&format!("{name}.{end}")));
        let files = paths
            .each_ref()
            .map(|path| File::create(path).unwrap_or_else(|e| panic!("{path:?}: {e}")));
        let [pcapng, rtmon, unstamped] = files.map(|file| BufWriter::with_capacity(1 << 20, file));
        let header = Header {
            time: time(0),
            start: Start {
                tool: "nlstream".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                ..Start::default()
            },
            names: Recorded::default(),
            redacted: false,
        };
        let mut form = Form {
            paths,
            pcapng: Writer::new(pcapng, &header).expect("it can be written"),
            rtmon: [rtmon, unstamped],
            count: 0,
        };
        // The end of a snapshot without objects.
        form.mark(ControlRecord::Sync);
        form
    }

    fn mark(&mut self, mark: ControlRecord) {
        let time = time(self.count);
        self.pcapng
            .write(&Input::control(time, mark))
            .expect("it can be written");
    }

    fn write(&mut self, datagram: &[u8]) {
        let time = time(self.count);
        let data = InputData::Datagram(Channel::ROUTE_EVENTS, datagram);
        self.pcapng
            .write(&Input { time, data })
            .expect("it can be written");
        let stamp = stamp(time);
        let padding = datagram.len().next_multiple_of(4) - datagram.len();
        for (number, file) in self.rtmon.iter_mut().enumerate() {
            if number == 0 || self.count == 0 {
                file.write_all(&stamp).expect("it can be written");
            }
            file.write_all(datagram).expect("it can be written");
            file.write_all(&[0; 4][..padding])
                .expect("it can be written");
        }
        self.count += 1;
    }

    fn end(mut self, events: usize) -> Files {
        self.mark(ControlRecord::Stop(Stop::default()));
        self.pcapng.flush().expect("it can be written");
        for mut file in self.rtmon {
            file.flush().expect("it can be written");
        }
        let [pcapng, rtmon, unstamped] = self.paths;
        Files {
            pcapng,
            rtmon,
            unstamped,
            events,
        }
    }
}

fn time(event: i64) -> Time {
    let nanos = event * (1_000_000_000 / RATE);
    let second = BEGUN + nanos / 1_000_000_000;
    let stamp = Timestamp::new(second, (nanos % 1_000_000_000) as i32);
    Time(stamp.expect("it is within jiff's range"))
}

/// `NLMSG_TSTAMP` (iproute2, include/libnetlink.h): seconds and microseconds.
fn stamp(time: Time) -> Vec<u8> {
    let seconds = time.0.as_second() as u32;
    let micros = time.0.subsec_microsecond() as u32;
    let mut bytes = 24u32.to_ne_bytes().to_vec();
    bytes.extend(15u16.to_ne_bytes());
    bytes.extend([0; 10]);
    bytes.extend(seconds.to_ne_bytes());
    bytes.extend(micros.to_ne_bytes());
    bytes
}

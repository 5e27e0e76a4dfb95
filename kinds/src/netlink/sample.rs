//! Which flows a run receives (`--conntrack-sample`), and the classic BPF program that drops the events of all
//! others in the kernel, before they take space in the receive buffer. They are not counted as lost.

use std::io;
use std::os::fd::BorrowedFd;

use libc::sock_filter;

use super::nfnetlink::HEADER;
use super::pushdown::{AND_K, JEQ_K, LD_B_ABS, RET_K, TAX, jump, statement};
use super::sys::attach_classic_filter;

/// Further instructions (linux/bpf_common.h).
const LD_IMM: u16 = 0x00;
const LDX_IMM: u16 = 0x01;
const LD_W_IND: u16 = 0x40;
const LD_H_IND: u16 = 0x48;
const LD_B_IND: u16 = 0x50;
const LD_MEM: u16 = 0x60;
const ST: u16 = 0x02;
const MUL_K: u16 = 0x24;
const RSH_K: u16 = 0x74;
const MOD_K: u16 = 0x94;
const JGE_K: u16 = 0x35;

/// Loads that find an attribute (linux/filter.h): the accumulator has the offset where the search begins, or that of
/// the attribute to search in, X the type; the result is the offset of the attribute, or 0.
const FIND: u32 = (libc::SKF_AD_OFF + libc::SKF_AD_NLATTR).cast_unsigned();
const FIND_NESTED: u32 = (libc::SKF_AD_OFF + libc::SKF_AD_NLATTR_NEST).cast_unsigned();

/// Attributes of a flow (linux/netfilter/nfnetlink_conntrack.h).
const CTA_TUPLE_ORIG: u32 = 1;
const CTA_TUPLE_PROTO: u32 = 2;
const CTA_TUPLE_ZONE: u32 = 3;
const CTA_PROTO_NUM: u32 = 1;
const CTA_MARK: u32 = 8;
const CTA_ID: u32 = 12;
const CTA_ZONE: u32 = 18;

/// Length of the headers of a message and of an attribute.
const MESSAGE: u32 = 16 + HEADER as u32;
const ATTRIBUTE: u32 = 4;

/// Multiplier of Fibonacci hashing: kernels before 5.1 make the id of a flow from an address, of which the
/// last bits are equal.
const MULTIPLIER: u32 = 0x9e37_79b1;
const SHIFT: u32 = 8;

/// The largest number of parts that a share divides flows into: far fewer than hashes.
pub const MAX_PARTS: u32 = 1 << 16;
/// The largest number of values of one name: jumps over their comparisons have to be possible.
pub const MAX_VALUES: usize = 64;

/// The flows that a run receives: those that pass every condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Of so many parts of all flows (the second number) so many (the first): by the id, which is the same in each
    /// event of a flow.
    pub share: Option<(u32, u32)>,
    /// The IP protocol.
    pub protocols: Values<u8>,
    /// The zone, of both directions or of the original one; 0 is that of flows without a zone.
    pub zones: Values<u16>,
    /// Value and mask of the mark; 0 is that of flows without one.
    pub marks: Values<(u32, u32)>,
}

/// The values that one of which has to match, and those that must not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values<T> {
    /// One of them has to match, if there are any.
    pub any: Vec<T>,
    /// None of them must match.
    pub none: Vec<T>,
}

impl<T> Default for Values<T> {
    fn default() -> Self {
        Values {
            any: Vec::new(),
            none: Vec::new(),
        }
    }
}

impl<T> Values<T> {
    fn is_empty(&self) -> bool {
        self.any.is_empty() && self.none.is_empty()
    }

    /// Appends the comparisons. `is_equal`: instructions of which the last is a comparison, that jumps if the value
    /// matches and otherwise goes on; its target is set here.
    fn append(&self, program: &mut Vec<sock_filter>, is_equal: impl Fn(&T) -> Vec<sock_filter>) {
        for value in &self.none {
            program.extend(is_equal(value));
            if let Some(comparison) = program.last_mut() {
                (comparison.jt, comparison.jf) = (0, 1);
            }
            program.push(DROP);
        }
        let comparisons: Vec<_> = self.any.iter().map(is_equal).collect();
        // To the instruction behind the last comparison, and behind DROP.
        let mut rest: usize = comparisons.iter().map(Vec::len).sum();
        for comparison in comparisons {
            rest -= comparison.len();
            program.extend(comparison);
            if let Some(comparison) = program.last_mut() {
                // At most 3 * MAX_VALUES + 1.
                (comparison.jt, comparison.jf) = (rest as u8 + 1, 0);
            }
        }
        if !self.any.is_empty() {
            program.push(DROP);
        }
    }
}

const DROP: sock_filter = statement(RET_K, 0);

/// Loads an integer attribute, in network byte order, into the accumulator: 0 if there is none. `path`: its type,
/// after those of the attributes that it is nested in. `load`: one of `LD_*_IND`.
fn load(path: &[u32], load: u16) -> Vec<sock_filter> {
    let mut program = vec![statement(LD_IMM, MESSAGE)];
    let mut absent = Vec::new();
    for (depth, kind) in path.iter().enumerate() {
        let find = if depth == 0 { FIND } else { FIND_NESTED };
        program.extend([statement(LDX_IMM, *kind), statement(LD_B_ABS, find)]);
        absent.push(program.len());
        program.push(jump(JEQ_K, 0, 0, 0));
    }
    program.extend([statement(TAX, 0), statement(load, ATTRIBUTE)]);
    let end = program.len();
    for at in absent {
        program[at].jt = (end - at - 1) as u8; // of a path of at most three types
    }
    program
}

impl Sample {
    fn program(&self) -> Vec<sock_filter> {
        let mut program = Vec::new();
        let equal = |number: u32| vec![jump(JEQ_K, number, 0, 0)];
        if !self.protocols.is_empty() {
            program = load(&[CTA_TUPLE_ORIG, CTA_TUPLE_PROTO, CTA_PROTO_NUM], LD_B_IND);
            let is_equal = |number: &u8| equal((*number).into());
            self.protocols.append(&mut program, is_equal);
        }
        if !self.zones.is_empty() {
            program.extend(load(&[CTA_ZONE], LD_H_IND));
            let of_direction = load(&[CTA_TUPLE_ORIG, CTA_TUPLE_ZONE], LD_H_IND);
            program.push(jump(JEQ_K, 0, 0, of_direction.len() as u8)); // a dozen
            program.extend(of_direction);
            let is_equal = |number: &u16| equal((*number).into());
            self.zones.append(&mut program, is_equal);
        }
        if !self.marks.is_empty() {
            program.extend(load(&[CTA_MARK], LD_W_IND));
            program.push(statement(ST, 0));
            self.marks.append(&mut program, |(mark, mask)| {
                vec![
                    statement(LD_MEM, 0),
                    statement(AND_K, *mask),
                    jump(JEQ_K, *mark, 0, 0),
                ]
            });
        }
        if let Some((taken, parts)) = self.share {
            program.extend(load(&[CTA_ID], LD_W_IND));
            program.extend([
                statement(MUL_K, MULTIPLIER),
                statement(RSH_K, SHIFT),
                statement(MOD_K, parts),
                jump(JGE_K, taken, 0, 1),
                DROP,
            ]);
        }
        program.push(statement(RET_K, u32::MAX));
        program
    }

    /// Drops the events of other flows from now on.
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub(super) fn attach(&self, socket: BorrowedFd<'_>) -> io::Result<()> {
        attach_classic_filter(socket, &mut self.program())
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixDatagram;

    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut attribute = (4 + value.len() as u16).to_ne_bytes().to_vec();
        attribute.extend(kind.to_ne_bytes());
        attribute.extend(value);
        attribute.resize(attribute.len().next_multiple_of(4), 0);
        attribute
    }

    fn nest(kind: u16, parts: &[Vec<u8>]) -> Vec<u8> {
        attribute(kind | 0x8000, &parts.concat())
    }

    #[derive(Clone, Copy, Default)]
    struct Flow {
        protocol: u8,
        zone: Option<u16>,
        original_zone: Option<u16>,
        mark: Option<u32>,
        id: u32,
    }

    /// An event as `ctnetlink_conntrack_event` makes it.
    fn event(flow: Flow) -> Vec<u8> {
        let addresses = nest(
            1,
            &[attribute(1, &[192, 0, 2, 1]), attribute(2, &[192, 0, 2, 2])],
        );
        let ports = [
            attribute(1, &[flow.protocol]),
            attribute(2, &[0, 6]),
            attribute(3, &[0, 17]),
        ];
        let mut tuple = vec![addresses, nest(2, &ports)];
        let reply = nest(2, &tuple);
        let zone = |zone: u16| attribute(3, &zone.to_be_bytes());
        tuple.extend(flow.original_zone.map(zone));
        let mut message = vec![vec![0; 16], vec![2, 0, 0, 0], nest(1, &tuple), reply];
        message.extend(flow.zone.map(|it| attribute(18, &it.to_be_bytes())));
        message.push(attribute(12, &flow.id.to_be_bytes()));
        message.push(attribute(3, &[0, 0, 1, 8]));
        message.extend(flow.mark.map(|it| attribute(8, &it.to_be_bytes())));
        message.concat()
    }

    /// The kernel runs the program at any socket.
    struct Socket(UnixDatagram, UnixDatagram);

    impl Socket {
        fn with(sample: &Sample) -> Self {
            let (sender, receiver) = UnixDatagram::pair().unwrap();
            sample.attach(receiver.as_fd()).unwrap();
            receiver.set_nonblocking(true).unwrap();
            Socket(sender, receiver)
        }

        fn passes(&self, flow: Flow) -> bool {
            let message = event(flow);
            self.0.send(&message).unwrap();
            let received = self.1.recv(&mut [0; 1024]).ok();
            assert!(received.is_none_or(|length| length == message.len()));
            received.is_some()
        }
    }

    fn values<T: Copy>(any: &[T], none: &[T]) -> Values<T> {
        Values {
            any: any.to_vec(),
            none: none.to_vec(),
        }
    }

    #[test]
    fn the_kernel_passes_flows_that_meet_every_condition() {
        let all = Sample::default();
        let tcp = Flow {
            protocol: 6,
            ..Flow::default()
        };
        let udp = Flow {
            protocol: 17,
            ..tcp
        };
        let protocols = Sample {
            protocols: values(&[1, 6], &[]),
            ..Sample::default()
        };
        let others = Sample {
            protocols: values(&[], &[1, 6]),
            ..Sample::default()
        };
        let zones = Sample {
            zones: values(&[3, 0], &[]),
            ..Sample::default()
        };
        let marks = Sample {
            marks: values(&[(1, 0xff), (0x4_0000, u32::MAX)], &[(0x100, 0x100)]),
            ..Sample::default()
        };
        let both = Sample {
            protocols: values(&[6], &[]),
            marks: values(&[(0, 1)], &[]),
            ..Sample::default()
        };
        let zone = |zone| Flow { zone, ..tcp };
        let original_zone = |original_zone| Flow {
            original_zone,
            ..tcp
        };
        let mark = |mark| Flow { mark, ..tcp };
        for (number, (sample, flow, expected)) in [
            (&all, tcp, true),
            (&protocols, tcp, true),
            (&protocols, udp, false),
            (&others, tcp, false),
            (&others, udp, true),
            (&zones, zone(None), true),
            (&zones, zone(Some(3)), true),
            (&zones, zone(Some(0x300)), false),
            (&zones, original_zone(Some(3)), true),
            (&zones, original_zone(Some(4)), false),
            (&marks, mark(None), false),
            (&marks, mark(Some(0x201)), true),
            (&marks, mark(Some(0x301)), false),
            (&marks, mark(Some(0x4_0000)), true),
            (&marks, mark(Some(0x4_0002)), false),
            (&both, mark(Some(2)), true),
            (&both, mark(Some(3)), false),
            (&both, udp, false),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(Socket::with(sample).passes(flow), expected, "{number}");
        }
        // As many values as an option accepts.
        let many: Vec<_> = (0..MAX_VALUES as u32)
            .map(|it| (it + 100, u32::MAX))
            .collect();
        let many = Socket::with(&Sample {
            marks: values(&many, &many[..MAX_VALUES - 1]),
            ..Sample::default()
        });
        assert!(many.passes(mark(Some(99 + MAX_VALUES as u32))));
        assert!(!many.passes(mark(Some(100))) && !many.passes(tcp));
    }

    /// All events of a flow have one id, and ids may be addresses of objects of 256 bytes.
    #[test]
    fn a_share_is_taken_by_the_id() {
        const FLOWS: u32 = 8000;
        for (taken, parts) in [(1, 16), (3, 10), (1, 1)] {
            let socket = Socket::with(&Sample {
                share: Some((taken, parts)),
                ..Sample::default()
            });
            for step in [1, 256, 0x0102_0305] {
                let passes = |number: u32| {
                    let flow = Flow {
                        id: number.wrapping_mul(step),
                        protocol: 17,
                        ..Flow::default()
                    };
                    let first = socket.passes(flow);
                    let later = Flow {
                        mark: Some(number),
                        ..flow
                    };
                    assert_eq!(socket.passes(later), first);
                    first
                };
                let passed = (0..FLOWS).filter(|it| passes(*it)).count() as f64;
                let expected = f64::from(FLOWS * taken / parts);
                assert!(
                    (passed - expected).abs() <= expected / 5.0,
                    "{taken}/{parts}, {step}: {passed}"
                );
            }
        }
    }
}

//! A filter in the kernel (classic BPF, no privilege): of the datagrams of a multicast group only those
//! with certain types of messages take space in the receive buffer.

use std::io;
use std::os::fd::BorrowedFd;

use libc::sock_filter;

use super::sys::attach_classic_filter;

/// The instructions used here (linux/bpf_common.h): class, size or operation, and mode or source.
pub(super) const LD_B_ABS: u16 = 0x30;
const LD_H_ABS: u16 = 0x28;
#[cfg(target_endian = "big")]
const LD_W_ABS: u16 = 0x20;
const LD_W_LEN: u16 = 0x80;
const ADD_K: u16 = 0x04;
pub(super) const AND_K: u16 = 0x54;
#[cfg(target_endian = "little")]
const LSH_K: u16 = 0x64;
#[cfg(target_endian = "little")]
const OR_X: u16 = 0x4c;
pub(super) const TAX: u16 = 0x07;
pub(super) const JEQ_K: u16 = 0x15;
const JGT_X: u16 = 0x2d;
pub(super) const RET_K: u16 = 0x06;

/// Offset of `nlmsg_type` in a message.
const TYPE: u32 = 4;

/// Number of types up to which a jump over their comparisons is possible.
const MAX_TYPES: usize = 250;

pub(super) const fn statement(code: u16, k: u32) -> sock_filter {
    sock_filter {
        code,
        jt: 0,
        jf: 0,
        k,
    }
}

pub(super) fn jump(code: u16, k: u32, yes: usize, no: u8) -> sock_filter {
    sock_filter {
        code,
        jt: yes as u8, // at most MAX_TYPES + 1
        jf: no,
        k,
    }
}

/// Loads the length of the first message, in the byte order of the machine, into the accumulator.
fn load_length() -> Vec<sock_filter> {
    #[cfg(target_endian = "big")]
    return vec![statement(LD_W_ABS, 0)];
    // A load of several bytes would be in network byte order.
    #[cfg(target_endian = "little")]
    {
        let mut program = vec![statement(LD_B_ABS, 3)];
        for offset in [2, 1, 0] {
            program.extend([
                statement(LSH_K, 8),
                statement(TAX, 0),
                statement(LD_B_ABS, offset),
                statement(OR_X, 0),
            ]);
        }
        program
    }
}

/// The filter: a datagram passes if its first message has one of these types, or if another message
/// follows.
fn program(types: &[u16]) -> Vec<sock_filter> {
    let mut program = load_length();
    program.extend([
        // With the padding before the next message.
        statement(ADD_K, 3),
        statement(AND_K, !3),
        statement(TAX, 0),
        statement(LD_W_LEN, 0),
        jump(JGT_X, 0, types.len() + 2, 0),
        statement(LD_H_ABS, TYPE),
    ]);
    for (at, number) in types.iter().enumerate() {
        // As two bytes in network byte order.
        let number = u16::from_be_bytes(number.to_ne_bytes());
        program.push(jump(JEQ_K, number.into(), types.len() - at, 0));
    }
    program.extend([statement(RET_K, 0), statement(RET_K, u32::MAX)]);
    program
}

/// Drops datagrams in the kernel, before they are queued at the socket, that consist of one message of
/// another type. They are not counted as lost.
///
/// # Errors
/// Those of setsockopt(2). `InvalidInput` for too many types.
pub(super) fn pass_only(socket: BorrowedFd<'_>, types: &[u16]) -> io::Result<()> {
    match types.len() {
        1..=MAX_TYPES => attach_classic_filter(socket, &mut program(types)),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixDatagram;

    use super::*;

    /// A message with that type, and so many bytes of content.
    fn message(kind: u16, content: usize) -> Vec<u8> {
        let length = 16 + content;
        let mut message = (length as u32).to_ne_bytes().to_vec();
        message.extend(kind.to_ne_bytes());
        message.resize(length.next_multiple_of(4), 0);
        message
    }

    /// The kernel runs the filter at any socket.
    #[test]
    fn the_kernel_passes_the_types_and_whatever_has_several_messages() {
        let (sender, receiver) = UnixDatagram::pair().unwrap();
        pass_only(receiver.as_fd(), &[16, 17, 0x1234]).unwrap();
        let sent = [
            (message(16, 0), true),
            (message(24, 0), false),
            (message(0x1234, 70_000), true),
            (message(0x3412, 9), false),
            ([message(24, 7), message(25, 0)].concat(), true),
            ([message(24, 0), message(24, 300)].concat(), true),
            // The end of its padding is no further message.
            (message(24, 5), false),
            (message(24, 70_001), false),
            (message(17, 1), true),
        ];
        receiver.set_nonblocking(true).unwrap();
        let mut buffer = vec![0; 100_000];
        for (datagram, passes) in sent {
            sender.send(&datagram).unwrap();
            let received = receiver.recv(&mut buffer).ok();
            let expected = passes.then_some(datagram.len());
            assert_eq!(received, expected, "{:?}", &datagram[..8]);
        }
        assert!(pass_only(receiver.as_fd(), &[]).is_err());
        assert!(pass_only(receiver.as_fd(), &[1; 251]).is_err());
        pass_only(receiver.as_fd(), &[7; 250]).unwrap();
        sender.send(&message(7, 0)).unwrap();
        assert_eq!(receiver.recv(&mut buffer).ok(), Some(16));
        sender.send(&message(8, 0)).unwrap();
        assert!(receiver.recv(&mut buffer).is_err());
    }
}

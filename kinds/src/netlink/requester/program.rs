//! The filter: BPF instructions (Documentation/bpf/standardization/instruction-set.rst), assembled
//! for the running kernel, and the record that it writes.

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};

use super::btf::Btf;
use super::queue::Requester;

/// Size of a record, bytes.
const RECORD: usize = 80;
/// Offsets of its fields.
const MISSED: i16 = 0;
const CGROUP: i16 = 8;
const START: i16 = 16;
const HEADER: i16 = 24;
const PID: i16 = 40;
const TID: i16 = 44;
const PPID: i16 = 48;
const UID: i16 = 52;
const FLAGS: i16 = 56;
const PREEMPT: i16 = 60;
const COMM: i16 = 64;
const COMM_LENGTH: i16 = 16;

/// Length of a netlink header, bytes.
pub(super) const HEADER_LENGTH: usize = 16;

/// What the filter writes about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Number of earlier messages for which the ring buffer had no space.
    pub(super) missed: u64,
    /// The message's header.
    pub(super) header: [u8; HEADER_LENGTH],
    task: Requester,
    /// Flags of the task (`PF_*`, linux/sched.h).
    flags: u32,
    /// What the [`Context`] says: the preemption count, or `OFF_STACK`, `NO_CALL` and `NO_REGISTERS`.
    preempt: u32,
}

impl Record {
    /// Returns `None` if the length is wrong.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; RECORD] = bytes.try_into().ok()?;
        let u32_at = |at: i16| Some(u32::from_ne_bytes(*bytes[at as usize..].first_chunk()?));
        let u64_at = |at: i16| Some(u64::from_ne_bytes(*bytes[at as usize..].first_chunk()?));
        let comm: [u8; COMM_LENGTH as usize] = *bytes.last_chunk()?;
        Some(Record {
            missed: u64_at(MISSED)?,
            header: *bytes[HEADER as usize..].first_chunk()?,
            task: Requester::Process {
                pid: u32_at(PID)?,
                tid: u32_at(TID)?,
                ppid: u32_at(PPID)?,
                uid: u32_at(UID)?,
                cgroup: u64_at(CGROUP)?,
                start: u64_at(START)?,
                comm,
            },
            flags: u32_at(FLAGS)?,
            preempt: u32_at(PREEMPT)?,
        })
    }

    /// Port id in the message's header.
    pub(super) fn portid(&self) -> u32 {
        portid(&self.header)
    }

    /// Returns who caused the message; `None` if the task may be one that a softirq interrupted.
    pub(super) fn requester(self, context: Context, message: &[u8]) -> Option<Requester> {
        const PF_EXITING: u32 = 0x0000_0004;
        const PF_KTHREAD: u32 = 0x0020_0000;
        // A softirq is served, or an interrupt or NMI (linux/preempt.h).
        const INTERRUPT: u32 = 0x00ff_0100;
        let is_exiting = self.flags & PF_EXITING != 0;
        let is_process = || self.portid() != 0 || changes_in_process(message);
        // `None`: unknown.
        let is_kernel = match context {
            _ if self.flags & PF_KTHREAD != 0 => Some(true),
            Context::Task(_) | Context::Variable(..) => Some(self.preempt & INTERRUPT != 0),
            // A softirq runs on the stack of interrupts, unless its interrupt came from user mode:
            // then the stack of the task was empty, and is used.
            Context::Stack(..) if self.preempt & OFF_STACK != 0 => Some(true),
            Context::Stack(..) if self.preempt & NO_REGISTERS != 0 => is_process().then_some(false),
            Context::Stack(..) if self.preempt & NO_CALL == 0 => Some(false),
            Context::Stack(..) if is_process() => Some(false),
            // What a process holds goes with it, and need not be in a system call.
            Context::Stack(..) => (!is_exiting).then_some(true),
            Context::Unknown => is_process().then_some(false),
        };
        is_kernel.map(|is_kernel| match is_kernel {
            true => Requester::Kernel,
            false => self.task,
        })
    }

    #[cfg(test)]
    pub(super) fn test(header: [u8; HEADER_LENGTH], pid: u32, missed: u64) -> Self {
        let mut bytes = [0; RECORD];
        bytes[..8].copy_from_slice(&missed.to_ne_bytes());
        bytes[HEADER as usize..][..HEADER_LENGTH].copy_from_slice(&header);
        bytes[PID as usize..][..4].copy_from_slice(&pid.to_ne_bytes());
        Self::read(&bytes).unwrap()
    }

    #[cfg(test)]
    pub(super) fn with_flags(self, flags: u32, preempt: u32) -> Self {
        Record {
            flags,
            preempt,
            ..self
        }
    }
}

fn portid(header: &[u8; HEADER_LENGTH]) -> u32 {
    let [.., a, b, c, d] = *header;
    u32::from_ne_bytes([a, b, c, d])
}

/// Returns true if the kernel sends such a message only with the RTNL lock or a mutex held, which a
/// softirq cannot take. Messages of IPv6 and bridges are left out: a timer or a received packet may cause
/// them.
fn changes_in_process(message: &[u8]) -> bool {
    const AF_UNSPEC: u8 = 0;
    const AF_INET: u8 = 2;
    let kind = message
        .get(4..6)
        .map(|kind| u16::from_ne_bytes([kind[0], kind[1]]));
    let family = message.get(HEADER_LENGTH).copied();
    match (kind, family) {
        // RTM_NEWLINK, RTM_DELLINK
        (Some(16 | 17), Some(AF_UNSPEC)) => true,
        // RTM_NEWADDR, RTM_DELADDR, RTM_NEWROUTE, RTM_DELROUTE
        (Some(20 | 21 | 24 | 25), Some(AF_INET)) => true,
        // RTM_NEWRULE, RTM_DELRULE; traffic control; RTM_NEWMULTICAST, RTM_DELMULTICAST;
        // RTM_NEWNETCONF, RTM_DELNETCONF; RTM_NEWNEXTHOP, RTM_DELNEXTHOP
        (Some(32 | 33 | 36 | 37 | 40 | 41 | 44 | 45 | 48 | 49), _) => true,
        (Some(56 | 57 | 80 | 81 | 100 | 101 | 104 | 105), _) => true,
        _ => false,
    }
}

/// How the filter finds out whether an interrupt or a softirq interrupted the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// By the preemption count in the task, at this offset.
    Task(i16),
    /// By the preemption count in a per-CPU variable of this id, at this offset.
    Variable(u32, i16),
    /// x86_64: by the stack in use and the way into the kernel. Offsets of `task_struct.stack` and
    /// `pt_regs.orig_ax`.
    Stack(i16, i16),
    /// Not at all.
    Unknown,
}

impl Context {
    /// The places to try, the last of which needs nothing of the kernel.
    pub(super) fn candidates(btf: &Btf) -> Vec<Self> {
        let mut all = Vec::new();
        let task = btf.structure("task_struct");
        // A real-time kernel counts softirqs elsewhere.
        let is_real_time =
            task.is_some_and(|task| btf.member(task, "softirq_disable_cnt").is_some());
        if let Some(task) = task.filter(|_| !is_real_time) {
            let in_task = btf.member(task, "thread_info").and_then(|(at, info)| {
                let (inner, _) = btf.member(info, "preempt_count")?;
                Some(Context::Task(at + inner))
            });
            all.extend(in_task);
            let variable = btf.variable("__preempt_count");
            all.extend(variable.map(|(id, _)| Context::Variable(id, 0)));
            let hot = btf.variable("pcpu_hot").and_then(|(id, of)| {
                let (at, _) = btf.member(of, "preempt_count")?;
                Some(Context::Variable(id, at))
            });
            all.extend(hot);
            all.extend(Self::of_stack(btf, task).filter(|_| cfg!(target_arch = "x86_64")));
        }
        all.push(Context::Unknown);
        all
    }

    fn of_stack(btf: &Btf, task: u32) -> Option<Self> {
        // With KASAN stacks are larger than `STACK_BITS` says.
        if btf.member(task, "kasan_depth").is_some() {
            return None;
        }
        let registers = btf.structure("pt_regs")?;
        let (stack, _) = btf.member(task, "stack")?;
        let (orig_ax, _) = btf.member(registers, "orig_ax")?;
        Some(Context::Stack(stack, orig_ax))
    }
}

/// Binary logarithm of the size of a task's stack on x86_64, bytes (`THREAD_SIZE`).
const STACK_BITS: i32 = 14;
/// What the filter writes for [`Context::Stack`] in place of the preemption count: the kernel uses another
/// stack than the task's, that of interrupts and softirqs; the task is not in a system call; the kernel does
/// not show the task's registers: a hardened one gives those of no task for some, and these say nothing.
const OFF_STACK: u32 = 1;
const NO_CALL: u32 = 2;
const NO_REGISTERS: u32 = 4;

/// Offsets of the fields that the filter reads.
pub(super) struct Offsets {
    flags: i16,
    pid: i16,
    tgid: i16,
    real_parent: i16,
    group_leader: i16,
    start_boottime: i16,
    cred: i16,
    euid: i16,
    comm: i16,
    cgroups: i16,
    dfl_cgrp: i16,
    kn: i16,
    id: i16,
}

impl Offsets {
    /// # Errors
    /// If the kernel has no such field.
    pub(super) fn read(btf: &Btf) -> io::Result<Self> {
        let of = |structure: &str, member: &str| {
            let found = btf.structure(structure);
            let found = found.and_then(|found| btf.member(found, member));
            let missing =
                || io::Error::new(io::ErrorKind::NotFound, format!("{structure}.{member}"));
            Ok::<_, io::Error>(found.ok_or_else(missing)?.0)
        };
        Ok(Offsets {
            flags: of("task_struct", "flags")?,
            pid: of("task_struct", "pid")?,
            tgid: of("task_struct", "tgid")?,
            real_parent: of("task_struct", "real_parent")?,
            group_leader: of("task_struct", "group_leader")?,
            start_boottime: of("task_struct", "start_boottime")?,
            cred: of("task_struct", "cred")?,
            euid: of("cred", "euid")?,
            comm: of("task_struct", "comm")?,
            cgroups: of("task_struct", "cgroups")?,
            dfl_cgrp: of("css_set", "dfl_cgrp")?,
            kn: of("cgroup", "kn")?,
            id: of("kernfs_node", "id")?,
        })
    }
}

/// Registers.
const R0: u8 = 0;
const R1: u8 = 1;
const R2: u8 = 2;
const R3: u8 = 3;
const R4: u8 = 4;
/// The record.
const R7: u8 = 7;
/// The task.
const R8: u8 = 8;
/// A result.
const R9: u8 = 9;
/// The end of the stack.
const R10: u8 = 10;

/// Sizes of a load or store.
const W: u8 = 0x00;
const B: u8 = 0x10;
const DW: u8 = 0x18;

/// Helper functions (linux/bpf.h).
const SKB_LOAD_BYTES: i32 = 26;
const RINGBUF_RESERVE: i32 = 131;
const RINGBUF_SUBMIT: i32 = 132;
const THIS_CPU_PTR: i32 = 154;
const GET_CURRENT_TASK_BTF: i32 = 158;
const TASK_PT_REGS: i32 = 175;
/// The message itself wakes the reader.
const BPF_RB_NO_WAKEUP: i32 = 1;

/// What the immediate value of a 64-bit load means (`BPF_PSEUDO_*`, linux/bpf.h).
const MAP_FD: u8 = 1;
const MAP_VALUE: u8 = 2;
const BTF_ID: u8 = 3;

const fn instruction(code: u8, dst: u8, src: u8, offset: i16, value: i32) -> u64 {
    // The destination is in the lower half of the second byte on little-endian machines, in the
    // upper half on others.
    let registers = match cfg!(target_endian = "little") {
        true => src << 4 | dst,
        false => dst << 4 | src,
    };
    let [a, b] = offset.to_ne_bytes();
    let [c, d, e, f] = value.to_ne_bytes();
    u64::from_ne_bytes([code, registers, a, b, c, d, e, f])
}

const fn load(size: u8, dst: u8, src: u8, offset: i16) -> u64 {
    instruction(0x61 | size, dst, src, offset, 0)
}

const fn store(size: u8, dst: u8, offset: i16, src: u8) -> u64 {
    instruction(0x63 | size, dst, src, offset, 0)
}

const fn copy(dst: u8, src: u8) -> u64 {
    instruction(0xbf, dst, src, 0, 0)
}

const fn set(dst: u8, value: i32) -> u64 {
    instruction(0xb7, dst, 0, 0, value)
}

const fn call(helper: i32) -> u64 {
    instruction(0x85, 0, 0, 0, helper)
}

const fn wide(dst: u8, meaning: u8, value: i32) -> [u64; 2] {
    [
        instruction(0x18, dst, meaning, 0, value),
        instruction(0, 0, 0, 0, 0),
    ]
}

/// Returns the filter. `ring` and `missed` are its maps.
pub(super) fn assemble(
    offsets: &Offsets,
    context: Context,
    ring: BorrowedFd<'_>,
    missed: BorrowedFd<'_>,
) -> Vec<u64> {
    let keep_all = [
        // return 0xffffffff: keep the whole message
        instruction(0xb4, R0, 0, 0, -1),
        instruction(0x95, 0, 0, 0, 0),
    ];
    let mut code = vec![
        // if (bpf_skb_load_bytes(skb, 0, stack - 16, 16)) return
        set(R2, 0),
        copy(R3, R10),
        instruction(0x07, R3, 0, 0, -16),
        set(R4, HEADER_LENGTH as i32),
        call(SKB_LOAD_BYTES),
        instruction(0x15, R0, 0, 2, 0),
    ];
    code.extend(keep_all);
    // record = bpf_ringbuf_reserve(ring, RECORD, 0)
    code.extend(wide(R1, MAP_FD, ring.as_raw_fd()));
    code.extend([set(R2, RECORD as i32), set(R3, 0), call(RINGBUF_RESERVE)]);
    // if (!record) { atomically ++*missed; return }
    code.push(instruction(0x55, R0, 0, 6, 0));
    code.extend(wide(R1, MAP_VALUE, missed.as_raw_fd()));
    code.extend([set(R2, 1), instruction(0xdb, R1, R2, 0, 0)]);
    code.extend(keep_all);
    code.push(copy(R7, R0));
    // record->missed = *missed
    code.extend(wide(R1, MAP_VALUE, missed.as_raw_fd()));
    code.extend([load(DW, R1, R1, 0), store(DW, R7, MISSED, R1)]);
    // record->header = the header on the stack
    for at in [0, 8] {
        code.extend([load(DW, R1, R10, at - 16), store(DW, R7, HEADER + at, R1)]);
    }
    // task = bpf_get_current_task_btf()
    code.extend([call(GET_CURRENT_TASK_BTF), copy(R8, R0)]);
    // record->FIELD = task->MEMBER->…
    let mut read = |size, field, path: &[i16]| {
        let mut from = R8;
        if let Some((last, pointers)) = path.split_last() {
            for pointer in pointers {
                code.push(load(DW, R1, from, *pointer));
                from = R1;
            }
            code.extend([load(size, R1, from, *last), store(size, R7, field, R1)]);
        }
    };
    read(W, PID, &[offsets.tgid]);
    read(W, TID, &[offsets.pid]);
    read(W, PPID, &[offsets.real_parent, offsets.tgid]);
    read(W, UID, &[offsets.cred, offsets.euid]);
    read(W, FLAGS, &[offsets.flags]);
    read(
        DW,
        CGROUP,
        &[offsets.cgroups, offsets.dfl_cgrp, offsets.kn, offsets.id],
    );
    // A wider load would exceed the element of the array, which the kernel's verifier refuses.
    for at in 0..COMM_LENGTH {
        read(B, COMM + at, &[offsets.comm + at]);
    }
    // record->preempt = the preemption count
    match context {
        Context::Task(at) => read(W, PREEMPT, &[at]),
        Context::Variable(id, at) => {
            code.extend(wide(R1, BTF_ID, id.cast_signed()));
            code.extend([call(THIS_CPU_PTR), load(W, R1, R0, at)]);
            code.push(store(W, R7, PREEMPT, R1));
        }
        Context::Stack(stack, orig_ax) => code.extend([
            // The frame is on the stack in use. Read back, its address is a number to the verifier.
            store(DW, R7, START, R10),
            load(DW, R2, R7, START),
            load(DW, R1, R8, stack),
            set(R9, 0),
            // if ((frame - task->stack) >> STACK_BITS) result = OFF_STACK
            instruction(0x1f, R2, R1, 0, 0),
            instruction(0x77, R2, 0, 0, STACK_BITS),
            instruction(0x15, R2, 0, 1, 0),
            set(R9, OFF_STACK as i32),
            // registers = bpf_task_pt_regs(task)
            copy(R1, R8),
            call(TASK_PT_REGS),
            // if ((registers - task->stack) >> STACK_BITS) result |= NO_REGISTERS
            store(DW, R7, START, R0),
            load(DW, R2, R7, START),
            load(DW, R1, R8, stack),
            instruction(0x1f, R2, R1, 0, 0),
            instruction(0x77, R2, 0, 0, STACK_BITS),
            instruction(0x15, R2, 0, 1, 0),
            instruction(0x47, R9, 0, 0, NO_REGISTERS as i32),
            // if ((s64) registers->orig_ax < 0) result |= NO_CALL
            load(DW, R1, R0, orig_ax),
            instruction(0x75, R1, 0, 1, 0),
            instruction(0x47, R9, 0, 0, NO_CALL as i32),
            store(W, R7, PREEMPT, R9),
        ]),
        Context::Unknown => code.extend([set(R1, 0), store(W, R7, PREEMPT, R1)]),
    }
    // After the context, which uses its place.
    code.extend([
        load(DW, R1, R8, offsets.group_leader),
        load(DW, R1, R1, offsets.start_boottime),
        store(DW, R7, START, R1),
    ]);
    // bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP)
    code.extend([
        copy(R1, R7),
        set(R2, BPF_RB_NO_WAKEUP),
        call(RINGBUF_SUBMIT),
    ]);
    code.extend(keep_all);
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(kind: u16, portid: u32) -> [u8; HEADER_LENGTH] {
        let mut header = [0; HEADER_LENGTH];
        header[4..6].copy_from_slice(&kind.to_ne_bytes());
        header[12..].copy_from_slice(&portid.to_ne_bytes());
        header
    }

    #[test]
    fn a_process_that_a_softirq_interrupted_is_never_blamed() {
        let (known, stack) = (Context::Variable(1, 0), Context::Stack(32, 120));
        for (kind, family, portid, context, preempt, expected) in [
            // A neighbour entry that failed by a timer.
            (28, 2, 0, known, 0x100, Some(false)),
            (28, 2, 0, Context::Unknown, 0, None),
            // One that a program changed.
            (28, 2, 77, Context::Unknown, 0, Some(true)),
            (28, 2, 0, known, 0x200, Some(true)),
            // IPv6 routes and addresses of router advertisements.
            (24, 10, 0, Context::Unknown, 0, None),
            (20, 10, 0, Context::Unknown, 0, None),
            // A port of a bridge changes by a timer.
            (16, 7, 0, Context::Unknown, 0, None),
            // With the RTNL lock.
            (16, 0, 0, Context::Unknown, 0, Some(true)),
            (24, 2, 0, Context::Unknown, 0, Some(true)),
            (24, 2, 0, known, 0x10000, Some(false)),
            // On the stack of interrupts; in a system call; in an interrupt of user mode, or at the exit of
            // the process.
            (28, 2, 0, stack, OFF_STACK, Some(false)),
            (28, 2, 0, stack, OFF_STACK | NO_CALL, Some(false)),
            (20, 10, 0, stack, 0, Some(true)),
            (28, 2, 0, stack, NO_CALL, Some(false)),
            (24, 2, 0, stack, NO_CALL, Some(true)),
            // The kernel does not show the registers.
            (28, 2, 0, stack, NO_REGISTERS, None),
            (28, 2, 0, stack, NO_REGISTERS | NO_CALL, None),
            (28, 2, 0, stack, NO_REGISTERS | OFF_STACK, Some(false)),
            (28, 2, 77, stack, NO_REGISTERS, Some(true)),
            (24, 2, 0, stack, NO_REGISTERS, Some(true)),
        ] {
            let header = header(kind, portid);
            let record = Record::test(header, 9, 0).with_flags(0, preempt);
            let message = [&header[..], &[family]].concat();
            let requester = record.requester(context, &message);
            let is_process = requester.map(|it| matches!(it, Requester::Process { pid: 9, .. }));
            assert_eq!(is_process, expected, "{kind} {family} {portid} {context:?}");
        }
        let exiting = Record::test(header(20, 0), 9, 0).with_flags(4, NO_CALL);
        assert_eq!(exiting.requester(stack, &[]), None);
        let thread = Record::test(header(16, 0), 9, 0).with_flags(0x0020_0000, 0);
        assert_eq!(thread.requester(known, &[]), Some(Requester::Kernel));
    }
}

//! Option tables by kind: the attributes of linux/pkt_sched.h, linux/pkt_cls.h and linux/tc_act,
//! named as in `tc -d -j`.

mod action;
pub mod ematch;
mod filter;
mod hooks;
mod qdisc;
pub mod tunnel;
mod xstats;

use crate::kind::table::Field;

/// A kind and its option table. If the options are a plain structure without attributes, the only
/// field of the table has the number [`WHOLE`](crate::kind::table::WHOLE).
pub type Spec = (&'static str, &'static [Field]);

/// Declares a table that consists of one structure.
macro_rules! structure {
    ($($(#[$meta:meta])* $vis:vis $table:ident = $fields:ident;)+) => {
        $($(#[$meta])* $vis const $table: &[Field] = &[Field {
            number: $crate::kind::table::WHOLE,
            name: "whole",
            wire: $crate::kind::table::Type::Head(usize::MAX, $fields),
            doc: "",
        }];)+
    };
}
use structure;

/// Types of Ethernet frames, by the names of `tc` (linux/if_ether.h).
pub const ETHER_TYPES: &[(u32, &str)] = &[
    (0x0001, "802_3"),
    (0x0003, "all"),
    (0x0004, "802_2"),
    (0x0005, "snap"),
    (0x000c, "can"),
    (0x0800, "ip"),
    (0x0806, "arp"),
    (0x6003, "dna_rt"),
    (0x6558, "teb"),
    (0x8035, "rarp"),
    (0x809b, "atalk"),
    (0x80f3, "aarp"),
    (0x8100, "802.1Q"),
    (0x8137, "ipx"),
    (0x86dd, "ipv6"),
    (0x8847, "mpls_uc"),
    (0x8848, "mpls_mc"),
    (0x8863, "ppp_disc"),
    (0x8864, "ppp_ses"),
    (0x88a2, "aoe"),
    (0x88a4, "ethercat"),
    (0x88a8, "802.1ad"),
    (0x88ca, "tipc"),
    (0x8892, "profinet"),
];

/// Returns the option table of a queueing discipline.
pub fn qdisc(kind: &str) -> Option<&'static [Field]> {
    find(qdisc::ALL, kind)
}

/// Returns the option table of a class of a queueing discipline.
pub fn class(kind: &str) -> Option<&'static [Field]> {
    find(qdisc::CLASSES, kind).or_else(|| qdisc(kind))
}

/// Option table of a size table (`TCA_STAB_*`).
pub const STAB: &[Field] = qdisc::STAB;

/// Returns the option table of a filter.
pub fn filter(kind: &str) -> Option<&'static [Field]> {
    find(filter::ALL, kind)
}

/// Returns the option table of an action.
pub fn action(kind: &str) -> Option<&'static [Field]> {
    find(action::ALL, kind)
}

/// Returns the table of the kind-specific counters in `bytes` of a queueing discipline or class.
pub fn xstats(kind: &str, bytes: &[u8]) -> Option<&'static [Field]> {
    // `TCA_FQ_CODEL_XSTATS_CLASS`
    if kind == "fq_codel" && bytes.starts_with(&1_u32.to_ne_bytes()) {
        return Some(xstats::FQ_CODEL_FLOW);
    }
    find(xstats::ALL, kind)
}

/// The types of queueing disciplines, filters and actions.
pub(in crate::kind) fn type_names() -> impl Iterator<Item = &'static str> {
    let tables = [qdisc::ALL, qdisc::CLASSES, filter::ALL, action::ALL];
    tables.into_iter().flatten().map(|(name, _)| *name)
}

/// Returns all tables.
pub fn all() -> impl Iterator<Item = Spec> {
    let tables = [
        qdisc::ALL,
        qdisc::CLASSES,
        filter::ALL,
        action::ALL,
        xstats::ALL,
    ];
    let more = [("stab", STAB), ("fq_codel", xstats::FQ_CODEL_FLOW)];
    tables.into_iter().flatten().copied().chain(more)
}

fn find(tables: &'static [Spec], kind: &str) -> Option<&'static [Field]> {
    let mut tables = tables.iter();
    tables
        .find(|(name, _)| *name == kind)
        .map(|(_, table)| *table)
}

//! The virtual queues of gred, which the kernel lists twice (gred_dump, net/sched/sch_gred.c).

use crate::kind::table::decode::Out;
use crate::kind::table::value::{Options, Value};

/// Merges the two lists of queues. The old one (`vqs`) has all sixteen queues; the new one
/// (`vq_list`) has those in use, with flags, which are settings, and counters.
pub fn resolve_references(out: &mut Out, details: bool) {
    let Some(Value::List(mut queues)) = out.options.take("vqs") else {
        return;
    };
    // A queue that is not set up has a number above 15.
    queues.retain(|queue| !matches!(queue.get("vq"), Some(Value::Number(16..))));
    let Some(Value::List(entries)) = out.options.take("vq_list") else {
        out.options.put("vqs", Value::List(queues));
        return;
    };
    let mut counters = Vec::new();
    for mut entry in entries {
        let number = entry.get("vq").cloned();
        if let Some(flags) = entry.take("red_flags") {
            match queues.iter_mut().find(|it| it.get("vq") == number.as_ref()) {
                Some(queue) => queue.put("red_flags", flags),
                None => entry.put("red_flags", flags),
            }
        }
        counters.push(entry);
    }
    out.options.put("vqs", Value::List(queues));
    if details {
        out.counters.put("vqs", Value::List(counters));
    } else {
        // Flags without a queue in `vqs` are settings, and must not be lost.
        let lost = |entry: &Options| entry.get("red_flags").is_some();
        counters.retain(lost);
        if !counters.is_empty() {
            out.options.put("vq_list", Value::List(counters));
        }
    }
}

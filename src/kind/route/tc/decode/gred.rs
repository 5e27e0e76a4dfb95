//! The virtual queues of gred, which the kernel lists twice (gred_dump, net/sched/sch_gred.c).

use super::options::Out;
use crate::kind::route::tc::options::{Options, Value};

/// Of a queue in both lists: all sixteen stand in the old one (`vqs`), those in use in the new one
/// (`vq_list`), whose flags are settings and whose other numbers count.
pub fn resolve_references(out: &mut Out, details: bool) {
    let Some(Value::List(mut queues)) = out.options.take("vqs") else {
        return;
    };
    // One that nobody set up has a number beyond.
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
        // What found no queue is not a counter.
        let lost = |entry: &Options| entry.get("red_flags").is_some();
        counters.retain(lost);
        if !counters.is_empty() {
            out.options.put("vq_list", Value::List(counters));
        }
    }
}

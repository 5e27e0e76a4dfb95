//! Gaps: where events or lines were lost.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::event::values::Time;
use crate::lines::{Line, LineFault, LineOp};

/// Number of gaps that are kept.
const KEPT: usize = 1000;

/// A gap.
#[derive(Clone, Debug, Serialize)]
pub struct GapSeen {
    pub time: Time,
    /// Since when events are lost.
    pub from: Time,
    /// When the state was complete again; `None` if it is not.
    pub until: Option<Time>,
    /// Name of the network namespace.
    pub netns: Option<String>,
    pub cause: String,
    /// Number of lost messages or lines.
    pub lost: Option<u64>,
}

/// What of a `gap` line is read: with any cause.
#[derive(Debug, Deserialize)]
struct Gap {
    cause: String,
    lost: Option<u64>,
    from: Option<Time>,
}

/// The gaps of lines.
#[derive(Debug, Default)]
pub struct Gaps {
    /// Number of gaps.
    pub number: u64,
    /// Number of messages and lines that were lost.
    pub lost: u64,
    /// There is a gap of unknown size.
    pub is_unknown: bool,
    /// The last ones, oldest first.
    pub last: VecDeque<GapSeen>,
}

impl Gaps {
    pub(super) fn take(&mut self, line: &Line<'_>) -> Result<(), LineFault> {
        let netns = line.netns.as_ref().map(|netns| netns.name.clone());
        match line.op {
            LineOp::Gap => {
                let gap: Gap = line.meta()?;
                self.number += 1;
                self.lost += gap.lost.unwrap_or(0);
                self.is_unknown |= gap.lost.is_none();
                if self.last.len() == KEPT {
                    self.last.pop_front();
                }
                self.last.push_back(GapSeen {
                    time: line.time,
                    from: gap.from.unwrap_or(line.time),
                    until: None,
                    netns,
                    cause: gap.cause,
                    lost: gap.lost,
                });
            }
            // A resync without a namespace is one of all.
            LineOp::Resync => {
                for gap in self.last.iter_mut().rev() {
                    if gap.until.is_some() {
                        break;
                    }
                    if netns.is_none() || netns == gap.netns {
                        gap.until = Some(line.time);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

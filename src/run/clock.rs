//! Detects that the system clock was set.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};

use crate::event::meta;
use crate::event::values::Time;

/// Smaller steps, nanoseconds, are ignored: two clocks cannot be read at the same instant.
const MIN_STEP: i128 = 10_000_000;

/// The CPU time of the calling thread, in the program and in the kernel.
pub(super) fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// Compares the system clock with CLOCK_BOOTTIME, which cannot be set and advances in suspend.
#[derive(Debug)]
pub(super) struct Clock {
    /// System time at CLOCK_BOOTTIME 0, nanoseconds.
    origin: i128,
}

/// System clock and CLOCK_BOOTTIME, nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Reading {
    clock: i128,
    steady: i128,
}

impl Reading {
    fn now() -> Self {
        let read = |id| {
            let time = clock_gettime(id);
            i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec)
        };
        let mut attempts = 0;
        loop {
            let before = read(ClockId::Boottime);
            let clock = read(ClockId::Realtime);
            let after = read(ClockId::Boottime);
            attempts += 1;
            // Otherwise the thread was preempted between the reads.
            if after - before < MIN_STEP / 10 || attempts == 10 {
                let steady = (before + after) / 2;
                return Reading { clock, steady };
            }
        }
    }

    fn origin(self) -> i128 {
        self.clock - self.steady
    }
}

impl Clock {
    pub(super) fn new() -> Self {
        let origin = Reading::now().origin();
        Clock { origin }
    }

    /// Returns the step by which the system clock was set since the last call, if it was.
    pub(super) fn step(&mut self) -> Option<meta::Clock> {
        self.compare(Reading::now())
    }

    fn compare(&mut self, now: Reading) -> Option<meta::Clock> {
        let step = now.origin() - self.origin;
        if step.abs() < MIN_STEP {
            return None;
        }
        self.origin = now.origin();
        let nanos = i64::try_from(step).unwrap_or(if step < 0 { i64::MIN } else { i64::MAX });
        let clock = Timestamp::from_nanosecond(now.clock).unwrap_or_default();
        let unset = clock.checked_sub(SignedDuration::from_nanos(nanos));
        Some(meta::Clock {
            step: nanos,
            unset: Time(unset.unwrap_or_default()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i128 = 1_000_000_000;

    #[test]
    fn a_step_is_reported_once_and_jitter_is_ignored() {
        let mut clock = Clock {
            origin: 1_700_000_000 * SECOND,
        };
        let at = |steady: i128, set: i128| Reading {
            clock: 1_700_000_000 * SECOND + steady + set,
            steady,
        };
        assert_eq!(clock.compare(at(5 * SECOND, 0)), None);
        assert_eq!(clock.compare(at(6 * SECOND, 2_000_000)), None);
        let step = clock.compare(at(7 * SECOND, -3600 * SECOND)).unwrap();
        assert_eq!(step.step, -3_600_000_000_000);
        assert_eq!(step.unset.0, "2023-11-14T22:13:27Z".parse().unwrap());
        assert_eq!(clock.compare(at(8 * SECOND, -3600 * SECOND)), None);
        // Small steps accumulate.
        assert_eq!(
            clock.compare(at(9 * SECOND, 6_000_000 - 3600 * SECOND)),
            None
        );
        let step = clock
            .compare(at(9 * SECOND, 12_000_000 - 3600 * SECOND))
            .unwrap();
        assert_eq!(step.step, 12_000_000);
    }

    /// The system clock may be set during the test, but CLOCK_BOOTTIME cannot go back, and two
    /// successive readings of both are close to each other.
    #[test]
    fn readings_of_this_machine_advance() {
        let readings: Vec<_> = (0..100).map(|_| Reading::now()).collect();
        let advance = |pair: &[Reading]| pair[0].steady <= pair[1].steady;
        assert!(readings.windows(2).all(advance));
        assert!(readings.iter().all(|reading| reading.clock > 0));
    }
}

//! Was the clock set?

use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};

use crate::event::meta;
use crate::event::values::Time;

/// A step below this is none, nanoseconds: reading two clocks takes time.
const LEAST: i128 = 10_000_000;

/// The clock beside one that cannot be set, and that runs on while the machine sleeps.
#[derive(Debug)]
pub struct Clock {
    /// What the one says when the other says 0, nanoseconds.
    origin: i128,
}

/// The clock, nanoseconds since the epoch, and the one that cannot be set.
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
            // Another program ran between.
            if after - before < LEAST / 10 || attempts == 10 {
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
    pub fn new() -> Self {
        let origin = Reading::now().origin();
        Clock { origin }
    }

    /// What the clock was set by since this was last asked, if it was.
    pub fn step(&mut self) -> Option<meta::Clock> {
        self.judge(Reading::now())
    }

    fn judge(&mut self, now: Reading) -> Option<meta::Clock> {
        let step = now.origin() - self.origin;
        if step.abs() < LEAST {
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
    fn a_step_is_seen_once_and_drift_of_the_reading_is_none() {
        let mut clock = Clock {
            origin: 1_700_000_000 * SECOND,
        };
        let at = |steady: i128, set: i128| Reading {
            clock: 1_700_000_000 * SECOND + steady + set,
            steady,
        };
        assert_eq!(clock.judge(at(5 * SECOND, 0)), None);
        assert_eq!(clock.judge(at(6 * SECOND, 2_000_000)), None);
        let step = clock.judge(at(7 * SECOND, -3600 * SECOND)).unwrap();
        assert_eq!(step.step, -3_600_000_000_000);
        assert_eq!(step.unset.0, "2023-11-14T22:13:27Z".parse().unwrap());
        assert_eq!(clock.judge(at(8 * SECOND, -3600 * SECOND)), None);
        // Small steps add up.
        assert_eq!(clock.judge(at(9 * SECOND, 6_000_000 - 3600 * SECOND)), None);
        let step = clock
            .judge(at(9 * SECOND, 12_000_000 - 3600 * SECOND))
            .unwrap();
        assert_eq!(step.step, 12_000_000);
    }

    #[test]
    fn this_machines_clock_is_not_set_while_we_look() {
        let mut clock = Clock::new();
        assert!((0..1000).all(|_| clock.step().is_none()));
    }
}

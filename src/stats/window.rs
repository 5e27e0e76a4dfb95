//! Numbers of events in the last seconds.

use crate::event::values::Time;

/// Seconds over which a rate is measured.
pub const RATE_TIME: usize = 10;

/// Events by second, of the last `N` seconds.
#[derive(Clone, Debug)]
pub struct Window<const N: usize> {
    /// The newest second, since the epoch.
    second: i64,
    /// By second modulo `N`.
    counts: [u32; N],
}

impl<const N: usize> Default for Window<N> {
    fn default() -> Self {
        Window {
            second: i64::MIN,
            counts: [0; N],
        }
    }
}

impl<const N: usize> Window<N> {
    fn slot(second: i64) -> usize {
        // Less than N.
        second.rem_euclid(N as i64) as usize
    }

    /// Counts an event. Events are nearly in order; one that is older than the window is not counted.
    pub fn add(&mut self, time: Time) {
        let second = time.0.as_second();
        if second > self.second {
            let new = second.saturating_sub(self.second).min(N as i64);
            for offset in 0..new {
                self.counts[Self::slot(second - offset)] = 0;
            }
            self.second = second;
        }
        if self.second - second < N as i64 {
            let count = &mut self.counts[Self::slot(second)];
            *count = count.saturating_add(1);
        }
    }

    /// The numbers of the seconds before the one of `now`, and of this one, oldest first.
    pub fn series(&self, now: Time) -> [u32; N] {
        let now = now.0.as_second();
        let mut series = [0; N];
        for (at, count) in series.iter_mut().enumerate() {
            let second = now - (N - 1 - at) as i64;
            let age = self.second.saturating_sub(second);
            if (0..N as i64).contains(&age) {
                *count = self.counts[Self::slot(second)];
            }
        }
        series
    }

    /// Number of events in the window that ends with the second of `now`.
    pub fn total(&self, now: Time) -> u64 {
        self.series(now).iter().map(|count| u64::from(*count)).sum()
    }

    /// Events per second.
    pub fn rate(&self, now: Time) -> f64 {
        self.total(now) as f64 / N as f64
    }
}

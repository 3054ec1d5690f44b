//! Figures of a round, and the table of all.

use std::fmt::Write as _;
use std::time::Duration;

use crate::round::Measured;

impl Measured {
    pub(crate) fn summary(&self) -> String {
        let (logins, cost, failures) = (self.latencies.len(), self.cost(), self.failures.len());
        format!("{logins} logins, {failures} failures, {cost:.1} µs of processor time each")
    }

    fn logins(&self) -> f64 {
        u32::try_from(self.latencies.len()).unwrap_or(u32::MAX).into()
    }

    fn per_second(&self) -> f64 {
        self.logins() / self.took.as_secs_f64()
    }

    /// Microseconds of the server's processor time for a login.
    fn cost(&self) -> f64 {
        self.processor_time.as_secs_f64() * 1e6 / self.logins()
    }

    /// The share of a processor that the server used.
    fn busy(&self) -> f64 {
        self.processor_time.as_secs_f64() / self.took.as_secs_f64()
    }

    #[expect(clippy::cast_precision_loss, reason = "fewer than 2⁵³")]
    fn calls(&self) -> f64 {
        self.calls as f64 / self.logins()
    }

    /// The latency that `share` of 100 logins stay below, in milliseconds.
    fn percentile(&self, share: usize) -> f64 {
        let index = (self.latencies.len() * share / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(index).map_or(f64::NAN, Duration::as_secs_f64) * 1e3
    }
}

/// Costs are medians over the rounds, held against the first row. Logins per second and latencies, which suffer from whatever else the
/// machine does, are those of the round in which the server had most of a processor.
pub(crate) fn table<'a>(rows: impl Iterator<Item = (&'static str, &'a Vec<Measured>)>) -> String {
    let mut text = "\
| server | processor time of a login, ratio | the same, µs | logins/s | of a processor | p50 ms | p99 ms | MiB before | MiB after | logins measured | calls of the node for a login |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
"
    .to_owned();
    let rows: Vec<_> = rows.collect();
    let bare = rows.first().map_or(&[][..], |(_, rounds)| rounds);
    for (name, rounds) in &rows {
        let median_of = |figure: fn(&Measured) -> f64| median(rounds.iter().map(figure));
        let ratio = median(rounds.iter().zip(bare).map(|(measured, bare)| measured.cost() / bare.cost()));
        let Some(calmest) = rounds.iter().max_by(|a, b| a.busy().total_cmp(&b.busy())) else { continue };
        writeln!(
            text,
            "| {name} | {ratio:.2} | {:.1} | {:.0} | {:.0} % | {:.2} | {:.2} | {:.1} | {:.1} | {:.0} | {:.3} |",
            median_of(Measured::cost),
            calmest.per_second(),
            calmest.busy() * 100.0,
            calmest.percentile(50),
            calmest.percentile(99),
            median_of(|measured| measured.memory.0),
            median_of(|measured| measured.memory.1),
            median_of(Measured::logins),
            median_of(Measured::calls),
        )
        .expect("writing to memory does not fail");
    }
    text
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_unstable_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

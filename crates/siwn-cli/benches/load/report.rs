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

    /// Microseconds of processor time for a login: the server's and its store's.
    fn cost(&self) -> f64 {
        (self.processor_time + self.of_store).as_secs_f64() * 1e6 / self.logins()
    }

    /// Of these, those of the store's server.
    fn store_cost(&self) -> f64 {
        self.of_store.as_secs_f64() * 1e6 / self.logins()
    }

    /// How many logins a processor does that does nothing else.
    fn per_processor(&self) -> f64 {
        1e6 / self.cost()
    }

    /// The share of a processor that server and store used.
    fn busy(&self) -> f64 {
        (self.processor_time + self.of_store).as_secs_f64() / self.took.as_secs_f64()
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

/// A contender and its rounds.
pub(crate) struct Row<'a> {
    pub(crate) name: &'a str,
    pub(crate) rounds: &'a [Measured],
    /// The rounds of the same visitors with a store in memory.
    pub(crate) in_memory: Option<&'a [Measured]>,
}

const HEAD: &str = "\
| server | processor time of a login, to bare | to memory | µs | of these its store's server | logins/s per processor | p50 ms | p99 ms | logins/s | processor in use | MiB before | MiB after | logins measured | calls of the node for a login |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
";

const FORWARD_HEAD: &str = "\
| server | answers/s per processor, to bare | answers/s per processor | µs of processor time | of these its store's server | p50 ms | p99 ms | processor in use | answers measured |
|---|---:|---:|---:|---:|---:|---:|---:|---:|
";

/// The same for what proxies ask.
pub(crate) fn forward_table(rows: &[Row<'_>]) -> String {
    let mut text = FORWARD_HEAD.to_owned();
    let bare = rows.first().map_or(&[][..], |row| row.rounds);
    for Row { name, rounds, .. } in rows {
        let median_of = |figure: fn(&Measured) -> f64| median(rounds.iter().map(figure));
        let Some(calmest) = rounds.iter().max_by(|a, b| a.busy().total_cmp(&b.busy())) else { continue };
        writeln!(
            text,
            "| {name} | {:.2} | {:.0} | {:.1} | {:.1} | {:.2} | {:.2} | {:.0} % | {:.0} |",
            1.0 / ratio(rounds, bare),
            median_of(Measured::per_processor),
            median_of(Measured::cost),
            median_of(Measured::store_cost),
            calmest.percentile(50),
            calmest.percentile(99),
            calmest.busy() * 100.0,
            median_of(Measured::logins),
        )
        .expect("writing to memory does not fail");
    }
    text
}

/// Costs and their ratios are medians over the rounds; bare is the first row. Latencies and logins per second, which suffer from whatever
/// else the machine does, are those of the round in which server and store had most of a processor.
pub(crate) fn table(rows: &[Row<'_>]) -> String {
    let mut text = HEAD.to_owned();
    let bare = rows.first().map_or(&[][..], |row| row.rounds);
    for Row { name, rounds, in_memory } in rows {
        let median_of = |figure: fn(&Measured) -> f64| median(rounds.iter().map(figure));
        let Some(calmest) = rounds.iter().max_by(|a, b| a.busy().total_cmp(&b.busy())) else { continue };
        let to_memory = in_memory.map_or_else(|| "–".into(), |memory| format!("{:.2}", ratio(rounds, memory)));
        writeln!(
            text,
            "| {name} | {:.2} | {to_memory} | {:.1} | {:.1} | {:.0} | {:.2} | {:.2} | {:.0} | {:.0} % | {:.1} | {:.1} | {:.0} | {:.3} |",
            ratio(rounds, bare),
            median_of(Measured::cost),
            median_of(Measured::store_cost),
            median_of(Measured::per_processor),
            calmest.percentile(50),
            calmest.percentile(99),
            calmest.per_second(),
            calmest.busy() * 100.0,
            median_of(|measured| measured.memory.0),
            median_of(|measured| measured.memory.1),
            median_of(Measured::logins),
            median_of(Measured::calls),
        )
        .expect("writing to memory does not fail");
    }
    text
}

/// How the costs compare, round by round.
fn ratio(rounds: &[Measured], to: &[Measured]) -> f64 {
    median(rounds.iter().zip(to).map(|(measured, to)| measured.cost() / to.cost()))
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_unstable_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

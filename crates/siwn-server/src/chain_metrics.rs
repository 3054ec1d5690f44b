//! What the metrics show of the chain: counted where it happens, read when somebody asks.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use siwn_chain::{BreakerState, CallCount, Measures, RpcChain, Seconds};

/// Reads the counters of a chain.
pub(crate) struct ChainMetrics(pub(crate) Arc<RpcChain>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    endpoint: String,
    method: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EncodeLabelSet)]
struct Timed {
    endpoint: String,
    method: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EncodeLabelSet)]
struct Breaker {
    endpoint: String,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Without {
    /// What made a question cost no call.
    how: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Hedge {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ration {
    ration: &'static str,
}

impl Collector for ChainMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let calls = self.0.call_counts().into_iter().map(|call| {
            let CallCount { endpoint, method, outcome, count, .. } = call;
            (Call { endpoint, method, outcome }, count)
        });
        counters(&mut encoder, "chain_calls", "Calls of NEAR's nodes by outcome", calls)?;

        let measures = self.0.measures();
        let help = "Time of a call of NEAR's nodes, in seconds";
        let mut seconds = encoder.encode_descriptor("chain_call_seconds", help, None, MetricType::Histogram)?;
        for (labels, Seconds { sum, count, buckets, .. }) in by_host(&measures) {
            seconds.encode_family(&labels)?.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
        }
        let help =
            "Nodes by how they are asked: closed by everybody, open by nobody for a while, half_open by one login that tries";
        let mut breakers = encoder.encode_descriptor("chain_breakers", help, None, MetricType::Gauge)?;
        for (labels, count) in breaker_states(&measures) {
            breakers.encode_family(&labels)?.encode_gauge(&count)?;
        }
        let Measures { remembered, joined, hedges, hedges_won, rations, .. } = measures;
        let without = [(Without { how: "remembered" }, remembered), (Without { how: "joined" }, joined)];
        counters(&mut encoder, "chain_questions_without_call", "Questions answered by memory, or with others", without)?;
        let hedges = [(Hedge { outcome: "won" }, hedges_won), (Hedge { outcome: "lost" }, hedges.saturating_sub(hedges_won))];
        counters(&mut encoder, "chain_hedges", "Second nodes asked because the first one was slow, by outcome", hedges)?;
        let rations = rations.into_iter().map(|used| (Ration { ration: used.ration }, used.count));
        counters(&mut encoder, "chain_rations_used_up", "Questions that were not asked, by the ration that was used up", rations)
    }
}

impl fmt::Debug for ChainMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainMetrics")
    }
}

fn counters<L: EncodeLabelSet>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    counts: impl IntoIterator<Item = (L, u64)>,
) -> fmt::Result {
    let mut encoder: MetricEncoder<'_> = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (labels, count) in counts {
        encoder.encode_family(&labels)?.encode_counter::<NoLabelSet, _, f64>(&count, None)?;
    }
    Ok(())
}

/// Endpoints that share a host are one.
fn by_host(measures: &Measures) -> BTreeMap<Timed, Seconds> {
    let mut by_host = BTreeMap::<Timed, Seconds>::new();
    for endpoint in &measures.endpoints {
        for (method, seconds) in &endpoint.seconds {
            *by_host.entry(Timed { endpoint: endpoint.endpoint.clone(), method }).or_default() += seconds;
        }
    }
    by_host
}

/// How many endpoints of each host are in each state.
fn breaker_states(measures: &Measures) -> BTreeMap<Breaker, i64> {
    let mut states = BTreeMap::new();
    for endpoint in &measures.endpoints {
        for state in [BreakerState::Closed, BreakerState::Open, BreakerState::HalfOpen] {
            let labels = Breaker { endpoint: endpoint.endpoint.clone(), state: state.label() };
            *states.entry(labels).or_default() += i64::from(endpoint.breaker == state);
        }
    }
    states
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use siwn::{Chain as _, Question, UnixMillis};
    use siwn_chain::{RpcUrl, Settings};

    use crate::metrics::Metrics;

    #[tokio::test]
    async fn the_chain_is_shown_by_host_without_secrets() {
        // Nobody listens at port 1.
        let mut settings = Settings::new("localnet".parse().unwrap());
        let url = |path: &str| format!("http://user:hush@127.0.0.1:1/{path}").parse::<RpcUrl>().unwrap().into();
        settings.endpoints = vec![url("hush"), url("hush/again")];
        settings.timeout = Duration::from_secs(20);
        let clock = std::sync::Arc::new(|| UnixMillis::new(1_786_026_540_000));
        let chain = std::sync::Arc::new(siwn_chain::RpcChain::new(settings, clock).unwrap());
        let mut metrics = Metrics::new();
        metrics.watch(Box::new(super::ChainMetrics(std::sync::Arc::clone(&chain))));
        let (account, key) = ("alice.near".parse().unwrap(), siwn::PublicKey::from_ed25519([9; 32]));
        for _ in 0..3 {
            assert!(chain.standing(Question::new(&account, &key)).await.is_err());
        }

        let text = metrics.render();
        for line in [
            r#"siwn_chain_calls_total{endpoint="127.0.0.1:1",method="status",outcome="unreachable"} 6"#,
            r#"siwn_chain_call_seconds_count{endpoint="127.0.0.1:1",method="status"} 6"#,
            r#"siwn_chain_call_seconds_bucket{le="+Inf",endpoint="127.0.0.1:1",method="status"} 6"#,
            r#"siwn_chain_breakers{endpoint="127.0.0.1:1",state="open"} 2"#,
            r#"siwn_chain_breakers{endpoint="127.0.0.1:1",state="closed"} 0"#,
            r#"siwn_chain_questions_without_call_total{how="remembered"} 0"#,
            r#"siwn_chain_hedges_total{outcome="won"} 0"#,
            r#"siwn_chain_rations_used_up_total{ration="client"} 0"#,
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("hush"));
    }
}

//! The log under attack: every line is one event of ours, whatever callers and nodes say, and no secret is in it.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod hostile;
mod log;
mod nodes;
#[path = "../support/mod.rs"]
mod support;

use hostile::{FOREIGN, Secrets};
use log::{Format, Log};
use tracing::level_filters::LevelFilter;

/// Each line is an event of ours, in printable ASCII.
fn assert_whole(format: Format, text: &str) {
    assert!(text.ends_with('\n'), "{text}");
    for line in text.lines() {
        assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{line:?}");
        match format {
            Format::Text => {
                let (time, rest) = line.split_once(' ').unwrap();
                assert!(time.len() == 27 && time.starts_with("20") && time.ends_with('Z'), "{line}");
                let (level, rest) = rest.trim_start().split_once(' ').unwrap();
                assert!(["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].contains(&level), "{line}");
                assert!(rest.starts_with("siwn_server::") || rest.starts_with("siwn_chain::"), "{line}");
            }
            Format::Json => {
                let event: serde_json::Value = serde_json::from_str(line).unwrap();
                assert!(event["target"].as_str().unwrap().starts_with("siwn_"), "{line}");
            }
        }
    }
}

fn assert_no_secret(text: &str, secrets: &Secrets) {
    assert!(secrets.0.len() >= 5);
    for secret in &secrets.0 {
        assert!(secret.len() >= 16 && !text.contains(secret.as_str()), "{secret}\n{text}");
    }
}

#[tokio::test]
async fn nothing_of_a_request_reaches_the_log_but_what_is_ours() {
    for format in [Format::Text, Format::Json] {
        let (log, _guard) = Log::begin(format, LevelFilter::INFO);
        let (ids, secrets) = hostile::day().await;
        let text = log.text();
        assert_whole(format, &text);
        assert_no_secret(&text, &secrets);
        assert!(!text.contains(FOREIGN) && !text.to_lowercase().contains("forged-by"), "{text}");
        // One line for a request, one more where it could not be answered.
        assert!(ids.len() > 100);
        for (id, is_failure) in ids {
            assert_eq!(text.lines().filter(|line| line.contains(&id)).count(), 1 + usize::from(is_failure), "{id}\n{text}");
        }
    }
}

#[tokio::test]
async fn with_every_detail_a_line_is_still_one_event_without_a_secret() {
    for format in [Format::Text, Format::Json] {
        let (log, _guard) = Log::begin(format, LevelFilter::TRACE);
        let (_, secrets) = hostile::day().await;
        let text = log.text();
        assert_whole(format, &text);
        assert_no_secret(&text, &secrets);
        assert!(text.contains("refused"), "causes are told\n{text}");
    }
}

#[tokio::test]
async fn what_a_node_says_is_escaped_and_shortened() {
    for format in [Format::Text, Format::Json] {
        let (log, _guard) = Log::begin(format, LevelFilter::INFO);
        nodes::speak().await;
        let text = log.text();
        assert_whole(format, &text);
        for event in ["an endpoint fails", "an endpoint of another network is shut out", "could not answer"] {
            assert!(text.contains(event), "{event}\n{text}");
        }
        assert!(text.contains(r"u{1b}") && text.lines().all(|line| line.len() < 2_000), "{text}");
    }
}

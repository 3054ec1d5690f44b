//! What the page for operators says is what the server does.

use serde_json::Value;
use siwn_server::config::settings;

use crate::audit::a_line;
use crate::sign_in;
use crate::support::Server;

const PAGE: &str = include_str!("../../../../docs/operations.md");

/// The text under a heading.
fn section(heading: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("\n## {heading}\n")).unwrap();
    rest.split_once("\n## ").map_or(rest, |(section, _)| section)
}

#[test]
fn the_settings_that_are_taken_over_are_those_that_are_named() {
    let list: String = section("Reload").lines().filter(|line| line.starts_with("- ")).collect();
    for setting in settings() {
        assert_eq!(list.contains(&format!("`{}`", setting.name)), setting.is_reloaded(), "{}", setting.name);
    }
}

#[tokio::test]
async fn the_members_of_a_line_are_those_that_are_named_in_their_order() {
    let line = a_line().await;
    let found: Vec<_> = line.split(",\"").map(|member| member.trim_start_matches("{\"").split('"').next().unwrap()).collect();
    let rows = section("Audit log").lines().filter_map(|line| line.strip_prefix("| `"));
    let named: Vec<_> = rows.map(|row| row.split('`').next().unwrap()).collect();
    assert_eq!(found, named);
    assert!(serde_json::from_str::<Value>(&line).is_ok());
}

#[tokio::test]
async fn every_metric_is_named() {
    let server = Server::new();
    sign_in(&server, "alice.near").await;
    let metrics = server.get("/metrics", &[]).await.body;
    let names = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    for name in names {
        assert!(section("Metrics").contains(&format!("`{name}")), "{name}");
    }
}

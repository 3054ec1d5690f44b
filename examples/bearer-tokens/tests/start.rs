//! The program, as people start it.

#![expect(clippy::unwrap_used, reason = "these are tests")]

#[path = "../../started.rs"]
mod started;

use started::Started;

#[test]
fn it_takes_nothing_but_tokens() {
    let program = Started::new(env!("CARGO_BIN_EXE_example-bearer-tokens"), env!("CARGO_TARGET_TMPDIR"));
    for (request, headers) in [("GET /orders", &[][..]), ("GET /orders", &["Authorization: Bearer junk"]), ("POST /order", &[])] {
        let answer = program.ask(request, headers, "");
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
}

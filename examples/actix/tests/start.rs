//! The program, as people start it.

#![expect(clippy::unwrap_used, reason = "these are tests")]

#[path = "../../started.rs"]
mod started;

use started::Started;

#[test]
fn it_gives_challenges_to_programs_and_nothing_to_browsers() {
    let program = Started::new(env!("CARGO_BIN_EXE_example-actix"), env!("CARGO_TARGET_TMPDIR"));
    let challenge = program.ask("POST /api/auth/initiate-login", &[], "");
    assert!(challenge.starts_with("HTTP/1.1 200") && challenge.contains(&format!("Sign in to {}", program.site)), "{challenge}");
    let browser = program.ask("POST /api/auth/initiate-login", &["Sec-Fetch-Site: same-origin"], "");
    assert!(browser.starts_with("HTTP/1.1 404"), "{browser}");
    let me = program.ask("GET /me", &["Authorization: Bearer siwn_junk"], "");
    assert!(me.starts_with("HTTP/1.1 401"), "{me}");
}

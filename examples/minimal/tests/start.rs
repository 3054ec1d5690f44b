//! The program, as people start it.

#![expect(clippy::unwrap_used, reason = "these are tests")]

#[path = "../../started.rs"]
mod started;

use started::Started;

#[test]
fn strangers_are_shown_to_its_login_page() {
    let program = Started::new(env!("CARGO_BIN_EXE_example-minimal"), env!("CARGO_TARGET_TMPDIR"));
    let me = program.ask("GET /me", &["Sec-Fetch-Mode: navigate"], "");
    assert!(
        me.starts_with("HTTP/1.1 303") && me.contains(&format!("location: http://{}/login?return_to=%2Fme\r\n", program.site)),
        "{me}"
    );
    let page = program.ask("GET /login?return_to=%2Fme", &[], "");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains(&format!("Sign in to {}", program.site)), "{page}");
}

#[test]
fn it_gives_a_challenge_and_takes_no_forgery() {
    let program = Started::new(env!("CARGO_BIN_EXE_example-minimal"), env!("CARGO_TARGET_TMPDIR"));
    let challenge = program.ask("POST /api/auth/initiate-login", &["Content-Type: application/json"], "{}");
    assert!(
        challenge.starts_with("HTTP/1.1 200") && challenge.contains(&format!("\"recipient\":\"{}\"", program.site)),
        "{challenge}"
    );
    let forged = program.ask("POST /api/auth/verify-login", &["Content-Type: application/json"], r#"{"authToken":"junk"}"#);
    assert!(forged.starts_with("HTTP/1.1 400") && forged.contains("proof_malformed"), "{forged}");
}

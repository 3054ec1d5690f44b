//! The program, as people start it.

#![expect(clippy::unwrap_used, reason = "these are tests")]

#[path = "../../started.rs"]
mod started;

use started::Started;

#[test]
fn it_makes_its_table_and_knows_nobody() {
    let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/own-users");
    std::fs::create_dir_all(folder).unwrap();
    let program = Started::new(env!("CARGO_BIN_EXE_example-own-users"), folder);
    let me = program.ask("GET /me", &[], "");
    assert!(me.starts_with("HTTP/1.1 401") && me.contains("not_signed_in"), "{me}");
    assert!(std::fs::exists(format!("{folder}/users.db")).unwrap());
}

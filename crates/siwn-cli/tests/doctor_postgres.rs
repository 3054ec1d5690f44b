//! `siwn doctor` beside PostgreSQL as it is and as it should not be, as the files in `tests/snapshots` write it down.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "these are tests")]

mod clinic;
#[path = "../../siwn-store/tests/servers/mod.rs"]
mod servers;
mod transcript;

use clinic::{Clinic, Node};
use servers::Postgres;
use siwn_store::{KeptSecrets as _, PostgresStore};

/// Runs, with the names and ports that differ from time to time masked.
struct Examination {
    clinic: Clinic,
    node: Node,
    ports: Vec<u16>,
}

impl Examination {
    fn new() -> Self {
        let clinic = Clinic::new();
        let node = clinic.node("good.example", &[]);
        Self { clinic, node, ports: Vec::new() }
    }

    fn beside(mut self, server: &Postgres, url: &str) -> Self {
        self.ports.push(server.port());
        self.of(url)
    }

    fn of(self, url: &str) -> Self {
        Self { clinic: self.clinic.examine(&[&self.node], &["--store", url]), ..self }
    }

    /// Makes what a first start makes.
    fn open(&self, url: &str) {
        self.clinic.runtime.block_on(async {
            let store = PostgresStore::connect(&url.parse().unwrap(), None).await.unwrap();
            store.kept_secrets(&"07".repeat(32)).await.unwrap();
            store.shutdown().await;
        });
    }

    fn transcript(&self, server: &Postgres) -> String {
        let version = server.run_sql("postgres", "SELECT current_setting('server_version_num')::int / 10000");
        let text = self.clinic.transcript.0.replace(&format!("PostgreSQL {version}"), "PostgreSQL …");
        let text = self.ports.iter().fold(text, |text, port| text.replace(&format!(":{port}/"), ":5432/"));
        let lines = text.lines().filter(|line| !line.contains("  clock: ") && !line.contains("  endpoint "));
        lines.collect::<Vec<_>>().join("\n")
    }
}

#[test]
fn a_database_before_its_first_start_and_after() {
    let server = Postgres::start_with(&["fsync=on"]);
    let url = server.database();
    let examination = Examination::new().beside(&server, &url);
    assert_eq!(server.run_sql("siwn0", "SELECT count(*) FROM pg_namespace WHERE nspname = 'siwn'"), "0", "nothing was made");

    examination.open(&url);
    let meta = || server.run_sql("siwn0", "SELECT xmin, meta FROM siwn.meta");
    let before = meta();
    let examination = examination.of(&url);
    assert_eq!(meta(), before, "nothing was changed");

    server.run_sql("siwn0", "UPDATE siwn.meta SET version = 70000");
    insta::assert_snapshot!(examination.of(&url).transcript(&server));
}

#[test]
fn users_without_rights() {
    let server = Postgres::start_with(&["fsync=on"]);
    let url = server.database();
    server.run_sql("siwn0", "CREATE USER guest; REVOKE CREATE ON DATABASE siwn0 FROM PUBLIC");
    let guest = url.replace("siwn@", "guest:secret@");
    let examination = Examination::new().beside(&server, &guest);
    server.run_sql("siwn0", "CREATE SCHEMA siwn");
    let examination = examination.of(&guest);
    server.run_sql("siwn0", "GRANT ALL ON SCHEMA siwn TO guest");
    let examination = examination.of(&guest);
    server.run_sql("siwn0", "REVOKE ALL ON SCHEMA siwn FROM guest");
    examination.open(&url);
    let examination = examination.of(&guest);
    server.run_sql("siwn0", "GRANT USAGE ON SCHEMA siwn TO guest; GRANT SELECT ON ALL TABLES IN SCHEMA siwn TO guest");
    let examination = examination.of(&guest);
    server.run_sql("siwn0", "GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA siwn TO guest");
    insta::assert_snapshot!(examination.of(&guest).transcript(&server));
}

#[test]
fn servers_that_cannot_be_used() {
    let server = Postgres::start();
    let url = server.database();
    let standby = server.standby();
    let behind_tls = Postgres::start_with_tls();
    let wrong = behind_tls.url("postgres").replace("siwn@", "siwn:secret@");
    let examination = Examination::new()
        .of("postgres://me:secret@127.0.0.1:1/app?sslmode=disable")
        .beside(&server, &server.url("elsewhere"))
        .beside(&standby, &standby.url("siwn0"))
        .beside(&behind_tls, &wrong)
        .beside(&server, &url);
    insta::assert_snapshot!(examination.transcript(&server));
}

//! The servers that other tests start: they come up, answer, and leave nothing behind.
#![cfg(target_os = "linux")]

mod servers;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use servers::{PgBouncer, Postgres, Redis, RedisCluster, Relay, wait_for};

#[test]
fn a_redis_forgets_when_it_is_killed_and_comes_back_on_its_port() {
    let mut redis = Redis::start();
    assert_eq!(redis.say("SET a b"), "+OK");
    redis.kill();
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, redis.port())).is_err());
    redis.start_again();
    assert_eq!(redis.say("GET a"), "$-1");
}

#[test]
fn a_redis_that_persists_remembers() {
    let mut redis = Redis::start_with(&["--appendonly", "yes", "--appendfsync", "always"]);
    assert_eq!(redis.say("SET a b"), "+OK");
    redis.kill();
    redis.start_again();
    assert_eq!(redis.say("GET a"), "$1\r\nb");
}

#[test]
fn a_server_ends_with_a_test_that_panics() {
    let mut seen = None;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let redis = Redis::start();
        seen = Some((redis.port(), redis.folder().to_owned()));
        assert_eq!(redis.say("PING"), "a test that fails");
    }));
    assert!(outcome.is_err());
    let (port, folder) = seen.unwrap();
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    assert!(!folder.exists());
}

#[test]
#[ignore = "played by the child of the next test"]
fn a_child_starts_a_server_and_is_killed() {
    let redis = Redis::start();
    println!("said:{} {}", redis.port(), redis.folder().display());
    let mut never = [0];
    let _ = std::io::stdin().read(&mut never);
}

#[test]
fn a_server_ends_with_a_process_that_is_killed() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_child_starts_a_server_and_is_killed", "--ignored", "--nocapture"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let said = lines.find_map(|line| line.unwrap().split_once("said:").map(|(_, said)| said.to_owned())).unwrap();
    let (port, folder) = said.split_once(' ').unwrap();
    let port: u16 = port.parse().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    wait_for("the server's end", || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err().then_some(()));
    wait_for("the end of its folder", || (!std::path::Path::new(folder).exists()).then_some(()));
}

#[test]
fn a_cluster_shares_the_slots() {
    let cluster = RedisCluster::start();
    assert_eq!(cluster.urls().len(), 3);
    let answers: Vec<_> = ["a", "b", "c"].iter().map(|key| cluster.nodes[0].say(&format!("SET {key} 1"))).collect();
    assert!(answers.iter().any(|answer| answer.starts_with("-MOVED")), "{answers:?}");
    assert!(answers.iter().any(|answer| answer == "+OK"), "{answers:?}");
}

#[test]
fn a_redis_with_tls_has_a_certificate_of_its_authority() {
    let redis = Redis::start_with_tls();
    let port = redis.port().to_string();
    let ping = |authority: Option<&std::path::Path>| {
        let mut command = Command::new("redis-cli");
        command.args(["-h", "localhost", "-p", &port, "--tls"]);
        if let Some(authority) = authority {
            command.arg("--cacert").arg(authority);
        }
        String::from_utf8(command.arg("PING").output().unwrap().stdout).unwrap()
    };
    assert_eq!(ping(Some(redis.authority())), "PONG\n");
    assert_ne!(ping(None), "PONG\n");
}

#[test]
fn a_postgres_that_is_killed_keeps_what_it_answered() {
    let mut postgres = Postgres::start();
    postgres.database();
    postgres.run_sql("siwn0", "CREATE TABLE a (b int); INSERT INTO a VALUES (7)");
    postgres.kill();
    postgres.start_again();
    assert_eq!(postgres.run_sql("siwn0", "SELECT b FROM a"), "7");
}

#[test]
fn a_postgres_is_followed_promoted_and_restored() {
    let postgres = Postgres::start();
    let standby = postgres.standby();
    assert_eq!(standby.run_sql("postgres", "SELECT pg_is_in_recovery()"), "t");
    standby.promote();
    assert_eq!(standby.run_sql("postgres", "SELECT pg_is_in_recovery()"), "f");
    let restored = postgres.restored();
    assert_eq!(restored.run_sql("postgres", "SELECT pg_is_in_recovery()"), "f");
}

#[test]
fn a_pooler_and_a_postgres_with_tls_come_up() {
    let postgres = Postgres::start_with_tls();
    assert_eq!(postgres.run_sql("postgres", "SHOW ssl"), "on");
    assert!(postgres.authority().exists());
    let pooler = PgBouncer::before(&postgres);
    assert!(pooler.url(&postgres.database()).ends_with("/siwn0"));
}

#[test]
fn a_relay_passes_on_holds_back_and_cuts() {
    let redis = Redis::start();
    let relay = Relay::before(redis.port());
    assert!(relay.url(&redis.url()).ends_with(&relay.address().to_string()));
    let mut client = TcpStream::connect(relay.address()).unwrap();
    let mut ask = |word: &[u8]| {
        client.write_all(word).unwrap();
        let mut answer = [0; 64];
        let length = client.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    };
    assert_eq!(ask(b"INCR a\r\n"), ":1\r\n");
    relay.cut_at_the_next_answer();
    assert_eq!(ask(b"INCR a\r\n"), "", "the answer is lost");
    assert_eq!(redis.say("GET a"), "$1\r\n2", "the server heard it");
    relay.refuse();
    let mut client = TcpStream::connect(relay.address()).unwrap();
    assert_eq!(client.read(&mut [0; 8]).unwrap_or(0), 0);
    assert_eq!(relay.accepted(), 2);
}

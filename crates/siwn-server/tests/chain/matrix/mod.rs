//! Every fault, at every topology of endpoints, for logins that should succeed and for such that should not.

mod login;
mod topology;
mod trouble;

use std::fmt::{self, Write as _};
use std::time::Duration;

use http::StatusCode;
use tokio::time::{Instant, sleep};

use crate::world::World;
use login::Login;
pub(crate) use login::authorized;
use topology::Topology;
use trouble::{Kind, Row, Trouble, rows};

/// What one call takes at most, and twice that a look-up.
const TIMEOUT: Duration = Duration::from_secs(2);
/// What timers of whole milliseconds add.
const GRAIN: Duration = Duration::from_millis(20);
/// The most requests that a login sends to one node.
const CALLS: u64 = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beginning {
    /// Before the first login.
    AtTheStart,
    /// Two seconds after a login, so that the endpoint is known and its block no longer fresh.
    Later,
}

/// A login that met a trouble.
struct Cell {
    status: StatusCode,
    took: Duration,
    calls: u64,
    is_believed: bool,
    /// What it should not be like.
    broken: Vec<&'static str>,
}

#[tokio::test(start_paused = true)]
async fn no_fault_of_a_node_is_a_pass_or_a_refusal() {
    insta::assert_snapshot!(page(Beginning::AtTheStart, Login::BY_KEY).await);
}

#[tokio::test(start_paused = true)]
async fn no_fault_that_begins_later_is_a_pass_or_a_refusal() {
    insta::assert_snapshot!(page(Beginning::Later, Login::BY_KEY).await);
}

#[tokio::test(start_paused = true)]
async fn no_fault_makes_a_contract_agree_or_refuse() {
    insta::assert_snapshot!(page(Beginning::Later, Login::BY_CONTRACT).await);
}

const LEGEND: &str = "\
Each time one login that should succeed and one that should not: status, time to answer, requests to all nodes.
! is told by a node that lies, or speaks of permissions that nobody knows, and is asked alone.";
const NAME: usize = 51;
const CELLS: usize = 29;

/// The whole table.
async fn page(beginning: Beginning, logins: [Login; 2]) -> String {
    let mut broken = Vec::new();
    let mut page = format!("{LEGEND}\n\n{:NAME$}", "");
    for topology in Topology::ALL {
        write!(page, " | {:CELLS$}", format!("{topology:?}")).unwrap();
    }
    for row in rows(beginning, logins[0].is_by_contract()) {
        write!(page, "\n{:NAME$}", row.name).unwrap();
        for topology in Topology::ALL {
            let mut cells = Vec::new();
            for login in logins {
                let cell = cell(&row, topology, beginning, login).await;
                broken.extend(cell.broken.iter().map(|rule| format!("{}, {topology:?}, {login:?}: {cell} {rule}", row.name)));
                cells.push(cell.to_string());
            }
            write!(page, " | {:CELLS$}", cells.join("  ")).unwrap();
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    page.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

async fn cell(row: &Row, topology: Topology, beginning: Beginning, login: Login) -> Cell {
    let mut world = World::new();
    let site = topology.site(&mut world).await;
    let proof = login.proof(&site).await;
    if beginning == Beginning::Later {
        assert_eq!(site.post(&Login::Stands.proof(&site).await).await.status, StatusCode::OK);
        sleep(TIMEOUT).await;
        world.forget_calls();
    }

    row.trouble.begin(&world.devnet);
    let began = Instant::now();
    let answer = site.post(&proof).await;
    let (took, calls) = (began.elapsed(), world.calls());
    let is_answered = answer.status != StatusCode::SERVICE_UNAVAILABLE;
    let is_believed = topology != Topology::TwoOfThree && row.makes_believe(&answer, login);
    let mut rules = vec![
        ("takes too long", took <= login.longest() + GRAIN),
        ("asks too much", calls <= CALLS * world.devnet.nodes().len() as u64),
        ("is wrong", is_believed || login.is_right_or_none(&answer)),
        ("is not what is expected", row.is_answered(topology, beginning).is_none_or(|expected| expected == is_answered)),
    ];

    if !is_answered {
        Trouble::end(&world.devnet);
        sleep(answer.retry_after()).await;
        if row.kind == Kind::Stranger {
            // As a server does, while no endpoint answers.
            site.chain.check().await.unwrap();
        }
        let mended = site.post(&proof).await;
        rules.push(("is not mended afterwards", login.is_right(&mended)));
        if mended.status == StatusCode::OK {
            rules.push(("can be used again", site.post(&proof).await.error() == "challenge_used"));
        }
    }
    let broken = rules.into_iter().filter(|(_, is_kept)| !is_kept).map(|(rule, _)| rule).collect();
    Cell { status: answer.status, took, calls, is_believed, broken }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.is_believed { "!" } else { " " };
        write!(f, "{}{mark} {:.1} s {:>2}", self.status.as_u16(), self.took.as_secs_f64(), self.calls)
    }
}

//! Every fault, at every topology of endpoints, for a key that stands and for one that does not.

use std::fmt::{self, Write as _};
use std::num::NonZeroU32;
use std::time::Duration;

use http::StatusCode;
use siwn_devnet::{Devnet, Fault, Flavour, Limit, Outage};
use tokio::time::{Instant, sleep};

use crate::node::Site;
use crate::support::Answer;
use crate::world::{ALICE, BOB, World};

/// What one call takes at most, and twice that a look-up.
const TIMEOUT: Duration = Duration::from_secs(2);
/// What timers of whole milliseconds add.
const GRAIN: Duration = Duration::from_millis(20);
/// The most requests that a login sends to one node.
const CALLS: u64 = 6;

/// What is wrong with a node.
#[derive(Clone, Debug)]
enum Trouble {
    Meets(Outage),
    Is(Flavour),
    Answers(Limit),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Topology {
    One,
    /// The first one has the trouble.
    Two,
    /// Two of three have to agree; the first one has the trouble.
    TwoOfThree,
    /// Two nodes behind one address, which take turns; the first one has the trouble.
    Balanced,
}

const TOPOLOGIES: [Topology; 4] = [Topology::One, Topology::Two, Topology::TwoOfThree, Topology::Balanced];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beginning {
    /// Before the first login.
    AtTheStart,
    /// Two seconds after a login, so that the endpoint is known and its block no longer fresh.
    Later,
}

/// The node answers, if late or of an older block.
const HARMLESS: [Fault; 3] = [Fault::Delay(Duration::from_millis(300)), Fault::Behind(1), Fault::Behind(20)];
/// The node says what is not so. Who asks it alone believes it.
const LIES: [Fault; 3] = [Fault::GrantsAll, Fault::DeniesAll, Fault::DeniesAccounts];
/// The node gives no answer, or none that can be one.
const OUTAGES: [Fault; 25] = [
    Fault::Delay(Duration::from_mins(1)),
    Fault::Hang,
    Fault::StalledBody,
    Fault::Reset,
    Fault::TruncatedBody,
    Fault::EndlessBody,
    Fault::Garbage,
    Fault::Redirect,
    Fault::Forbidden,
    Fault::Unavailable,
    Fault::WrongStatus,
    Fault::InternalError,
    Fault::TimedOut,
    Fault::NotSynced,
    Fault::TooManyRequests { retry_after: None },
    Fault::TooManyRequests { retry_after: Some(1) },
    Fault::TooManyRequests { retry_after: Some(7) },
    Fault::Lagging(Duration::from_secs(31)),
    Fault::WrongId,
    Fault::ResultBesideError,
    Fault::UnknownCause,
    Fault::UnavailableShard,
    Fault::UnknownBlock,
    Fault::CollectedBlock,
    Fault::WrongBlockHash,
];
/// The node is of another network, by its `status`.
const STRANGERS: [Fault; 3] = [Fault::WrongNetwork, Fault::WrongChainId, Fault::WrongGenesis];
/// So few requests that a login does not fit in.
const SHY: [Option<u32>; 2] = [None, Some(1)];

/// One row: a trouble and its name.
struct Row {
    name: String,
    trouble: Trouble,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Harmless,
    Lie,
    Outage,
    /// The node says that a key may do what nobody knows. That is no full access: a refusal, unless others know better.
    Permission,
    /// An endpoint that is told from its `status` stays shut out until it is checked again.
    Stranger,
    /// Whether a login succeeds depends on how many came before.
    Shy,
}

fn rows(beginning: Beginning) -> Vec<Row> {
    let fault = |kind| move |fault: Fault| Row { name: format!("{fault:?}"), trouble: Trouble::Meets(fault.into()), kind };
    let of_queries =
        |fault: Fault| Row { name: format!("{fault:?} of queries"), trouble: Trouble::Meets(fault.on_query()), kind: Kind::Outage };
    let flavour = |flavour| Row { name: format!("{flavour:?}"), trouble: Trouble::Is(flavour), kind: Kind::Harmless };
    let shy = |retry_after| {
        let limit = Limit { per_second: NonZeroU32::MIN, retry_after };
        Row { name: format!("1 request a second, Retry-After {retry_after:?}"), trouble: Trouble::Answers(limit), kind: Kind::Shy }
    };

    let mut rows = Vec::new();
    rows.extend([Flavour::Nearcore, Flavour::OldNearcore, Flavour::ReadRpc].map(flavour));
    rows.extend(HARMLESS.map(fault(Kind::Harmless)));
    rows.extend(OUTAGES.map(fault(Kind::Outage)));
    rows.push(fault(Kind::Permission)(Fault::UnknownPermission));
    if beginning == Beginning::Later {
        // Only a block tells that a node lags.
        rows.extend(OUTAGES.into_iter().filter(|fault| !matches!(fault, Fault::Lagging(_))).map(of_queries));
    }
    rows.extend(STRANGERS.map(fault(Kind::Stranger)));
    rows.extend(SHY.map(shy));
    rows.extend(LIES.map(fault(Kind::Lie)));
    rows
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
    insta::assert_snapshot!(page(Beginning::AtTheStart).await);
}

#[tokio::test(start_paused = true)]
async fn no_fault_that_begins_later_is_a_pass_or_a_refusal() {
    insta::assert_snapshot!(page(Beginning::Later).await);
}

const LEGEND: &str = "\
A login of alice.near, whose key stands, and of bob.near, who does not have the key: status, time to answer, requests to all nodes.
! is told by a node that lies, or speaks of permissions that nobody knows, and is asked alone.";

/// The whole table.
async fn page(beginning: Beginning) -> String {
    let mut broken = Vec::new();
    let mut page = format!("{LEGEND}\n\n{:NAME$}", "");
    for topology in TOPOLOGIES {
        write!(page, " | {:CELLS$}", format!("{topology:?}")).unwrap();
    }
    for row in rows(beginning) {
        write!(page, "\n{:NAME$}", row.name).unwrap();
        for topology in TOPOLOGIES {
            let mut cells = Vec::new();
            for account in [ALICE, BOB] {
                let cell = cell(&row, topology, beginning, account).await;
                broken.extend(cell.broken.iter().map(|rule| format!("{}, {topology:?}, {account}: {cell} {rule}", row.name)));
                cells.push(cell.to_string());
            }
            write!(page, " | {:CELLS$}", cells.join("  ")).unwrap();
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    page.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

const NAME: usize = 51;
const CELLS: usize = 29;

async fn cell(row: &Row, topology: Topology, beginning: Beginning, account: &str) -> Cell {
    let mut world = World::new();
    let site = topology.site(&mut world).await;
    let token = site.token_of(account).await;
    if beginning == Beginning::Later {
        assert_eq!(site.log_in(&site.token_of(ALICE).await).await.status, StatusCode::OK);
        sleep(TIMEOUT).await;
        world.forget_calls();
    }

    row.trouble.begin(&world.devnet);
    let began = Instant::now();
    let answer = site.log_in(&token).await;
    let (took, calls) = (began.elapsed(), world.calls());
    let is_believed = topology != Topology::TwoOfThree && row.makes_believe(&answer, account);
    let mut rules = Vec::new();
    rules.push(("takes too long", took <= TIMEOUT * 2 + GRAIN));
    rules.push(("asks too much", calls <= CALLS * world.devnet.nodes().len() as u64));
    rules.push(("is wrong", is_believed || is_right_or_none(&answer, account)));
    let is_answered = answer.status != StatusCode::SERVICE_UNAVAILABLE;
    rules.push(("is not what is expected", row.is_answered(topology, beginning).is_none_or(|expected| expected == is_answered)));

    if !is_answered {
        Trouble::end(&world.devnet);
        sleep(answer.retry_after()).await;
        if row.kind == Kind::Stranger {
            // As a server does, while no endpoint answers.
            site.chain.check().await.unwrap();
        }
        let again = site.log_in(&token).await;
        let is_answered = again.status != StatusCode::SERVICE_UNAVAILABLE;
        rules.push(("is not mended afterwards", is_answered && is_right_or_none(&again, account)));
    }
    let broken = rules.into_iter().filter(|(_, is_kept)| !is_kept).map(|(rule, _)| rule).collect();
    Cell { status: answer.status, took, calls, is_believed, broken }
}

/// An answer is the right one, or it is none: 503 in the shape of errors, with the time after which to come again.
fn is_right_or_none(answer: &Answer, account: &str) -> bool {
    let cookies = answer.cookies().len();
    match (answer.status, account) {
        (StatusCode::SERVICE_UNAVAILABLE, _) => {
            let is_soon = (Duration::from_secs(1)..=Duration::from_secs(30)).contains(&answer.retry_after());
            answer.error() == "chain_unavailable" && is_soon && cookies == 0
        }
        (StatusCode::OK, ALICE) => answer.json()["accountId"] == ALICE && cookies == 1,
        (StatusCode::UNAUTHORIZED, BOB) => answer.error() == "key_not_found" && cookies == 0,
        _ => false,
    }
}

impl Row {
    /// Whether the login ended as its node wants it to, and not as it should.
    fn makes_believe(&self, answer: &Answer, account: &str) -> bool {
        match (self.kind, answer.status) {
            (Kind::Lie, StatusCode::OK) => account == BOB,
            (Kind::Lie, StatusCode::UNAUTHORIZED) => account == ALICE || answer.error() == "account_not_found",
            (Kind::Permission, StatusCode::UNAUTHORIZED) => account == ALICE && answer.error() == "key_not_full_access",
            _ => false,
        }
    }

    /// Whether there is an answer, where that is certain.
    fn is_answered(&self, topology: Topology, beginning: Beginning) -> Option<bool> {
        match (self.kind, topology) {
            (Kind::Harmless | Kind::Lie | Kind::Permission, _) | (_, Topology::Two | Topology::TwoOfThree) => Some(true),
            (Kind::Outage, Topology::One) => Some(false),
            (Kind::Stranger, Topology::One) => Some(beginning == Beginning::Later),
            (Kind::Shy, Topology::One) | (_, Topology::Balanced) => None,
        }
    }
}

impl Trouble {
    fn begin(&self, node: &Devnet) {
        match self {
            Self::Meets(outage) => node.fail(outage.clone()),
            Self::Is(flavour) => node.set_flavour(*flavour),
            Self::Answers(limit) => node.set_limit(Some(*limit)),
        }
    }

    fn end(node: &Devnet) {
        node.recover();
        node.set_flavour(Flavour::default());
        node.set_limit(None);
    }
}

impl Topology {
    /// A login server that asks the world's first node, and others, without trouble.
    async fn site(self, world: &mut World) -> Site {
        let mut nodes = vec![world.devnet.clone()];
        let others = match self {
            Self::One => 0,
            Self::Two | Self::Balanced => 1,
            Self::TwoOfThree => 2,
        };
        nodes.extend((0..others).map(|_| world.devnet.another_node()));
        let mut urls = Vec::new();
        if self == Self::Balanced {
            urls.push(world.balancer(&nodes).await);
        } else {
            for node in &nodes {
                urls.push(world.url(node).await);
            }
        }
        let agreement = if self == Self::TwoOfThree { 2 } else { 1 };
        world.site(&urls, |settings| (settings.timeout, settings.agreement) = (TIMEOUT, agreement))
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.is_believed { "!" } else { " " };
        write!(f, "{}{mark} {:.1} s {:>2}", self.status.as_u16(), self.took.as_secs_f64(), self.calls)
    }
}

//! Logins by the thousand: a challenge, a signature, a session, over connections that are kept.
//!
//! The server is the binary `siwn serve`; beside it, in every round and in rotating order, stands a program of the same routes that
//! only reads the token and checks its signature ([`bare`]). The node is a devnet in this process. What counts is the processor time
//! of the server for a login, and its ratio to that of the bare program in the same round, as medians over the rounds.
//!
//! `cargo bench -p siwn-cli --bench load -- --users 32` prints it; any login that is not answered by 200 makes it fail.

mod bare;
mod client;
mod people;
mod process;
mod report;
mod round;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::{Parser, ValueEnum};
use siwn_devnet::Devnet;

use people::{People, Visitors};
use process::{Log, Node, Processors, Program};
use round::{Measured, Round};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The most logins of a round: what a store in memory holds is bounded.
const MOST_LOGINS: u32 = 60_000;

#[derive(Parser)]
#[command(about = "Measures logins per second, their latency, and what they cost the server")]
struct Arguments {
    /// How many people sign in at the same time, each on a connection of his own
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1000))]
    users: u16,
    /// How long each server is measured in a round; a round also ends at 60,000 logins
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// How many rounds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=50))]
    rounds: u8,
    /// Only with this store; without it, with each
    #[arg(long)]
    store: Option<Store>,
    /// Be the bare server on this port
    #[arg(long, hide = true)]
    bare: Option<u16>,
    /// Said by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Store {
    Memory,
    Sqlite,
}

/// One row of the table.
#[derive(Clone, Copy)]
struct Contender {
    name: &'static str,
    program: Program,
    visitors: Visitors,
}

fn main() -> ExitCode {
    // `cargo test --benches` runs this too, and says neither.
    if !std::env::args().any(|argument| argument == "--bench" || argument == "--bare") {
        return ExitCode::SUCCESS;
    }
    let arguments = Arguments::parse();
    let outcome = match arguments.bare {
        Some(port) => bare::serve(port),
        None => measure(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// One thread for the people and the node, so that both stay on one processor.
fn measure(arguments: &Arguments) -> Result<(), Failure> {
    let processors = Processors::divide();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(all_rounds(arguments, processors))
}

async fn all_rounds(arguments: &Arguments, processors: Processors) -> Result<(), Failure> {
    let devnet = Devnet::new(Arc::new(|| SystemTime::now().into()));
    let people = Arc::new(People::register(&devnet, MOST_LOGINS)?);
    let listening = devnet.listen().await?;
    let node = Node { url: listening.url(), network: devnet.network().chain_id().into() };
    tokio::spawn(devnet.clone().run());

    let contenders = contenders(arguments.store);
    let seconds = Duration::from_secs(arguments.seconds);
    let round = Round { devnet: &devnet, node, people: &people, processors, users: arguments.users, seconds };
    let mut measured: Vec<Vec<Measured>> = contenders.iter().map(|_| Vec::new()).collect();
    for number in 0..usize::from(arguments.rounds) {
        for step in 0..contenders.len() {
            let index = (number + step) % contenders.len();
            let Contender { name, program, visitors } = contenders[index];
            let figures = round.measure(program, visitors).await.map_err(|failure| format!("{name}: {failure}"))?;
            eprintln!("round {}, {name}: {}", number + 1, figures.summary());
            measured[index].push(figures);
        }
    }

    println!("{} users, {} s, {} rounds; {processors}.\n", arguments.users, arguments.seconds, arguments.rounds);
    let names = contenders.iter().map(|contender| contender.name);
    println!("{}", report::table(names.zip(&measured)));
    let failures: usize = measured.iter().flatten().map(|figures| figures.failures.len()).sum();
    match measured.iter().flatten().find_map(|figures| figures.failures.first()) {
        Some(first) => Err(format!("{failures} logins failed, the first with: {first}").into()),
        None => Ok(()),
    }
}

/// The bare program is the first, the measure of the others.
fn contenders(only: Option<Store>) -> Vec<Contender> {
    let contender = |name, program, visitors| Contender { name, program, visitors };
    let siwn = |name, store, visitors| contender(name, Program::Siwn(store, Log::Warnings), visitors);
    let mut all = vec![
        contender("bare: the signature only", Program::Bare, Visitors::Returning),
        siwn("siwn, memory, each login another account", Store::Memory, Visitors::New),
        siwn("siwn, memory, the same accounts again", Store::Memory, Visitors::Returning),
        siwn("siwn, SQLite, each login another account", Store::Sqlite, Visitors::New),
        siwn("siwn, SQLite, the same accounts again", Store::Sqlite, Visitors::Returning),
        contender(
            "siwn, SQLite, each login another account, each request logged",
            Program::Siwn(Store::Sqlite, Log::Requests),
            Visitors::New,
        ),
    ];
    all.retain(|contender| match contender.program {
        Program::Bare => true,
        Program::Siwn(store, _) => only.is_none_or(|only| only == store),
    });
    all
}

//! Logins by the thousand: a challenge, a signature, a session, over connections that are kept.
//!
//! The server is the binary `siwn serve`; beside it, in every round and in rotating order, stands a program of the same routes that
//! only reads the token and checks its signature ([`bare`]). The node is a devnet in this process. Redis and PostgreSQL are those of this
//! machine, started on free ports ([`stores`]). What counts is the processor time of the server and its store for a login, and its ratio
//! to that of the bare program, and of the store in memory, in the same round, as medians over the rounds.
//!
//! With `--forward` nobody signs in: a proxy asks about sessions, and the bare program answers with as many headers, always the same.
//!
//! `cargo bench -p siwn-cli --bench load -- --users 32` prints it; any login that is not answered by 200 makes it fail.

mod bare;
mod client;
mod people;
mod process;
mod report;
mod round;
#[path = "../../../siwn-store/tests/servers/mod.rs"]
mod servers;
mod stores;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Parser;
use siwn_devnet::Devnet;

use people::{People, Visitors};
use process::{Log, Memory, Node, Processors, Program};
use report::Row;
use round::{Measured, Round};
use stores::Store;

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
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// How many rounds
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=50))]
    rounds: u8,
    /// Measure what a reverse proxy asks for each request, in place of logins
    #[arg(long)]
    forward: bool,
    /// Only with this store, or these; without it, with each
    #[arg(long)]
    store: Vec<Store>,
    /// Be the bare server on this port
    #[arg(long, hide = true)]
    bare: Option<u16>,
    /// Said by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

/// One row of the table.
struct Contender {
    name: String,
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

    let contenders = if arguments.forward { forwarding(&arguments.store) } else { contenders(&arguments.store) };
    let seconds = Duration::from_secs(arguments.seconds);
    let round = Round { devnet: &devnet, node, people: &people, processors, users: arguments.users, seconds };
    let mut measured: Vec<Vec<Measured>> = contenders.iter().map(|_| Vec::new()).collect();
    for number in 0..usize::from(arguments.rounds) {
        for step in 0..contenders.len() {
            let index = (number + step) % contenders.len();
            let Contender { ref name, program, visitors } = contenders[index];
            let figures = round.measure(program, visitors).await.map_err(|failure| format!("{name}: {failure}"))?;
            eprintln!("round {}, {name}: {}", number + 1, figures.summary());
            measured[index].push(figures);
        }
    }

    println!("{} users, {} s, {} rounds; {processors}.", arguments.users, arguments.seconds, arguments.rounds);
    println!("Limits per client and account are off. {}; files on {}.\n", stores::DURABILITY, stores::file_system());
    let in_memory = |visitors| contenders.iter().position(|contender| contender.is_in_memory(visitors));
    let rows = contenders.iter().zip(&measured).map(|(contender, rounds)| {
        let memory = if contender.is_bare() { None } else { in_memory(contender.visitors) };
        Row { name: &contender.name, rounds, in_memory: memory.map(|index| &measured[index][..]) }
    });
    let table = if arguments.forward { report::forward_table } else { report::table };
    println!("{}", table(&rows.collect::<Vec<_>>()));
    let failures: usize = measured.iter().flatten().map(|figures| figures.failures.len()).sum();
    match measured.iter().flatten().find_map(|figures| figures.failures.first()) {
        Some(first) => Err(format!("{failures} logins failed, the first with: {first}").into()),
        None => Ok(()),
    }
}

/// The bare program is the first, the measure of the others.
fn contenders(only: &[Store]) -> Vec<Contender> {
    let stores = Store::ALL.into_iter().filter(|store| only.is_empty() || only.contains(store)).collect::<Vec<_>>();
    let mut all =
        vec![Contender { name: "bare: the signature only".into(), program: Program::Bare, visitors: Visitors::Returning }];
    for visitors in [Visitors::New, Visitors::Returning] {
        all.extend(stores.iter().map(|store| Contender::siwn(*store, Log::Warnings, visitors)));
    }
    if stores.contains(&Store::Sqlite) {
        all.push(Contender::siwn(Store::Sqlite, Log::Requests, Visitors::New));
    }
    all
}

/// What a proxy asks: the session in memory, and the store asked each time.
fn forwarding(only: &[Store]) -> Vec<Contender> {
    let visitors = Visitors::Proxied;
    let mut all = vec![Contender { name: "bare: a route with fixed headers".into(), program: Program::Bare, visitors }];
    for store in Store::ALL.into_iter().filter(|store| only.is_empty() || only.contains(store)) {
        for (memory, how) in [(Memory::On, "the session in memory"), (Memory::Off, "the store asked each time")] {
            let name = format!("siwn, {}, {how}", store.name());
            all.push(Contender { name, program: Program::Forwarding(store, memory), visitors });
        }
    }
    all
}

impl Contender {
    fn siwn(store: Store, log: Log, visitors: Visitors) -> Self {
        let who = match visitors {
            Visitors::New => "each login another account",
            Visitors::Returning | Visitors::Proxied => "the same accounts again",
        };
        let logged = match log {
            Log::Warnings => "",
            Log::Requests => ", each request logged",
        };
        Self { name: format!("siwn, {}, {who}{logged}", store.name()), program: Program::Siwn(store, log), visitors }
    }

    const fn is_bare(&self) -> bool {
        matches!(self.program, Program::Bare)
    }

    fn is_in_memory(&self, visitors: Visitors) -> bool {
        matches!(self.program, Program::Siwn(Store::Memory, Log::Warnings)) && self.visitors == visitors
    }
}

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use siwn::{
    Access, Asker, Block, BoxFuture, Chain, ChainAnswer, ChainAsk, ChainError, PinnedBlock, Question, Resolution, Resolved,
    Standing, Timestamp,
};
use tokio::sync::Barrier;

type Answer = Arc<dyn Fn(Question<'_>) -> Result<Standing, ChainError> + Send + Sync>;
type Resolver = Arc<dyn Fn(&Resolution) -> Result<Resolved, ChainError> + Send + Sync>;

/// The block at which authorizations are resolved.
const BLOCK: PinnedBlock =
    PinnedBlock { block: Block { height: 1, hash: [1; 32] }, timestamp: Timestamp::from_unix_nanos(super::NOW.get() * 1_000_000) };

/// A chain on which every key stands with full access, until a test says otherwise. It counts its calls.
pub(crate) struct TestChain {
    calls: AtomicUsize,
    answer: Mutex<Answer>,
    resolver: Mutex<Resolver>,
    gate: Mutex<Option<Arc<Barrier>>>,
}

impl TestChain {
    pub(crate) fn new() -> Self {
        let answer: Answer = Arc::new(|question| Ok(standing(question, Access::Full)));
        let resolver: Resolver = Arc::new(|resolution| resolution.ask_all(BLOCK, |ask| Ok(plain(ask))));
        Self { calls: AtomicUsize::new(0), answer: Mutex::new(answer), resolver: Mutex::new(resolver), gate: Mutex::default() }
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn answers(&self, answer: impl Fn(Question<'_>) -> Result<Standing, ChainError> + Send + Sync + 'static) {
        *self.answer.lock().expect("no test panics while it holds this") = Arc::new(answer);
    }

    pub(crate) fn resolves(&self, resolver: impl Fn(&Resolution) -> Result<Resolved, ChainError> + Send + Sync + 'static) {
        *self.resolver.lock().expect("no test panics while it holds this") = Arc::new(resolver);
    }

    /// What contracts answer. Every key stands.
    pub(crate) fn contracts_say(&self, answer: impl Fn(&ChainAsk) -> ChainAnswer + Send + Sync + 'static) {
        let answer = move |ask: &ChainAsk| if matches!(ask, ChainAsk::Key { .. }) { plain(ask) } else { answer(ask) };
        self.resolves(move |resolution| resolution.ask_all(BLOCK, |ask| Ok(answer(ask))));
    }

    pub(crate) fn says(&self, access: Access) {
        self.answers(move |question| Ok(standing(question, access)));
    }

    pub(crate) fn dies(&self) {
        self.answers(|_| Err(ChainError::new("no node answers", None)));
    }

    /// Lets nobody go on before `callers` have asked.
    pub(crate) fn gathers(&self, callers: usize) {
        *self.gate.lock().expect("no test panics while it holds this") = Some(Arc::new(Barrier::new(callers)));
    }
}

impl Chain for TestChain {
    fn standing<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Standing, ChainError>> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::SeqCst);
            let gate = self.gate.lock().expect("no test panics while it holds this").clone();
            if let Some(gate) = gate {
                gate.wait().await;
            }
            let answer = self.answer.lock().expect("no test panics while it holds this").clone();
            answer(question)
        })
    }

    fn resolve<'a>(&'a self, resolution: &'a Resolution, _: Asker) -> BoxFuture<'a, Result<Resolved, ChainError>> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::SeqCst);
            let resolver = self.resolver.lock().expect("no test panics while it holds this").clone();
            resolver(resolution)
        })
    }
}

/// The answer to `question`.
pub(crate) fn standing(question: Question<'_>, access: Access) -> Standing {
    let block = Block { height: 1, hash: [1; 32] };
    Standing { account: question.account.clone(), key: question.key.clone(), access, block }
}

/// Every key stands, and no account is a contract.
fn plain(ask: &ChainAsk) -> ChainAnswer {
    match ask {
        ChainAsk::Key { .. } => ChainAnswer::Access(Access::Full),
        ChainAsk::Contract { .. } => ChainAnswer::NoContract,
    }
}

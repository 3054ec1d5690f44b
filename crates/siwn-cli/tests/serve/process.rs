//! The server as a process, with a devnet in this one.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use siwn::{KeyType, Nonce, Payload, PrivateKey, TokenFields};
use siwn_devnet::{Devnet, Permission};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// How long anything may take that takes no time.
const DEADLINE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);

/// A server that runs, and its folder. It ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<Vec<Value>>>,
    reader: Option<JoinHandle<()>>,
}

/// A folder with a server's files, and a node that knows alice and bob.
pub(crate) struct Place {
    folder: TempDir,
    node: SocketAddr,
    network: String,
}

/// The answer of a server.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let devnet = Devnet::new(Arc::new(|| SystemTime::now().into()));
        for account in ["alice.test.near", "bob.test.near"] {
            let account = account.parse().unwrap();
            devnet.add_account(&account).unwrap();
            devnet.add_key(&account, &key().public_key(), Permission::FullAccess).unwrap();
        }
        devnet.settle();
        let network = devnet.network().chain_id().to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let node = listener.local_addr().unwrap();
        let router = devnet.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        tokio::spawn(devnet.run());
        Self { folder: tempfile::tempdir().unwrap(), node, network }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The command `siwn` with this place's settings, and no others.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_siwn"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SIWN_")) {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .env_remove("NOTIFY_SOCKET")
            .env("SIWN_RECIPIENT", "localhost")
            .env("SIWN_LISTEN", "127.0.0.1:0")
            .env("SIWN_NETWORK", &self.network)
            .env("SIWN_RPC", format!("http://{}/_devnet/rpc", self.node))
            .env("SIWN_STORE", format!("sqlite:{}", self.path("siwn.db").display()))
            .env("SIWN_LOG_FORMAT", "json")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        self.command(arguments).envs(variables.iter().copied()).output().unwrap()
    }

    pub(crate) fn serve(&self, variables: &[(&str, &str)]) -> Server {
        Server::start(self.command(&["serve"]).envs(variables.iter().copied()))
    }
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (lines, into) = (BufReader::new(child.stderr.take().unwrap()), Arc::clone(&log));
        let reader = std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                into.lock().unwrap().push(serde_json::from_str(&line).unwrap_or(json!({ "text": line })));
            }
        });
        let unknown = SocketAddr::from(([0; 4], 0));
        let mut server = Self { child, address: unknown, log, reader: Some(reader) };
        let line = server.logged("listening");
        server.address = line["fields"]["address"].as_str().unwrap().parse().unwrap();
        server
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// The first line of the log with this message, when it is there.
    pub(crate) fn logged(&self, message: &str) -> Value {
        let found = || self.log.lock().unwrap().iter().find(|line| line["fields"]["message"] == message).cloned();
        wait_for(&format!("the log says {message:?}: {:?}", self.log), found)
    }

    pub(crate) fn lines(&self, message: &str) -> usize {
        self.log.lock().unwrap().iter().filter(|line| line["fields"]["message"] == message).count()
    }

    /// Reloads, and waits until that is done.
    pub(crate) fn reload(&self, message: &str) {
        let before = self.lines(message);
        self.signal(Signal::HUP);
        wait_for(message, || (self.lines(message) > before).then_some(()));
    }

    pub(crate) fn ended(&mut self) -> ExitStatus {
        let status = wait_for("the server ends", || self.child.try_wait().unwrap());
        self.reader.take().unwrap().join().unwrap();
        status
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(reqwest::Client::new().get(self.url(path))).await
    }

    pub(crate) async fn challenge(&self) -> Value {
        let answer = self.send(reqwest::Client::new().post(self.url("/api/auth/initiate-login"))).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    pub(crate) async fn verify(&self, account: &str, challenge: &Value) -> Answer {
        self.send(self.verification(account, challenge)).await
    }

    fn verification(&self, account: &str, challenge: &Value) -> reqwest::RequestBuilder {
        let body = json!({ "authToken": sign(account, challenge), "session": "bearer" });
        let request = reqwest::Client::new().post(self.url("/api/auth/verify-login"));
        request.header("content-type", "application/json").body(body.to_string())
    }

    pub(crate) async fn sign_in(&self, account: &str) -> Answer {
        self.verify(account, &self.challenge().await).await
    }

    /// The same, or nothing where nobody answers any more.
    pub(crate) async fn try_sign_in(&self, account: &str) -> Option<Answer> {
        let request = reqwest::Client::new().post(self.url("/api/auth/initiate-login"));
        let challenge = Self::try_send(request).await?.body;
        Self::try_send(self.verification(account, &challenge)).await
    }

    pub(crate) async fn session(&self, bearer: &str) -> Answer {
        self.send(reqwest::Client::new().get(self.url("/api/auth/session")).bearer_auth(bearer)).await
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        Self::try_send(request).await.unwrap_or_else(|| panic!("no answer; the log: {:?}", self.log))
    }

    async fn try_send(request: reqwest::RequestBuilder) -> Option<Answer> {
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let text = response.text().await.ok()?;
        Some(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
    }
}

impl Answer {
    pub(crate) fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }

    pub(crate) fn token(&self) -> &str {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body["token"].as_str().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `look` finds, as soon as it finds something.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let latest = Instant::now() + DEADLINE;
    loop {
        match look() {
            Some(found) => return found,
            None if Instant::now() > latest => panic!("it took too long: {what}"),
            None => std::thread::sleep(PAUSE),
        }
    }
}

/// The same for what is looked for over HTTP.
pub(crate) async fn wait_until(what: &str, mut look: impl AsyncFnMut() -> bool) {
    let latest = Instant::now() + DEADLINE;
    while !look().await {
        assert!(Instant::now() < latest, "it took too long: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

pub(crate) fn text_of(path: &Path) -> String {
    let mut text = String::new();
    File::open(path).unwrap().read_to_string(&mut text).unwrap();
    text
}

fn key() -> PrivateKey {
    PrivateKey::from_seed(KeyType::Ed25519, [7; 32]).unwrap()
}

fn sign(account: &str, challenge: &Value) -> String {
    let text = |name: &str| challenge[name].as_str().unwrap().to_owned();
    let numbers: Vec<u64> = serde_json::from_value(challenge["nonce"].clone()).unwrap();
    let (nonce, message, recipient) = (Nonce::from_numbers(&numbers).unwrap(), text("message"), text("recipient"));
    let signature = key().sign(&Payload { message: &message, nonce: &nonce, recipient: &recipient, callback_url: None });
    let fields = TokenFields {
        account_id: account.into(),
        public_key: key().public_key().to_string(),
        signature: signature.to_string(),
        message,
        nonce,
        recipient,
        callback_url: None,
        state: None,
    };
    fields.encode()
}

//! A way to a server that can be blocked and cut.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// Passes bytes on to a server and back.
pub(crate) struct Relay {
    address: SocketAddr,
    way: Arc<Way>,
}

#[derive(Default)]
struct Way {
    state: Mutex<State>,
    changed: Condvar,
    accepted: AtomicU64,
}

#[derive(Default)]
struct State {
    mode: Mode,
    open: Vec<TcpStream>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Pass,
    /// Nothing comes through, in either direction.
    Stall,
    /// What the client says arrives; the answers do not.
    StallAnswers,
    /// The next answer is dropped, and its connection with it; then this.
    CutAtAnswer(Then),
    /// Whoever comes is sent away.
    Refuse,
    /// The test is over.
    End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Pass,
    Refuse,
}

impl Relay {
    /// A way to `port` on this machine.
    pub(crate) fn before(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let relay = Self { address: listener.local_addr().unwrap(), way: Arc::default() };
        let way = Arc::clone(&relay.way);
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                way.accepted.fetch_add(1, Ordering::SeqCst);
                match way.mode() {
                    Mode::End => break,
                    Mode::Refuse => drop(client),
                    _ => way.connect(&client, port),
                }
            }
        });
        relay
    }

    /// Where to connect to.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same URL with this way's address.
    pub(crate) fn url(&self, url: &str) -> String {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (user, rest) = rest.rsplit_once('@').map_or(("", rest), |(user, rest)| (user, rest));
        let path = rest.find('/').map_or("", |slash| &rest[slash..]);
        let at = if user.is_empty() { "" } else { "@" };
        format!("{scheme}://{user}{at}{}{path}", self.address)
    }

    /// How many connections there were.
    pub(crate) fn accepted(&self) -> u64 {
        self.way.accepted.load(Ordering::SeqCst)
    }

    /// Everything comes through, again.
    pub(crate) fn pass(&self) {
        self.way.set(Mode::Pass);
    }

    /// Nothing comes through, and nobody is told.
    pub(crate) fn stall(&self) {
        self.way.set(Mode::Stall);
    }

    /// The server hears everything; its answers are held back.
    pub(crate) fn stall_answers(&self) {
        self.way.set(Mode::StallAnswers);
    }

    /// The server hears what comes next; its answer is lost, and so is that connection. Then all is well again.
    pub(crate) fn cut_at_the_next_answer(&self) {
        self.way.set(Mode::CutAtAnswer(Then::Pass));
    }

    /// The server hears what comes next; its answer is lost, so is that connection, and nobody is let in any more.
    pub(crate) fn cut_at_the_next_answer_and_refuse(&self) {
        self.way.set(Mode::CutAtAnswer(Then::Refuse));
    }

    /// Cuts all connections; new ones come through.
    pub(crate) fn cut(&self) {
        self.way.cut();
    }

    /// Cuts all connections and sends new ones away.
    pub(crate) fn refuse(&self) {
        self.way.set(Mode::Refuse);
        self.way.cut();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.way.set(Mode::End);
        self.way.cut();
        // The listener waits for somebody.
        let _ = TcpStream::connect(self.address);
    }
}

impl Way {
    fn mode(&self) -> Mode {
        self.state.lock().unwrap().mode
    }

    fn set(&self, mode: Mode) {
        self.state.lock().unwrap().mode = mode;
        self.changed.notify_all();
    }

    fn cut(&self) {
        for stream in self.state.lock().unwrap().open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn connect(self: &Arc<Self>, client: &TcpStream, port: u16) {
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return };
        for stream in [client, &server] {
            stream.set_nodelay(true).unwrap();
            self.state.lock().unwrap().open.push(stream.try_clone().unwrap());
        }
        self.pass_on(client, &server, &[Mode::Stall]);
        self.pass_on(&server, client, &[Mode::Stall, Mode::StallAnswers]);
    }

    /// Passes on what `from` says, but in these modes.
    fn pass_on(self: &Arc<Self>, from: &TcpStream, to: &TcpStream, held_back_in: &'static [Mode]) {
        let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        let way = Arc::clone(self);
        let is_answer = held_back_in.contains(&Mode::StallAnswers);
        thread::spawn(move || {
            let mut bytes = [0; 16 << 10];
            while let Ok(length @ 1..) = from.read(&mut bytes) {
                let mut state = way.state.lock().unwrap();
                while held_back_in.contains(&state.mode) {
                    state = way.changed.wait(state).unwrap();
                }
                if is_answer && let Mode::CutAtAnswer(then) = state.mode {
                    state.mode = if then == Then::Pass { Mode::Pass } else { Mode::Refuse };
                    break;
                }
                drop(state);
                if to.write_all(&bytes[..length]).is_err() {
                    break;
                }
            }
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
}

//! The way to the server: one connection for all calls, or one to each node of a cluster.

use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo, SingleNodeRoutingInfo};
use redis::{Client, Cmd, ConnectionInfo, RedisError, TlsCertificates, Value};

use super::alone::{Alone, connection_settings};
use super::deadline::{Deadline, PATIENCE, in_time};
use super::error::{Fault, OpenError};
use super::scripts::Call;
use super::url::RedisUrl;

pub(super) enum Link {
    Alone(Alone),
    Cluster(ClusterConnection),
}

/// A node of a cluster.
#[derive(Clone)]
pub(super) struct Node {
    host: String,
    port: u16,
}

impl Link {
    /// Finds out what the URL leads to, and connects. Of several nodes, the first that answers tells.
    pub(super) async fn connect(url: &RedisUrl) -> Result<Self, OpenError> {
        if url.is_tls() {
            // Whoever installed one before has decided.
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
        let certificates = match &url.authorities {
            None => None,
            Some(path) => {
                let root_cert = std::fs::read(path).map_err(OpenError::Authorities)?;
                Some(TlsCertificates { client_tls: None, root_cert: Some(root_cert) })
            }
        };
        let mut last = None;
        for node in &url.nodes {
            let client = client(node, certificates.as_ref()).map_err(|error| OpenError::Server(Box::new(error)))?;
            match is_cluster(&client).await {
                Ok(false) => return Ok(Self::Alone(Alone::start(client))),
                Ok(true) => return cluster(url, certificates).await,
                Err(fault) => last = Some(fault),
            }
        }
        Err(last.map_or(OpenError::Unsaid("nodes"), OpenError::from))
    }

    /// Calls a script that may be called twice: where the answer is lost, and there is time, it is asked for again.
    pub(super) async fn run(&self, call: &Call, deadline: Deadline) -> Result<Value, Fault> {
        match self.run_once(call, deadline).await {
            Err(Fault::Lost(_)) => self.run_once(call, deadline).await,
            answered => answered,
        }
    }

    /// Calls a script.
    pub(super) async fn run_once(&self, call: &Call, deadline: Deadline) -> Result<Value, Fault> {
        match self.send(&call.by_name(), deadline).await {
            Err(fault) if fault.is_no_script() => self.send(&call.in_full(), deadline).await,
            answered => answered,
        }
    }

    /// Sends a command to where its key is.
    pub(super) async fn send(&self, command: &Cmd, deadline: Deadline) -> Result<Value, Fault> {
        match self {
            Self::Alone(alone) => alone.send(command, deadline).await,
            Self::Cluster(connection) => in_time(command.query_async(&mut connection.clone()), deadline).await,
        }
    }

    /// Sends a command that only asks: where the answer is lost, and there is time, it is asked again.
    pub(super) async fn send_again(&self, command: &Cmd, deadline: Deadline) -> Result<Value, Fault> {
        match self.send(command, deadline).await {
            Err(Fault::Lost(_)) => self.send(command, deadline).await,
            answered => answered,
        }
    }

    /// Sends a command to every master. Answers what each says, and where it is, if it is one of several.
    pub(super) async fn ask_all(&self, command: &Cmd, deadline: Deadline) -> Result<Vec<(Option<Node>, Value)>, Fault> {
        match self {
            Self::Alone(alone) => Ok(vec![(None, alone.send(command, deadline).await?)]),
            Self::Cluster(connection) => {
                let routing = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
                let mut connection = connection.clone();
                let answers = in_time(connection.route_command(command.clone(), routing), deadline).await?;
                let Value::Map(answers) = answers else { return Err(Fault::Answer("a question to all")) };
                answers.into_iter().map(|(node, answer)| Ok((Some(Node::named(&node)?), answer))).collect()
            }
        }
    }

    /// Sends a command to one of those who answered [`Link::ask_all`].
    pub(super) async fn ask_one(&self, node: Option<&Node>, command: &Cmd, deadline: Deadline) -> Result<Value, Fault> {
        match (self, node) {
            (Self::Cluster(connection), Some(Node { host, port })) => {
                let address = SingleNodeRoutingInfo::ByAddress { host: host.clone(), port: *port };
                let mut connection = connection.clone();
                in_time(connection.route_command(command.clone(), RoutingInfo::SingleNode(address)), deadline).await
            }
            _ => self.send(command, deadline).await,
        }
    }

    /// Comes back when there is a new connection, to a server that may be another one.
    pub(super) async fn reconnected(&self) {
        match self {
            Self::Alone(alone) => alone.reconnected().await,
            // It looks after its connections by itself, and does not say so.
            Self::Cluster(_) => std::future::pending().await,
        }
    }

    /// Gives up all connections.
    pub(super) fn stop(&self) {
        if let Self::Alone(alone) = self {
            alone.stop();
        }
    }
}

impl Node {
    fn named(name: &Value) -> Result<Self, Fault> {
        let Value::BulkString(name) = name else { return Err(Fault::Answer("a question to all")) };
        let name = String::from_utf8_lossy(name);
        let (host, port) = name.rsplit_once(':').ok_or(Fault::Answer("a question to all"))?;
        let port = port.parse().map_err(|_| Fault::Answer("a question to all"))?;
        Ok(Self { host: host.to_owned(), port })
    }
}

fn client(node: &ConnectionInfo, certificates: Option<&TlsCertificates>) -> Result<Client, RedisError> {
    match certificates {
        Some(certificates) => Client::build_with_tls(node.clone(), certificates.clone()),
        None => Client::open(node.clone()),
    }
}

async fn is_cluster(client: &Client) -> Result<bool, Fault> {
    let deadline = Deadline::of_a_call();
    let asked = async {
        let mut connection = client.get_multiplexed_async_connection_with_config(&connection_settings()).await?;
        redis::cmd("INFO").arg("cluster").query_async(&mut connection).await
    };
    let answer = in_time(asked, deadline).await?;
    Ok(said(&answer, "cluster_enabled").as_deref() == Some("1"))
}

async fn cluster(url: &RedisUrl, certificates: Option<TlsCertificates>) -> Result<Link, OpenError> {
    let mut builder = ClusterClientBuilder::new(url.nodes.clone())
        .connection_timeout(PATIENCE / 2)
        .response_timeout(PATIENCE)
        .retries(4)
        .min_retry_wait(20)
        .max_retry_wait(500);
    if let Some(certificates) = certificates {
        builder = builder.certs(certificates);
    }
    let client = builder.build().map_err(|error| OpenError::Server(Box::new(error)))?;
    let connected = tokio::time::timeout(2 * PATIENCE, client.get_async_connection()).await;
    let connection = connected.unwrap_or_else(|_| Err(RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut))));
    connection.map(Link::Cluster).map_err(|error| Fault::Down(error).into())
}

/// What INFO says of something.
pub(super) fn said(info: &Value, name: &str) -> Option<String> {
    let text = match info {
        Value::BulkString(text) => String::from_utf8_lossy(text),
        Value::VerbatimString { text, .. } | Value::SimpleString(text) => text.into(),
        _ => return None,
    };
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim_end().to_owned())
}

//! The secrets of all processes that share the server.

use redis::Value;
use siwn::{BoxFuture, StoreError};

use super::RedisStore;
use super::error::Fault;
use super::link::Deadline;
use super::scripts::{REPLACE_SECRET, SECRET};
use crate::KeptSecrets;

impl RedisStore {
    async fn keep_secrets(&self, if_new: &str) -> Result<String, Fault> {
        let call = SECRET.on([self.core.keys.secret()]).with(if_new);
        match self.core.link.run(&call, Deadline::of_a_call()).await? {
            Value::BulkString(text) => String::from_utf8(text).map_err(|_| Fault::Answer("the secrets")),
            _ => Err(Fault::Answer("the secrets")),
        }
    }

    async fn exchange_secrets(&self, old: &str, new: &str) -> Result<bool, Fault> {
        let call = REPLACE_SECRET.on([self.core.keys.secret()]).with(old).with(new);
        match self.core.link.run(&call, Deadline::of_a_call()).await? {
            Value::Int(replaced) => Ok(replaced == 1),
            _ => Err(Fault::Answer("new secrets")),
        }
    }
}

/// When the server loses its memory, the next process that asks keeps other secrets.
impl KeptSecrets for RedisStore {
    fn kept_secrets<'a>(&'a self, if_new: &'a str) -> BoxFuture<'a, Result<String, StoreError>> {
        Box::pin(async move { self.keep_secrets(if_new).await.map_err(Fault::of_a_change) })
    }

    fn replace_secrets<'a>(&'a self, old: &'a str, new: &'a str) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move { self.exchange_secrets(old, new).await.map_err(Fault::of_a_change) })
    }
}

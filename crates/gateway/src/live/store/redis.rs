//! Redis, so that any node goes on with a call of another.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Script};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::OnceCell;

use super::{LONGEST_CHANGE, Remembered, SessionStore, StoreError, StoreFuture, wire};

/// Keeps calls in a Redis server.
pub struct RedisStore {
    client: Client,
    connection: OnceCell<ConnectionManager>,
    put: Script,
    remove: Script,
    time_to_live: Duration,
}

impl RedisStore {
    /// At a `redis://` address. Connects when it is first used.
    ///
    /// # Errors
    ///
    /// When the address is none.
    pub fn new(address: &SecretString, time_to_live: Duration) -> Result<Self, StoreError> {
        Ok(Self {
            // The address may hold a password, so the error does not quote it.
            client: Client::open(address.expose_secret())
                .map_err(|_| StoreError("the address is no redis:// address".to_owned()))?,
            connection: OnceCell::new(),
            put: Script::new(PUT),
            remove: Script::new(REMOVE),
            time_to_live,
        })
    }

    async fn connection(&self) -> Result<ConnectionManager, StoreError> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(LONGEST_CHANGE))
            .set_response_timeout(Some(LONGEST_CHANGE));
        let connect = || ConnectionManager::new_with_config(self.client.clone(), config);
        self.connection
            .get_or_try_init(connect)
            .await
            .cloned()
            .map_err(failed)
    }
}

impl SessionStore for RedisStore {
    fn get<'a>(&'a self, call_sid: &'a str) -> StoreFuture<'a, Option<Remembered>> {
        Box::pin(async move {
            let mut connection = self.connection().await?;
            let mut get = redis::cmd("HGET");
            let text: Option<String> = get
                .arg(key(call_sid))
                .arg("call")
                .query_async(&mut connection)
                .await
                .map_err(failed)?;
            Ok(text.as_deref().and_then(wire::read))
        })
    }

    fn put<'a>(&'a self, call_sid: &'a str, remembered: &'a Remembered) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut connection = self.connection().await?;
            let mut put = self.put.key(key(call_sid));
            put.arg(remembered.generation).arg(wire::write(remembered));
            let time_to_live = u64::try_from(self.time_to_live.as_millis()).unwrap_or(u64::MAX);
            put.arg(time_to_live.max(1))
                .invoke_async(&mut connection)
                .await
                .map_err(failed)
        })
    }

    fn remove<'a>(&'a self, call_sid: &'a str, generation: u32) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut connection = self.connection().await?;
            let mut remove = self.remove.key(key(call_sid));
            remove
                .arg(generation)
                .invoke_async(&mut connection)
                .await
                .map_err(failed)
        })
    }

    fn is_shared(&self) -> bool {
        true
    }
}

impl std::fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedisStore")
    }
}

fn key(call_sid: &str) -> String {
    format!("voice-call:{call_sid}")
}

#[expect(clippy::needless_pass_by_value, reason = "map_err gives it away")]
fn failed(error: redis::RedisError) -> StoreError {
    StoreError(error.category().to_owned())
}

/// Two processes may write at once, so the server compares generations.
const PUT: &str = "
local held = tonumber(redis.call('HGET', KEYS[1], 'generation') or '0')
if tonumber(ARGV[1]) >= held then
  redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'call', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end";
const REMOVE: &str = "
local held = tonumber(redis.call('HGET', KEYS[1], 'generation') or '0')
if tonumber(ARGV[1]) >= held then
  redis.call('DEL', KEYS[1])
end";

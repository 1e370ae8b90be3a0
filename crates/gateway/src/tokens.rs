//! One-time tokens by which a stream shows to which call it belongs: a signature alone could be played again.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::Rng as _;
use tokio::time::Instant;

use crate::calls::CallKey;

/// The tokens that are out: each good once, for a while; a bounded number of them.
pub(crate) struct Tokens {
    lifetime: Duration,
    most: usize,
    waiting: Mutex<HashMap<String, (CallKey, Instant)>>,
}

impl Tokens {
    pub(crate) fn new(lifetime: Duration, most: usize) -> Self {
        Self {
            lifetime,
            most,
            waiting: Mutex::default(),
        }
    }

    /// A token of 128 random bits for a call; none if too many are out.
    pub(crate) fn issue(&self, call: CallKey, now: Instant) -> Option<String> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= self.most {
            waiting.retain(|_, (_, until)| now < *until);
        }
        if waiting.len() >= self.most {
            return None;
        }
        let token = random_id();
        waiting.insert(token.clone(), (call, now + self.lifetime));
        Some(token)
    }

    /// Uses a token up: the call it was for, if it is known and not too old.
    pub(crate) fn take(&self, token: &str, now: Instant) -> Option<CallKey> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (call, until) = waiting.remove(token)?;
        (now < until).then_some(call)
    }

    /// Whether a token can still be used.
    pub(crate) fn is_good(&self, token: &str, now: Instant) -> bool {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.get(token).is_some_and(|(_, until)| now < *until)
    }
}

/// 128 random bits in hexadecimal.
pub(crate) fn random_id() -> String {
    let mut text = String::with_capacity(32);
    let bits: u128 = rand::rng().random();
    write!(text, "{bits:032x}").expect("a string takes everything");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> CallKey {
        CallKey::new("AC1", "CA1")
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_good_once() {
        let tokens = Tokens::new(Duration::from_secs(60), 8);
        let token = tokens.issue(call(), Instant::now()).expect("there is room");
        assert_eq!(token.len(), 32);
        assert!(tokens.is_good(&token, Instant::now()));
        assert_eq!(tokens.take(&token, Instant::now()), Some(call()));
        assert_eq!(tokens.take(&token, Instant::now()), None);
        assert!(!tokens.is_good(&token, Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_expires() {
        let tokens = Tokens::new(Duration::from_secs(60), 8);
        let token = tokens.issue(call(), Instant::now()).expect("there is room");
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(tokens.take(&token, Instant::now()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_are_out_and_old_ones_make_room() {
        let tokens = Tokens::new(Duration::from_secs(60), 2);
        let first = tokens.issue(call(), Instant::now());
        assert!(first.is_some() && tokens.issue(call(), Instant::now()).is_some());
        assert_eq!(tokens.issue(call(), Instant::now()), None);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(tokens.issue(call(), Instant::now()).is_some());
    }
}

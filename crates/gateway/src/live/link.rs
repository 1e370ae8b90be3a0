//! A WebSocket that never makes anybody wait: what it cannot take at once is queued, and a peer that takes nothing is lost.

use std::collections::VecDeque;
use std::fmt::Display;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws;
use futures_util::{Sink, Stream};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use voice_call::gemini::Close;

/// A socket with what waits for it.
#[derive(Debug)]
pub(super) struct Link<S, F> {
    socket: S,
    waiting: VecDeque<F>,
    waiting_bytes: usize,
    /// Since when something is to be flushed.
    dirty_since: Option<Instant>,
    /// When what caused the oldest of it came about.
    cause: Option<Instant>,
    /// More was to be sent than may wait.
    is_overfull: bool,
    pub(super) last_heard: Instant,
    pub(super) bytes: Traffic,
}

/// Bytes of messages since they were last asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traffic {
    pub(super) received: u64,
    pub(super) sent: u64,
}

/// What comes from a socket.
#[derive(Debug)]
pub(super) enum Received {
    Message(Bytes),
    Closed(Close),
}

/// A frame of one of two libraries.
pub(super) trait Frame: Unpin {
    fn text(text: &str) -> Self;
    fn ping() -> Self;
    fn length(&self) -> usize;
    /// None for pings and pongs.
    fn received(self) -> Option<Received>;
}

impl<S, F: Frame, E: Display> Link<S, F>
where
    S: Stream<Item = Result<F, E>> + Sink<F, Error = E> + Unpin,
{
    pub(super) fn new(socket: S, now: Instant) -> Self {
        Self {
            socket,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            dirty_since: None,
            cause: None,
            is_overfull: false,
            last_heard: now,
            bytes: Traffic::default(),
        }
    }

    /// Queues a text, which `cause` brought about, to be written by [`poll_write`](Self::poll_write). When there is no room the link is lost at once:
    /// see [`write_deadline`](Self::write_deadline).
    pub(super) fn send(&mut self, text: &str, cause: Instant) {
        if self.waiting_bytes + text.len() > MOST_WAITING {
            self.is_overfull = true;
            return;
        }
        self.bytes.sent += text.len() as u64;
        self.cause.get_or_insert(cause);
        self.push(F::text(text));
    }

    pub(super) fn ping(&mut self) {
        if self.waiting.is_empty() {
            self.push(F::ping());
        }
    }

    fn push(&mut self, frame: F) {
        self.waiting_bytes += frame.length();
        self.waiting.push_back(frame);
        self.dirty_since.get_or_insert_with(Instant::now);
    }

    /// When the peer has taken nothing for too long.
    pub(super) fn write_deadline(&self, limit: Duration) -> Option<Instant> {
        let limit = if self.is_overfull {
            Duration::ZERO
        } else {
            limit
        };
        self.dirty_since.map(|since| since + limit)
    }

    /// Writes what can be written now. Ready with the oldest cause when all is written that waited; an error when the peer is gone.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Instant>, Close>> {
        if self.dirty_since.is_none() {
            return Poll::Pending;
        }
        let mut socket = Pin::new(&mut self.socket);
        let gone = |error: E| Close::new(GONE, &error.to_string());
        while !self.waiting.is_empty() {
            match socket.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(gone(error))),
                Poll::Pending => return Poll::Pending,
            }
            if let Some(frame) = self.waiting.pop_front() {
                self.waiting_bytes -= frame.length();
                if let Err(error) = socket.as_mut().start_send(frame) {
                    return Poll::Ready(Err(gone(error)));
                }
                // Taken: the peer is alive.
                self.dirty_since = Some(Instant::now());
            }
        }
        match socket.poll_flush(cx) {
            Poll::Ready(Ok(())) => {
                self.dirty_since = None;
                Poll::Ready(Ok(self.cause.take()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(gone(error))),
            Poll::Pending => Poll::Pending,
        }
    }

    /// The next message.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        loop {
            let frame = match Pin::new(&mut self.socket).poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(Received::Closed(Close::new(GONE, ""))),
                Poll::Ready(Some(Err(error))) => {
                    return Poll::Ready(Received::Closed(Close::new(GONE, &error.to_string())));
                }
                Poll::Ready(Some(Ok(frame))) => frame,
            };
            self.last_heard = Instant::now();
            self.bytes.received += frame.length() as u64;
            if let Some(received) = frame.received() {
                return Poll::Ready(received);
            }
        }
    }

    pub(super) fn into_socket(self) -> S {
        self.socket
    }
}

impl Frame for ws::Message {
    fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    fn ping() -> Self {
        Self::Ping(Bytes::new())
    }

    fn length(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes.len(),
            Self::Close(_) => 0,
        }
    }

    fn received(self) -> Option<Received> {
        match self {
            Self::Text(text) => Some(Received::Message(text.into())),
            Self::Binary(bytes) => Some(Received::Message(bytes)),
            Self::Ping(_) | Self::Pong(_) => None,
            Self::Close(frame) => Some(Received::Closed(frame.map_or_else(
                || Close::new(NO_CODE, ""),
                |frame| Close::new(frame.code, &frame.reason),
            ))),
        }
    }
}

impl Frame for Message {
    fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    fn ping() -> Self {
        Self::Ping(Bytes::new())
    }

    fn length(&self) -> usize {
        self.len()
    }

    fn received(self) -> Option<Received> {
        match self {
            Self::Text(_) | Self::Binary(_) => Some(Received::Message(self.into_data())),
            Self::Ping(_) | Self::Pong(_) | Self::Frame(_) => None,
            Self::Close(frame) => Some(Received::Closed(frame.map_or_else(
                || Close::new(NO_CODE, ""),
                |frame| Close::new(frame.code.into(), &frame.reason),
            ))),
        }
    }
}

/// The most that waits for a slow peer: some ten seconds of sound for the model.
const MOST_WAITING: usize = 1 << 20;
/// Closed without a code, closed without a frame: RFC 6455, 7.4.1.
const NO_CODE: u16 = 1_005;
const GONE: u16 = 1_006;

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;
    use std::future::poll_fn;
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_found_out_and_keeps_nobody_waiting() {
        let (ours, theirs) = tokio::io::duplex(1_024);
        let config = Some(WebSocketConfig::default().write_buffer_size(0));
        let socket = WebSocketStream::from_raw_socket(ours, Role::Client, config).await;
        let mut link = Link::<_, Message>::new(socket, Instant::now());
        let limit = Duration::from_secs(5);
        assert_eq!(link.write_deadline(limit), None);
        let began = Instant::now();
        for _ in 0..100 {
            link.send(&"x".repeat(100), began);
        }
        let is_pending = poll_fn(|cx| Poll::Ready(link.poll_write(cx).is_pending())).await;
        assert!(is_pending);
        assert_eq!(link.write_deadline(limit), Some(began + limit));
        // It begins to read, and nothing is missing.
        let mut peer = WebSocketStream::from_raw_socket(theirs, Role::Server, None).await;
        let reads = async {
            for _ in 0..100 {
                assert_eq!(peer.next().await.unwrap().unwrap().len(), 100);
            }
        };
        let (cause, ()) = tokio::join!(poll_fn(|cx| link.poll_write(cx)), reads);
        assert_eq!(cause, Ok(Some(began)));
        assert_eq!(link.write_deadline(limit), None);
        // What is more than may wait ends the link at once.
        link.send(&"x".repeat(MOST_WAITING), began);
        link.send("x", began);
        assert_eq!(link.write_deadline(limit), Some(Instant::now()));
    }
}

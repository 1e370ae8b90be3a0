//! Pongs that come late: a stream that holds back the WebSocket's pong frames on their way to the client.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// Frames as they go to the client, cut at their ends.
#[derive(Debug, Default)]
struct Frames {
    /// The bytes of a frame that is not whole yet.
    part: Vec<u8>,
}

impl Frames {
    /// Takes bytes of frames without masks, and returns whole frames with whether each is a pong.
    fn push(&mut self, bytes: &[u8]) -> Vec<(bool, Vec<u8>)> {
        self.part.extend_from_slice(bytes);
        let mut whole = Vec::new();
        while let Some(length) = frame_length(&self.part).filter(|&it| it <= self.part.len()) {
            let rest = self.part.split_off(length);
            let frame = std::mem::replace(&mut self.part, rest);
            whole.push((frame[0] & 0x0F == PONG, frame));
        }
        whole
    }
}

/// The length of the frame that begins here, head included, once the head is there.
fn frame_length(bytes: &[u8]) -> Option<usize> {
    let short = usize::from(bytes.get(1)? & 0x7F);
    match short {
        126 => Some(4 + usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => {
            let length = u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?);
            Some(10 + usize::try_from(length).ok()?)
        }
        _ => Some(2 + short),
    }
}

/// A stream whose pongs are late.
#[derive(Debug)]
pub(super) struct LatePongs<S> {
    stream: S,
    delay: Duration,
    frames: Frames,
    /// Bytes on their way.
    out: VecDeque<u8>,
    /// Pongs with the time when they go; the newest 64.
    held: VecDeque<(Instant, Vec<u8>)>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S> LatePongs<S> {
    pub(super) const fn new(stream: S, delay: Duration) -> Self {
        Self {
            stream,
            delay,
            frames: Frames { part: Vec::new() },
            out: VecDeque::new(),
            held: VecDeque::new(),
            timer: None,
        }
    }
}

impl<S: AsyncWrite + Unpin> LatePongs<S> {
    /// Lets the pongs go whose time has come, and asks to be woken for the next.
    fn release(&mut self, context: &mut Context<'_>) {
        while let Some((at, _)) = self.held.front() {
            let (at, timer) = (*at, &mut self.timer);
            let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
            if timer.as_mut().poll(context).is_pending() {
                return;
            }
            self.timer = None;
            if let Some((_, pong)) = self.held.pop_front() {
                self.out.extend(pong);
            }
        }
    }

    fn drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            let (front, _) = self.out.as_slices();
            let count = ready!(Pin::new(&mut self.stream).poll_write(context, front))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.out.drain(..count);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for LatePongs<S> {
    /// A connection is always being read, so this is where late pongs get on their way.
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.release(context);
        if !self.out.is_empty() && self.drain(context)?.is_ready() {
            let _ = Pin::new(&mut self.stream).poll_flush(context)?;
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for LatePongs<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        // What was taken before goes first, so that no more than one write is held.
        ready!(self.drain(context))?;
        let at = Instant::now() + self.delay;
        for (is_pong, frame) in self.frames.push(bytes) {
            if !is_pong {
                self.out.extend(frame);
            } else if self.held.len() < MOST_HELD {
                self.held.push_back((at, frame));
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

const PONG: u8 = 0xA;
const MOST_HELD: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_cut_anywhere() {
        let mut bytes = vec![0x82, 126, 1, 0];
        bytes.extend([7; 256]);
        bytes.extend([0x8A, 2, 1, 2, 0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
        bytes.extend([9; 65_536]);
        bytes.extend([0x8A, 0]);
        for size in [1, 3, 255, 70_000] {
            let mut frames = Frames::default();
            let whole: Vec<_> = bytes
                .chunks(size)
                .flat_map(|part| frames.push(part))
                .collect();
            let kinds: Vec<_> = whole
                .iter()
                .map(|(is_pong, frame)| (*is_pong, frame.len()))
                .collect();
            assert_eq!(kinds, [(false, 260), (true, 4), (false, 65_546), (true, 2)]);
        }
    }
}

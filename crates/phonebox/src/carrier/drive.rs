//! A [`Line`] on a real socket.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;
use voice_call::Time;

use super::glimpse::Glimpse;
use super::lateness::Lateness;
use super::line::{Line, Output};
use super::network::Socket;

/// Who ends a stream from outside.
#[derive(Clone, Debug)]
pub(crate) enum Interrupt {
    /// The call ends.
    HangUp,
    /// The call goes on with another document.
    Replace(Source),
}

/// Where a document comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A URL that is asked.
    Url(super::twiml::Link),
    /// The document itself.
    Twiml(String),
}

/// What is left when a stream has ended.
pub(crate) struct Driven {
    pub(crate) line: Line,
    pub(crate) lateness: Lateness,
    /// What ended it, if not its two ends did.
    pub(crate) interrupt: Option<Interrupt>,
}

/// Runs a line until its socket is closed. `Time::ZERO` is at `epoch`.
pub(crate) async fn drive(
    mut socket: Socket,
    mut line: Line,
    epoch: Instant,
    interrupts: &mut mpsc::Receiver<Interrupt>,
    monitor: Option<&watch::Sender<Option<Glimpse>>>,
) -> Driven {
    let mut lateness = Lateness::default();
    let mut interrupt = None;
    let now = || Time::from(epoch.elapsed());
    loop {
        match timeout(PATIENCE, send(&mut socket, &mut line, epoch, &mut lateness)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => {
                line.closed(now());
                break;
            }
        }
        if line.is_closed() {
            break;
        }
        if let Some(monitor) = monitor {
            monitor.send_replace(Some(Glimpse::of(now(), line.recording())));
        }
        // Who must close now has a while for it.
        let wake = line.timeout().map_or_else(
            || Instant::now() + PATIENCE,
            |at| epoch + at.since_beginning(),
        );
        let is_waiting_for_close = line.timeout().is_none();
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => line.handle(now(), &text),
                Some(Ok(Message::Binary(_))) => line.handle_binary(now()),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => line.closed(now()),
            },
            () = sleep_until(wake) => {
                if is_waiting_for_close {
                    line.closed(now());
                }
            }
            Some(order) = interrupts.recv(), if interrupt.is_none() => {
                interrupt = Some(order);
                line.hang_up(now());
            }
        }
    }
    // What the bridge still sends has nobody to hear it.
    let rest = async { while let Some(Ok(_)) = socket.next().await {} };
    if line.is_closing() {
        let _ = timeout(PATIENCE, rest).await;
    }
    Driven {
        line,
        lateness,
        interrupt,
    }
}

async fn send(
    socket: &mut Socket,
    line: &mut Line,
    epoch: Instant,
    lateness: &mut Lateness,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    while let Some((due, output)) = line.poll(Time::from(epoch.elapsed())) {
        match output {
            Output::Text(text) => {
                socket.send(Message::Text(text.into())).await?;
                lateness.add(Time::from(epoch.elapsed()) - due);
            }
            Output::Binary(bytes) => socket.send(Message::Binary(bytes.into())).await?,
            Output::Close => socket.close(None).await?,
            Output::Cut => {}
        }
    }
    socket.flush().await
}

/// How long a socket may take to take a frame, or to close.
const PATIENCE: Duration = Duration::from_secs(5);

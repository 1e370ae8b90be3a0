//! What the rest of the gateway holds of a call.

use std::future::Future;
use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket};
use rand::Rng as _;
use tokio::sync::{mpsc, oneshot, watch};
use tracing::Instrument as _;
use voice_call::call::End;

use super::agent::Agent;
use super::caller::Caller;
use super::status::{Board, Status};
use super::store::Remembered;
use super::task::{CallTask, Command};

/// A call that goes on in a task of its own; a handle to it, cheap to clone. The call goes on without handles.
#[derive(Clone, Debug)]
pub struct LiveCall {
    id: Arc<str>,
    agent: Arc<Agent>,
    board: Arc<Board>,
    commands: mpsc::Sender<Command>,
    end: watch::Receiver<Option<End>>,
}

/// Begins a call: opens the model at once, and waits for the carrier's stream. Within a tokio runtime.
///
/// With what [`Shared::recall`](super::Shared::recall) knows, the call goes on where another process left it.
pub fn start(agent: &Arc<Agent>, caller: Caller, remembered: Option<Remembered>) -> LiveCall {
    let id: Arc<str> = format!("{:016x}", rand::rng().random::<u64>()).into();
    let (commands, received) = mpsc::channel(MOST_COMMANDS);
    let (end, is_ended) = watch::channel(None);
    let board = Arc::new(Board::new());
    let span = tracing::info_span!("call", id = %id, agent = agent.name());
    let task = span.in_scope(|| {
        Box::new(CallTask::new(
            Arc::clone(&id),
            agent,
            caller,
            remembered,
            Arc::clone(&board),
        ))
    });
    agent
        .shared
        .tasks
        .spawn(task.run(received, end).instrument(span));
    LiveCall {
        id,
        agent: Arc::clone(agent),
        board,
        commands,
        end: is_ended,
    }
}

impl LiveCall {
    /// Our id of the call, as in logs and records.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Which agent holds it.
    #[must_use]
    pub const fn agent(&self) -> &Arc<Agent> {
        &self.agent
    }

    /// Gives the call its carrier's socket, and what was read from it already. Comes back when the socket is done.
    pub async fn attach(&self, socket: WebSocket, first: Vec<Message>) {
        let (done, is_done) = oneshot::channel();
        let command = Command::Attach {
            socket: Box::new(socket),
            first,
            done,
        };
        if self.commands.send(command).await.is_ok() {
            // Without an answer the call is over.
            let _: Result<(), _> = is_done.await;
        }
    }

    /// Ends the call now.
    pub fn hang_up(&self, end: End) {
        // A full queue has another hang-up in it already, or streams that are attached faster than they can be.
        let _: Result<(), _> = self.commands.try_send(Command::HangUp(end));
    }

    /// Waits for the end.
    pub fn ended(&self) -> impl Future<Output = End> + Send + 'static {
        let mut end = self.end.clone();
        async move {
            let ended = end.wait_for(Option::is_some).await;
            ended
                .ok()
                .and_then(|end| end.clone())
                .unwrap_or(End::Stopped)
        }
    }

    /// How the call ended, once it has. It is told before the carrier's socket is closed.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.end.borrow().clone()
    }

    /// What an operator sees of it.
    #[must_use]
    pub fn status(&self) -> Status {
        self.board
            .status(&self.id, self.agent.name(), self.end.borrow().is_some())
    }
}

const MOST_COMMANDS: usize = 8;

//! The demo's call over real sockets: an emulated model and an emulated carrier on this machine, and any bridge between them.

use std::io;
use std::net::SocketAddr;

use axum::Json;
use axum::Router;
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_util::task::AbortOnDropHandle;

use super::script::{caller, model, order};
use super::story::Story;
use crate::carrier::{self, CallOptions, CallRecord, NetworkError};
use crate::model::{BehaviourError, LiveEvent, Server, ServerError, ServerOptions};

/// A model and a tool that wait for a bridge.
#[derive(Debug)]
pub struct Stage {
    model: Server,
    model_address: SocketAddr,
    tool_address: SocketAddr,
    _tool: AbortOnDropHandle<()>,
}

/// Why the call cannot be held.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StageError {
    /// The script is wrong.
    #[error(transparent)]
    Script(#[from] BehaviourError),
    /// The model cannot be served.
    #[error(transparent)]
    Model(#[from] ServerError),
    /// The tool cannot be served.
    #[error("the tool cannot be served on this machine: {0}; free a port")]
    Tool(#[from] io::Error),
    /// The carrier cannot be made.
    #[error(transparent)]
    Carrier(#[from] NetworkError),
}

impl Stage {
    /// Serves the model and the tool on free ports of this machine.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub async fn open() -> Result<Self, StageError> {
        let server = Server::bind(model()?, ServerOptions::default()).await?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let tool_address = listener.local_addr()?;
        let router = Router::new().fallback(post(async || Json(order())));
        let tool = tokio::spawn(async move {
            // It serves until it is dropped.
            let _ = axum::serve(listener, router).await;
        });
        let model_address = server.plain_addr().ok_or(ServerError::Options)?;
        Ok(Self {
            model: server,
            model_address,
            tool_address,
            _tool: AbortOnDropHandle::new(tool),
        })
    }

    /// Where the bridge finds the model: an address without TLS.
    #[must_use]
    pub const fn model_address(&self) -> SocketAddr {
        self.model_address
    }

    /// Where the bridge finds the function [`TOOL`](super::TOOL): anything that is posted there is answered.
    #[must_use]
    pub const fn tool_address(&self) -> SocketAddr {
        self.tool_address
    }

    /// What happens at the model from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<LiveEvent> {
        self.model.events()
    }

    /// Makes the call, and says what it was. The caller and the clock of `options` are the demo's.
    ///
    /// # Errors
    ///
    /// When the options cannot be used. What goes wrong in the call stands in the record.
    pub async fn call(self, mut options: CallOptions) -> Result<(Story, CallRecord), StageError> {
        options.caller = caller();
        options.epoch = Some(self.model.epoch());
        let record = carrier::run(options).await?;
        let mut sessions = self.model.shutdown().await;
        sessions.sort_by_key(|session| session.number);
        let streams = record.streams.iter();
        let streams: Vec<_> = streams.filter_map(|it| it.recording.clone()).collect();
        Ok((Story::new(&streams, sessions, &[]), record))
    }
}

//! Connections: accepted up to a number, each with limits on its time and its headers.
//!
//! axum's own server has no time limits, and axum-server none for TLS handshakes and headers together, so this drives
//! hyper directly.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::config::{Limits, ServerConfig};
use crate::http::Peer;
use crate::metrics::Meters;

/// A port and how connections to it are treated.
pub(crate) struct Server {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) router: Router,
    pub(crate) terms: Terms,
    pub(crate) meters: Arc<Meters>,
}

/// The limits of a connection.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    connections: usize,
    headers: usize,
    handshake: Duration,
    header: Duration,
    whole: Duration,
}

impl Terms {
    pub(crate) fn new(server: &ServerConfig, limits: &Limits) -> Self {
        Self {
            connections: server.connections,
            headers: limits.headers,
            handshake: server.handshake_timeout.into(),
            header: server.header_timeout.into(),
            whole: server.connection_timeout.into(),
        }
    }
}

/// The most headers of a request.
const MOST_HEADERS: usize = 64;

/// How long a connection may take to finish its last request.
const FAREWELL: Duration = Duration::from_secs(5);

impl Server {
    /// Serves until told to stop.
    pub(crate) async fn serve(self, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(self.terms.connections));
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = stop.cancelled() => return,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, mostly: connections must end before there are more.
                    tracing::warn!(%error, "a connection cannot be accepted: raise the limit of open files");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                self.meters.connections_refused.count("full");
                continue;
            };
            let (tls, router) = (self.tls.clone(), self.router.clone());
            let (terms, meters, stop) = (self.terms, Arc::clone(&self.meters), stop.clone());
            tokio::spawn(async move {
                meters.connections.increment(1.0);
                connection(stream, peer, tls, router, terms, &meters, stop).await;
                meters.connections.decrement(1.0);
                drop(place);
            });
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    terms: Terms,
    meters: &Meters,
    stop: CancellationToken,
) {
    // Without it, a frame may wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    match tls {
        None => requests(stream, peer, router, terms, stop).await,
        Some(tls) => match timeout(terms.handshake, tls.accept(stream)).await {
            Ok(Ok(stream)) => requests(stream, peer, router, terms, stop).await,
            Ok(Err(_)) | Err(_) => meters.connections_refused.count("handshake"),
        },
    }
}

async fn requests<S>(
    stream: S,
    peer: SocketAddr,
    router: Router,
    terms: Terms,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(terms.header)
        .max_headers(MOST_HEADERS)
        .max_buf_size(terms.headers)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    // An error is the peer's: it went away, or sent what is no HTTP.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = tokio::time::sleep(terms.whole) => {}
        () = stop.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(FAREWELL, connection).await;
}

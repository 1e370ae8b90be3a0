//! The whole: bind, run, drain.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use voice_call::call::End;

use crate::admission::{Admission, Service};
use crate::calls::Calls;
use crate::config::{Config, ConfigError};
use crate::http::{Gate, Keys, Pending};
use crate::live::{self, Agent, SessionStore, Shared};
use crate::metrics::{Meters, Recording, sessions};
use crate::rate::AddressLimits;
use crate::serve::{Server, Terms};
use crate::tokens::Tokens;
use crate::{admin, http, tls};

/// A gateway that has its ports and answers once it runs.
pub struct Gateway {
    gate: Arc<Gate>,
    public: Server,
    admin: Server,
    upkeep: AbortOnDropHandle<()>,
}

/// Why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The configuration does not work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A port cannot be taken.
    #[error("{key} {address} cannot be used ({error}): choose another address or port")]
    Listen {
        /// The key that names it.
        key: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// The client for the carrier's REST interface cannot be made.
    #[error("the client for the carrier's REST interface cannot be made: {0}")]
    Client(String),
}

/// How calls ended until the gateway left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// How many calls ended in which way, by the word of [`End::as_str`](voice_call::call::End::as_str).
    pub ends: BTreeMap<&'static str, u64>,
    /// How many calls were still on when the time was over, and were ended.
    pub cut: usize,
}

impl Gateway {
    /// Checks everything that [`Config::load`] cannot: agents, secrets, certificates. Has no effects: reads files, writes none,
    /// connects to nothing, and needs no runtime.
    ///
    /// # Errors
    ///
    /// Names the key.
    pub fn check(config: &Config) -> Result<(), ConfigError> {
        live::check(&config.shared, &config.services, &config.agents)?;
        Keys::new(config)?;
        acceptor(config).map(drop)
    }

    /// Checks everything, then takes both ports.
    ///
    /// # Errors
    ///
    /// When something does not work: nothing is bound then.
    pub async fn bind(config: Config) -> Result<Self, BindError> {
        let store = live::store(&config.shared.store)?;
        Self::bind_with_store(config, store).await
    }

    /// As [`bind`](Self::bind), with a store of one's own in place of the configured one.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    pub async fn bind_with_store(
        config: Config,
        store: Arc<dyn SessionStore>,
    ) -> Result<Self, BindError> {
        Self::check(&config)?;
        let recording = Recording::new();
        let tls = acceptor(&config)?;
        let rest = tls::client().map_err(|error| BindError::Client(error.to_string()))?;
        let rest = reqwest::Client::builder()
            .tls_backend_preconfigured(rest)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(config.outbound.rest_timeout.into())
            .build()
            .map_err(|error| BindError::Client(error.to_string()))?;
        let listener = listen("server.listen", config.server.listen).await?;
        let admin_listener = listen("admin.listen", config.admin.listen).await?;
        let terms = Terms::new(&config.server, &config.limits);
        // All handles are made here, at a recorder of this gateway's own.
        let gate = metrics::with_local_recorder(&recording.recorder, || gate(config, store, rest))?;
        let gate = Arc::new(gate);
        let meters = &gate.meters;
        if !gate.config.carrier.verify_signatures {
            tracing::warn!(
                "signatures are not checked: everybody can use the agents; set carrier.verify_signatures = true"
            );
        }
        let public = Server {
            listener,
            tls,
            router: http::router(Arc::clone(&gate)),
            terms,
            meters: Arc::clone(meters),
        };
        let admin = Server {
            listener: admin_listener,
            tls: None,
            router: admin::router(Arc::clone(&gate), recording.handle.clone()),
            terms,
            meters: Arc::clone(meters),
        };
        let upkeep = AbortOnDropHandle::new(tokio::spawn(Recording::keep(recording.handle)));
        Ok(Self {
            gate,
            public,
            admin,
            upkeep,
        })
    }

    /// Where calls come in: with port 0 configured, the port that was taken.
    ///
    /// # Errors
    ///
    /// When the system does not say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.public.listener.local_addr()
    }

    /// Where operators look.
    ///
    /// # Errors
    ///
    /// When the system does not say.
    pub fn admin_address(&self) -> std::io::Result<SocketAddr> {
        self.admin.listener.local_addr()
    }

    /// Answers calls until `shutdown` is ready; then takes no more, lets the others go on for the grace period, ends
    /// those that are left, and says how calls ended.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Drained {
        let stop = CancellationToken::new();
        let serving = [
            tokio::spawn(self.public.serve(stop.clone())),
            tokio::spawn(self.admin.serve(stop.clone())),
        ];
        tracing::info!("ready for calls");
        shutdown.await;
        let drained = drain(&self.gate).await;
        stop.cancel();
        for server in serving {
            // A server only waits for its port; it cannot fail.
            let _ = server.await;
        }
        drop(self.upkeep);
        #[cfg(feature = "otel")]
        {
            // A panic in there has nothing to do with calls.
            let _ = tokio::task::spawn_blocking(crate::otel::flush).await;
        }
        drained
    }
}

async fn drain(gate: &Gate) -> Drained {
    gate.admission.drain();
    gate.meters.draining.set(1.0);
    let config = &gate.config.drain;
    let deadline = Instant::now() + config.grace.duration();
    tracing::info!(
        calls = gate.calls.count(),
        "leaving: no new calls are taken"
    );
    let mut cut = 0;
    let has_calls = gate.calls.count() > 0;
    if tokio::time::timeout_at(deadline, gate.calls.none_left())
        .await
        .is_err()
    {
        let calls = gate.calls.count();
        if gate.shared.can_hand_over() {
            tracing::info!(
                calls,
                "the grace period is over: other nodes go on with the calls"
            );
            gate.calls.end_all(&End::HandedOver);
        } else {
            cut = calls;
            tracing::warn!(
                calls,
                "the grace period is over: calls are ended; raise drain.grace to let them finish, or share a store to hand them over"
            );
            gate.calls.end_all(&End::Stopped);
        }
    }
    if has_calls {
        // The carrier asks at once what the callers shall hear.
        tokio::time::sleep(config.linger.into()).await;
    }
    gate.shared.flush().await;
    gate.shared.finish_uploads(deadline).await;
    let ends = gate.calls.ends();
    tracing::info!(?ends, cut, "left");
    Drained { ends, cut }
}

fn acceptor(config: &Config) -> Result<Option<tokio_rustls::TlsAcceptor>, ConfigError> {
    match (&config.server.certificate, &config.server.key) {
        (Some(certificate), Some(key)) => tls::acceptor(certificate, key).map(Some),
        _ => Ok(None),
    }
}

async fn listen(key: &'static str, address: SocketAddr) -> Result<TcpListener, BindError> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| BindError::Listen {
        key,
        address,
        error,
    })
}

fn gate(
    config: Config,
    store: Arc<dyn SessionStore>,
    rest: reqwest::Client,
) -> Result<Gate, ConfigError> {
    let meters = Arc::new(Meters::new());
    let limits = &config.limits;
    meters.limit.set(limits.calls as f64);
    let shared = Shared::open(&config.shared, &config.services, store)?;
    let mut agents = BTreeMap::new();
    for (name, agent) in &config.agents {
        agents.insert(name.clone(), Arc::new(Agent::new(name, agent, &shared)?));
    }
    let services = config.services.iter().map(|(name, service)| {
        let service = Service {
            most: service.sessions,
            sessions: 0,
            gauge: sessions(name),
        };
        (name.clone(), service)
    });
    let admission = Admission::new(limits.calls, meters.calls.clone(), services.collect());
    let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    Ok(Gate {
        keys: Keys::new(&config)?,
        agents,
        shared,
        calls: Calls::new(),
        tokens: Tokens::new(limits.token_lifetime.into(), 4 * limits.calls + 64),
        admission: Arc::new(admission),
        limits: AddressLimits::new(
            at_least_one(limits.requests_per_second),
            at_least_one(limits.burst),
            config.server.trusted_proxies.clone(),
        ),
        meters,
        unclaimed: Arc::new(Semaphore::new(limits.unclaimed_streams)),
        pending: Pending::new(config.outbound.answer_timeout.into()),
        rest,
        config,
    })
}

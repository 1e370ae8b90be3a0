//! What a load test is like, and why there may be none.

use std::io;
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::time::Duration;

use url::Url;

use super::bridge::Target;
use super::report::LoadLimits;
use super::rhythm::Talk;
use crate::carrier::{NetworkError, NetworkOptions};
use crate::model::{ServerError, ServerOptions};
use crate::score::load::ProcessError;

/// A load test.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// The bridge under test: a webhook (`https`, `http`), or a stream at once (`wss`, `ws`).
    pub url: Url,
    /// How many calls there are at once, 1 to 10 000. 10.
    pub calls: u64,
    /// How long is measured, from when all calls talk. Exchanges that have begun by then are finished. 30 s.
    pub steady: Duration,
    /// Within what time the calls begin, evenly. 10 s.
    pub ramp: Duration,
    /// How the bridge is reached, and with what token requests are signed.
    pub network: NetworkOptions,
    /// Where the model is, which the bridge must be configured to use.
    pub model: ServerOptions,
    /// The process whose use of the machine is measured.
    pub target: Target,
    /// How the two talk.
    pub talk: Talk,
    /// Of how many calls the sound is kept, 24 to 80 KB a second each, and scored in full at the end. 2.
    pub sampled: u64,
    /// What must be kept.
    pub limits: LoadLimits,
    /// What everything that is random depends on.
    pub seed: u64,
}

impl LoadOptions {
    /// Ten calls for half a minute, with the model on a free port of this machine.
    #[must_use]
    pub fn new(url: Url) -> Self {
        Self {
            url,
            calls: 10,
            steady: Duration::from_secs(30),
            ramp: Duration::from_secs(10),
            network: NetworkOptions::default(),
            model: ServerOptions::default(),
            target: Target::default(),
            talk: Talk::default(),
            sampled: 2,
            limits: LoadLimits::default(),
            seed: 0,
        }
    }
}

/// How far a load test is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The model can be reached, without and with TLS, if it is to be. The bridge is started next.
    Listening {
        /// Without TLS.
        plain: Option<SocketAddr>,
        /// With TLS.
        tls: Option<SocketAddr>,
    },
    /// Calls begin.
    Ramp {
        /// How many have begun.
        started: u64,
        /// How many of them talk to their model.
        talking: u64,
        /// How many have ended.
        ended: u64,
    },
    /// What happens now is measured.
    Steady {
        /// How long it goes on.
        left: Duration,
        /// How many calls have ended.
        ended: u64,
    },
    /// The last exchanges are finished.
    Ending {
        /// How many calls have ended.
        ended: u64,
    },
}

/// Why there is no load test.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// There is no call to make, or there are too many.
    #[error("{0} calls cannot be made: choose 1 to 10000")]
    Calls(u64),
    /// The bridge cannot be reached by these options.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The model cannot be served.
    #[error(transparent)]
    Model(#[from] ServerError),
    /// The process under test cannot be read.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// There is no program to start.
    #[error("the command of the bridge is empty: give a program and its arguments")]
    NoCommand,
    /// The bridge cannot be given a core.
    #[error("taskset is not there to give the bridge a core: install it, or name no core")]
    NoTaskset,
    /// The program does not start.
    #[error("{program} cannot be started ({source}): check the command of the bridge")]
    Command {
        /// The program.
        program: String,
        /// What the system says.
        source: io::Error,
    },
    /// The URL's host is not known.
    #[error("the bridge's host cannot be found ({source}): check the URL")]
    Unreachable {
        /// What the system says.
        source: io::Error,
    },
    /// The bridge has ended before the test.
    #[error("the bridge ended at once ({status}): look at what it printed")]
    Ended {
        /// How.
        status: ExitStatus,
    },
    /// The bridge does not accept connections.
    #[error(
        "the bridge accepts no connection at {address} within {patience:?}: check its command and the URL"
    )]
    NotReady {
        /// Where.
        address: SocketAddr,
        /// How long it had.
        patience: Duration,
    },
}

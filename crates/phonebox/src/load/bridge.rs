//! The process under test.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use super::LoadError;
use crate::score::load::Reading;

/// The process whose CPU time and memory are measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// None: it may be on another machine.
    #[default]
    Unknown,
    /// One that runs, by its number.
    Process(u32),
    /// One that is started for the test, and killed after it. It is ready as soon as it accepts a connection at the URL under test.
    Command {
        /// The program and its arguments.
        command: Vec<String>,
        /// The core that it may run on, if it is to have one of its own; by `taskset`.
        core: Option<usize>,
        /// How long it may take to be ready.
        patience: Duration,
    },
}

/// The process under way.
pub(super) struct Bridge {
    process: Option<u32>,
    child: Option<Child>,
}

impl Bridge {
    /// Starts it, if it is to be started, and waits until it is there.
    pub(super) async fn start(target: &Target, url: &Url) -> Result<Self, LoadError> {
        match target {
            Target::Unknown => Ok(Self {
                process: None,
                child: None,
            }),
            Target::Process(process) => {
                Reading::of(*process)?;
                Ok(Self {
                    process: Some(*process),
                    child: None,
                })
            }
            Target::Command {
                command,
                core,
                patience,
            } => {
                let child = spawn(command, *core)?;
                let mut bridge = Self {
                    process: Some(child.id()),
                    child: Some(child),
                };
                bridge.wait(url, *patience).await?;
                Ok(bridge)
            }
        }
    }

    /// What it has used so far; none when it cannot be known.
    pub(super) fn reading(&self) -> Result<Option<Reading>, LoadError> {
        Ok(self.process.map(Reading::of).transpose()?)
    }

    async fn wait(&mut self, url: &Url, patience: Duration) -> Result<(), LoadError> {
        let address = address_of(url).await?;
        let until = Instant::now() + patience;
        loop {
            let connected = timeout(patience, TcpStream::connect(address)).await;
            if matches!(connected, Ok(Ok(_))) {
                return Ok(());
            }
            let ended = self.child.as_mut().map(Child::try_wait);
            if let Some(Ok(Some(status))) = ended {
                return Err(LoadError::Ended { status });
            }
            if Instant::now() > until {
                return Err(LoadError::NotReady { address, patience });
            }
            sleep(ASK_AGAIN).await;
        }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

async fn address_of(url: &Url) -> Result<SocketAddr, LoadError> {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(443);
    let host = (host.trim_matches(['[', ']']), port);
    let unknown = |source| LoadError::Unreachable { source };
    let mut found = lookup_host(host).await.map_err(unknown)?;
    found
        .next()
        .ok_or_else(|| unknown(io::ErrorKind::NotFound.into()))
}

fn spawn(command: &[String], core: Option<usize>) -> Result<Child, LoadError> {
    let mut words = command.to_vec();
    if let Some(core) = core {
        if !is_there("taskset") {
            return Err(LoadError::NoTaskset);
        }
        words.splice(
            0..0,
            ["taskset", "-c", &core.to_string()].map(str::to_owned),
        );
    }
    let (program, arguments) = words.split_first().ok_or(LoadError::NoCommand)?;
    let child = Command::new(program).args(arguments).spawn();
    child.map_err(|source| LoadError::Command {
        program: program.clone(),
        source,
    })
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder: PathBuf| folder.join(program).is_file())
}

const ASK_AGAIN: Duration = Duration::from_millis(50);

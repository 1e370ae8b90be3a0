//! Files of JSON objects, one a line, written by a task of their own so that no call waits for a disk.

use std::path::Path;

use metrics::Counter;
use serde::Serialize;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{mpsc, oneshot};

/// The way to a file of JSON lines.
#[derive(Clone, Debug)]
pub(super) struct JsonLines {
    orders: mpsc::Sender<Order>,
    dropped: Counter,
}

#[derive(Debug)]
enum Order {
    Line(String),
    Flush(oneshot::Sender<()>),
}

impl JsonLines {
    /// Opens a file to append to; whoever has it open for reading sees whole lines.
    pub(super) fn open(path: &Path, dropped: Counter) -> std::io::Result<Self> {
        let mut options = std::fs::OpenOptions::new();
        let file = options.create(true).append(true).open(path)?;
        let (orders, received) = mpsc::channel(MOST_WAITING);
        tokio::spawn(write(
            OpenOptions::from(options),
            path.to_owned(),
            File::from_std(file),
            received,
            dropped.clone(),
        ));
        Ok(Self { orders, dropped })
    }

    /// Appends an object. When the disk is too slow it is dropped and counted.
    pub(super) fn append(&self, object: &impl Serialize) {
        let Ok(mut line) = serde_json::to_string(object) else {
            return self.dropped.increment(1);
        };
        line.push('\n');
        if self.orders.try_send(Order::Line(line)).is_err() {
            self.dropped.increment(1);
        }
    }

    /// Waits until all is written that was appended before.
    pub(super) async fn flush(&self) {
        let (done, is_done) = oneshot::channel();
        if self.orders.send(Order::Flush(done)).await.is_ok() {
            let _: Result<(), _> = is_done.await;
        }
    }
}

async fn write(
    options: OpenOptions,
    path: std::path::PathBuf,
    mut file: File,
    mut orders: mpsc::Receiver<Order>,
    dropped: Counter,
) {
    while let Some(order) = orders.recv().await {
        match order {
            Order::Line(line) => {
                let written = async {
                    file.write_all(line.as_bytes()).await?;
                    file.flush().await
                };
                if let Err(error) = written.await {
                    dropped.increment(1);
                    tracing::error!(path = %path.display(), %error, "a line is lost: make room on the disk, or correct its rights");
                    // The file may be on a disk that came back.
                    if let Ok(opened) = options.open(&path).await {
                        file = opened;
                    }
                }
            }
            Order::Flush(done) => {
                let _: Result<(), ()> = done.send(());
            }
        }
    }
}

const MOST_WAITING: usize = 1_024;

//! Recordings: two channels of µ-law in a WAV file, written as the call goes, by a task of its own.

use std::io::SeekFrom;
use std::path::{Path, PathBuf};

use metrics::Counter;
use tokio::fs::File;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// A recording that is being made: `NAME.wav.part` until it is whole, then `NAME.wav`.
#[derive(Debug)]
pub(super) struct Recording {
    blocks: mpsc::Sender<Vec<u8>>,
    writer: JoinHandle<()>,
    dropped: Counter,
}

impl Recording {
    /// Begins one. A disk that does not do is told in the log; the call goes on.
    pub(super) fn begin(folder: &Path, name: &str, dropped: Counter) -> Self {
        let (blocks, received) = mpsc::channel(MOST_WAITING);
        let path = folder.join(format!("{name}.wav"));
        let writer = tokio::spawn(async move {
            if let Err(error) = write(&path, received).await {
                tracing::error!(path = %path.display(), %error, "a recording is lost: make room on the disk, or correct its rights");
            }
        });
        Self {
            blocks,
            writer,
            dropped,
        }
    }

    /// More of it. When the disk is too slow for so long that 16 s wait, it is dropped and counted.
    pub(super) fn append(&mut self, block: &[u8]) {
        if self.blocks.try_send(block.to_owned()).is_err() {
            self.dropped.increment(1);
        }
    }

    /// Waits until it is whole.
    pub(super) async fn finish(self) {
        drop(self.blocks);
        let _: Result<(), _> = self.writer.await;
    }
}

async fn write(path: &Path, mut blocks: mpsc::Receiver<Vec<u8>>) -> std::io::Result<()> {
    let Some(mut block) = blocks.recv().await else {
        return Ok(()); // Nobody was connected.
    };
    let part: PathBuf = path.with_extension("wav.part");
    let mut file = File::create(&part).await?;
    // Sizes "to the end of the file", should nobody come to correct them.
    file.write_all(&header(u32::MAX)).await?;
    let mut bytes = 0_usize;
    loop {
        file.write_all(&block).await?;
        bytes += block.len();
        match blocks.recv().await {
            Some(next) => block = next,
            None => break,
        }
    }
    file.seek(SeekFrom::Start(0)).await?;
    file.write_all(&header(u32::try_from(bytes).unwrap_or(u32::MAX)))
        .await?;
    // What was written is on its way only; without it, a full disk goes unnoticed.
    file.flush().await?;
    file.sync_all().await?;
    tokio::fs::rename(&part, path).await
}

/// A WAV header of two channels of µ-law at 8 kHz: 58 bytes. The number of bytes is always even, so no padding follows.
fn header(bytes: u32) -> Vec<u8> {
    const MULAW: u16 = 7;
    const CHANNELS: u16 = 2;
    const RATE: u32 = 8_000;
    let mut header = Vec::with_capacity(LENGTH as usize);
    header.extend(b"RIFF");
    header.extend(bytes.saturating_add(LENGTH - 8).to_le_bytes());
    header.extend(b"WAVEfmt \x12\0\0\0");
    header.extend(MULAW.to_le_bytes());
    header.extend(CHANNELS.to_le_bytes());
    header.extend(RATE.to_le_bytes());
    header.extend((RATE * u32::from(CHANNELS)).to_le_bytes());
    header.extend(CHANNELS.to_le_bytes());
    header.extend(8_u16.to_le_bytes());
    header.extend(0_u16.to_le_bytes());
    header.extend(b"fact\x04\0\0\0");
    header.extend((bytes / u32::from(CHANNELS)).to_le_bytes());
    header.extend(b"data");
    header.extend(bytes.to_le_bytes());
    header
}

const LENGTH: u32 = 58;
/// In blocks of a second.
const MOST_WAITING: usize = 16;

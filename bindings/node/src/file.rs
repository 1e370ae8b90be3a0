//! One file to another, at once or on a thread of the pool.

use std::io::ErrorKind;
use std::ops::ControlFlow;

use audio_converter::Format;
use audio_converter_file::{Container, Conversion, Error, Result, SourceOptions};
use napi::Env;
use napi::bindgen_prelude::{AsyncTask, External};
use napi_derive::napi;

use crate::cancellation::Cancellation;

/// What to do; the texts have been checked.
#[napi(object)]
#[derive(Clone)]
pub struct Request {
    /// The file to read.
    pub input: String,
    /// The file to write.
    pub output: String,
    /// What its samples are where the input has no header.
    pub from: String,
    /// What the output's samples shall be.
    pub to: String,
    /// The filter.
    pub quality: String,
    /// Samples read at a time.
    pub chunk_samples: u32,
    /// Whether the input's name promises a header.
    pub is_wav_input: bool,
    /// Whether the output gets a header.
    pub is_wav_output: bool,
}

/// What came of it: one of the three.
#[napi(object)]
pub struct Outcome {
    /// It is done.
    pub report: Option<Report>,
    /// It went wrong.
    pub failure: Option<Failure>,
    /// It was cancelled, and nothing was written.
    pub is_cancelled: bool,
}

/// What was read and written.
#[napi(object)]
pub struct Report {
    /// The format in which the input was taken.
    pub from: String,
    /// The output's format.
    pub to: String,
    /// Samples of it.
    pub samples_read: f64,
    /// Samples of it.
    pub samples_written: f64,
    /// What is odd about the input.
    pub warnings: Vec<String>,
}

/// What went wrong.
#[napi(object)]
pub struct Failure {
    /// As Node names it, where it was the system: `ENOENT`.
    pub code: Option<String>,
    /// One line.
    pub message: String,
}

/// Converts on this thread.
#[napi]
pub fn convert_file(request: Request) -> Outcome {
    outcome(convert(&request, &Cancellation::default()))
}

/// Converts on a thread of the pool.
#[napi]
pub fn convert_file_async(
    request: Request,
    cancellation: &External<Cancellation>,
) -> AsyncTask<Task> {
    AsyncTask::new(Task {
        request,
        cancellation: (**cancellation).clone(),
    })
}

/// Removes the outputs in the making, and lets nobody start another: for a program that a signal is about to end.
#[napi]
pub fn remove_unfinished() {
    audio_converter_file::remove_unfinished();
}

/// A conversion that waits for its thread.
pub struct Task {
    request: Request,
    cancellation: Cancellation,
}

impl napi::Task for Task {
    type Output = Outcome;
    type JsValue = Outcome;

    fn compute(&mut self) -> napi::Result<Outcome> {
        Ok(outcome(convert(&self.request, &self.cancellation)))
    }

    fn resolve(&mut self, _env: Env, outcome: Outcome) -> napi::Result<Outcome> {
        Ok(outcome)
    }
}

/// The report, or nothing when it was cancelled.
fn convert(request: &Request, cancellation: &Cancellation) -> Result<Option<Report>> {
    let format = |text: &str| -> Result<Format> {
        text.parse().map_err(|source| Error::Convert {
            name: request.input.clone(),
            source,
        })
    };
    let mut conversion = Conversion::default();
    // What a file's name promises is WAV or raw samples: whatever it is, no other program is started for it.
    conversion.source = SourceOptions::default().without_programs();
    if !request.is_wav_input {
        conversion.source.from = Some(format(&request.from)?);
        conversion.source.accepts_empty = true;
    }
    conversion.to = Some(format(&request.to)?);
    conversion.container = Some(if request.is_wav_output {
        Container::Wav
    } else {
        Container::Raw
    });
    conversion.quality = request.quality.parse().unwrap_or_default();
    conversion.chunk_samples = Some(request.chunk_samples as usize);
    let look = || match cancellation.is_raised() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    if look().is_break() {
        return Ok(None);
    }
    match audio_converter_file::convert_file(
        &request.input,
        &request.output,
        &conversion,
        &mut |_| look(),
    ) {
        Ok(report) => Ok(Some(Report {
            from: report.from.to_string(),
            to: report.to.to_string(),
            samples_read: report.samples_read as f64,
            samples_written: report.samples_written as f64,
            warnings: report.info.warnings,
        })),
        Err(Error::Cancelled { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn outcome(result: Result<Option<Report>>) -> Outcome {
    let (report, failure) = match result {
        Ok(report) => (report, None),
        Err(error) => (None, Some(failure(&error))),
    };
    Outcome {
        is_cancelled: report.is_none() && failure.is_none(),
        report,
        failure,
    }
}

fn failure(error: &Error) -> Failure {
    let code = match error {
        Error::Read { source, .. } | Error::Write { source, .. } => match source.kind() {
            ErrorKind::NotFound => Some("ENOENT"),
            ErrorKind::PermissionDenied => Some("EACCES"),
            ErrorKind::StorageFull => Some("ENOSPC"),
            ErrorKind::ReadOnlyFilesystem => Some("EROFS"),
            ErrorKind::BrokenPipe => Some("EPIPE"),
            _ => None,
        },
        Error::Folder { .. } => Some("EISDIR"),
        _ => None,
    };
    // Some hints name options of the other command line.
    let hint = error.hint().filter(|hint| !hint.contains("--"));
    Failure {
        code: code.map(str::to_owned),
        message: hint.map_or_else(|| error.to_string(), |hint| format!("{error}: {hint}")),
    }
}

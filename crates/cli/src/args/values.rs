//! Parsers of single values.

use std::path::PathBuf;

use audio_converter::{Format, Quality};
use audio_converter_file::Container;
use audio_converter_inspect::Picture;
use clap::ValueEnum;
use clap::builder::{PathBufValueParser, PossibleValuesParser, TypedValueParser};

/// How much to tell on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum LogLevel {
    /// Errors alone
    #[value(alias = "critical")]
    Error,
    /// And what is odd about the input
    #[value(alias = "warn")]
    Warning,
    /// And what was done
    Info,
    /// And how
    Debug,
}

pub(super) fn quality() -> impl TypedValueParser<Value = Quality> {
    PossibleValuesParser::new(Quality::ALL.map(Quality::name)).map(|name| {
        Quality::ALL
            .into_iter()
            .find(|quality| quality.name() == name)
            .unwrap_or_default()
    })
}

pub(super) fn container() -> impl TypedValueParser<Value = Container> {
    PossibleValuesParser::new(["wav", "raw"]).map(|name| {
        if name == "wav" {
            Container::Wav
        } else {
            Container::Raw
        }
    })
}

pub(super) fn plot() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if Picture::is_name(&path) {
            Ok(path)
        } else {
            Err(Picture::NAMES)
        }
    })
}

pub(super) fn rate(text: &str) -> Result<u32, String> {
    let rate = text
        .parse()
        .ok()
        .filter(|rate| (1..=Format::MAX_RATE).contains(rate));
    rate.ok_or_else(|| format!("give a whole number of Hz from 1 to {}", Format::MAX_RATE))
}

pub(super) fn chunk_samples(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|count| *count > 0)
        .ok_or_else(|| "give a whole number of samples above 0".to_owned())
}

//! What is measured: one table of all metrics, and the handles by which the gateway counts.
//!
//! A gateway has a recorder of its own, and handles are made once, so that counting looks nothing up by name.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Counter, Gauge, Key, Label, Level, Metadata, Recorder, Unit, counter, gauge};
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

use crate::live;

/// A metric, as the operator's guide lists it.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name; the unit is its end.
    pub name: &'static str,
    /// What kind it is.
    pub kind: Kind,
    /// What it says.
    pub help: &'static str,
    /// Its labels with their values; free ones have none.
    pub labels: [Option<(&'static str, &'static [&'static str])>; 2],
}

/// What kind a metric is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts values below bounds.
    Histogram(&'static [f64]),
}

impl Kind {
    /// As Prometheus calls it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

impl Metric {
    /// A metric without labels.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind, help: &'static str) -> Self {
        Self {
            name,
            kind,
            help,
            labels: [None; 2],
        }
    }

    /// Adds a label with all its values; with none if they are not known beforehand.
    #[must_use]
    pub const fn label(mut self, name: &'static str, values: &'static [&'static str]) -> Self {
        let place = if self.labels[0].is_none() { 0 } else { 1 };
        self.labels[place] = Some((name, values));
        self
    }

    /// What it is measured in.
    #[must_use]
    pub fn unit(&self) -> Unit {
        if self.name.ends_with("_seconds") {
            Unit::Seconds
        } else if self.name.contains("_bytes") {
            Unit::Bytes
        } else {
            Unit::Count
        }
    }

    /// Each combination of values of its labels but for a free one.
    fn series(&self) -> Vec<Vec<(&'static str, &'static str)>> {
        let mut series = vec![Vec::new()];
        for (name, values) in self.labels.iter().flatten() {
            if values.is_empty() {
                continue;
            }
            let with = |value| {
                series.iter().map(move |pairs: &Vec<_>| {
                    let mut pairs = pairs.clone();
                    pairs.push((*name, value));
                    pairs
                })
            };
            series = values.iter().flat_map(|value| with(*value)).collect();
        }
        series
    }
}

/// Every metric of the gateway itself; with [`live::TABLE`] it is all there is.
pub const TABLE: &[Metric] = &[
    Metric::new(
        "voice_gateway_calls",
        Kind::Gauge,
        "Calls in progress: what to scale on.",
    ),
    Metric::new(
        "voice_gateway_calls_limit",
        Kind::Gauge,
        "The most calls at once.",
    ),
    Metric::new(
        "voice_gateway_draining",
        Kind::Gauge,
        "1 while the gateway takes no new calls since it is leaving.",
    ),
    Metric::new(
        "voice_gateway_calls_started_total",
        Kind::Counter,
        "Calls that were admitted.",
    )
    .label("kind", &["inbound", "outbound", "resumed"]),
    Metric::new(
        "voice_gateway_calls_ended_total",
        Kind::Counter,
        "Calls that ended, by how.",
    )
    .label("end", ENDS),
    Metric::new(
        "voice_gateway_calls_refused_total",
        Kind::Counter,
        "Calls that got the fallback instead of an agent.",
    )
    .label("reason", REFUSALS),
    Metric::new(
        "voice_gateway_calls_sent_on_total",
        Kind::Counter,
        "Answers of a leaving gateway that sent a call to another one.",
    ),
    Metric::new(
        "voice_gateway_sessions",
        Kind::Gauge,
        "Sessions of a model service that its quota counts.",
    )
    .label("service", &[]),
    Metric::new(
        "voice_gateway_streams_refused_total",
        Kind::Counter,
        "Streams that were closed before they reached a call.",
    )
    .label("reason", STREAM_REFUSALS),
    Metric::new(
        "voice_gateway_requests_refused_total",
        Kind::Counter,
        "Requests that were refused.",
    )
    .label("reason", REQUEST_REFUSALS),
    Metric::new(
        "voice_gateway_stream_errors_total",
        Kind::Counter,
        "Streams that the carrier could not open or keep.",
    ),
    Metric::new(
        "voice_gateway_outbound_calls_total",
        Kind::Counter,
        "Calls that somebody asked for, by what the carrier said.",
    )
    .label("outcome", &["accepted", "refused", "unreachable"]),
    Metric::new(
        "voice_gateway_connections",
        Kind::Gauge,
        "Connections that are no streams yet.",
    ),
    Metric::new(
        "voice_gateway_connections_refused_total",
        Kind::Counter,
        "Connections that ended before a request.",
    )
    .label("reason", &["full", "handshake"]),
];

const ENDS: &[&str] = &[
    "caller_hung_up",
    "agent_hung_up",
    "transferred",
    "too_long",
    "caller_silent",
    "model_failed",
    "carrier_lost",
    "handed_over",
    "stopped",
];
const REFUSALS: &[&str] = &[
    "full",
    "quota",
    "draining",
    "no_route",
    "not_ready",
    "unknown_call",
];
const STREAM_REFUSALS: &[&str] = &[
    "no_start",
    "no_token",
    "token",
    "other_call",
    "over",
    "too_many",
];
const REQUEST_REFUSALS: &[&str] = &[
    "signature",
    "bearer",
    "rate",
    "too_large",
    "too_slow",
    "malformed",
];

/// Bounds for delays that a bridge adds, in seconds.
pub const DELAYS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0,
];
/// Bounds for what people wait for, in seconds.
pub const WAITS: &[f64] = &[
    0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0,
];

/// All metrics, in the order of the operator's guide.
pub fn all() -> impl Iterator<Item = &'static Metric> {
    TABLE.iter().chain(live::TABLE)
}

/// What counts, and what shows it.
pub(crate) struct Recording {
    pub(crate) recorder: Arc<PrometheusRecorder>,
    pub(crate) handle: PrometheusHandle,
}

impl Recording {
    /// A recorder that knows every metric of the table, all at zero.
    pub(crate) fn new() -> Self {
        let mut builder = PrometheusBuilder::new();
        for metric in all() {
            if let Kind::Histogram(bounds) = metric.kind {
                let name = Matcher::Full(metric.name.to_owned());
                builder = builder
                    .set_buckets_for_metric(name, bounds)
                    .expect("the table's bounds are not empty");
            }
        }
        let recorder = builder.build_recorder();
        for metric in all() {
            let (name, unit, help) = (metric.name.into(), Some(metric.unit()), metric.help.into());
            match metric.kind {
                Kind::Counter => recorder.describe_counter(name, unit, help),
                Kind::Gauge => recorder.describe_gauge(name, unit, help),
                Kind::Histogram(_) => recorder.describe_histogram(name, unit, help),
            }
            let mut labels = metric.labels.iter().flatten();
            if labels.any(|(_, values)| values.is_empty()) {
                continue; // Shown once its value is known.
            }
            for series in metric.series() {
                let key = key(metric.name, &series);
                match metric.kind {
                    Kind::Counter => drop(recorder.register_counter(&key, &METADATA)),
                    Kind::Gauge => drop(recorder.register_gauge(&key, &METADATA)),
                    Kind::Histogram(_) => drop(recorder.register_histogram(&key, &METADATA)),
                }
            }
        }
        let handle = recorder.handle();
        Self {
            recorder: Arc::new(recorder),
            handle,
        }
    }

    /// Keeps histograms small between scrapes, for ever. Each second: each call measures some hundred things in it.
    pub(crate) async fn keep(handle: PrometheusHandle) {
        let mut beat = tokio::time::interval(Duration::from_secs(1));
        loop {
            beat.tick().await;
            handle.run_upkeep();
        }
    }
}

/// The handles by which the gateway counts.
pub(crate) struct Meters {
    pub(crate) calls: Gauge,
    pub(crate) draining: Gauge,
    pub(crate) started: Family,
    pub(crate) ended: Family,
    pub(crate) refused: Family,
    pub(crate) sent_on: Counter,
    pub(crate) streams_refused: Family,
    pub(crate) requests_refused: Family,
    pub(crate) stream_errors: Counter,
    pub(crate) outbound: Family,
    pub(crate) connections: Gauge,
    pub(crate) connections_refused: Family,
    pub(crate) limit: Gauge,
}

impl Meters {
    /// Handles at the recorder of this thread.
    pub(crate) fn new() -> Self {
        Self {
            calls: gauge!("voice_gateway_calls"),
            draining: gauge!("voice_gateway_draining"),
            started: Family::new("voice_gateway_calls_started_total"),
            ended: Family::new("voice_gateway_calls_ended_total"),
            refused: Family::new("voice_gateway_calls_refused_total"),
            sent_on: counter!("voice_gateway_calls_sent_on_total"),
            streams_refused: Family::new("voice_gateway_streams_refused_total"),
            requests_refused: Family::new("voice_gateway_requests_refused_total"),
            stream_errors: counter!("voice_gateway_stream_errors_total"),
            outbound: Family::new("voice_gateway_outbound_calls_total"),
            connections: gauge!("voice_gateway_connections"),
            connections_refused: Family::new("voice_gateway_connections_refused_total"),
            limit: gauge!("voice_gateway_calls_limit"),
        }
    }
}

/// The counters of a metric with labels: one for each combination of their values in the table.
#[derive(Clone)]
pub(crate) struct Family(Vec<(Vec<&'static str>, Counter)>);

impl Family {
    /// At the recorder of this thread.
    pub(crate) fn new(name: &'static str) -> Self {
        Self::make(name, None)
    }

    /// With one label whose value is known only now.
    pub(crate) fn with(name: &'static str, label: &'static str, value: &str) -> Self {
        Self::make(name, Some(&Label::new(label, value.to_owned())))
    }

    fn make(name: &'static str, free: Option<&Label>) -> Self {
        let metric = all().find(|metric| metric.name == name);
        let series = metric.expect("the table has it").series();
        let counter = |pairs: Vec<(&'static str, &'static str)>| {
            let mut labels: Vec<_> = free.into_iter().cloned().collect();
            labels.extend(pairs.iter().map(|(name, value)| Label::new(*name, *value)));
            let values = pairs.into_iter().map(|(_, value)| value).collect();
            (values, counter!(name, labels))
        };
        Self(series.into_iter().map(counter).collect())
    }

    /// Counts one of a value of the table.
    pub(crate) fn count(&self, value: &str) {
        self.count_of(&[value]);
    }

    /// Counts one of a combination of values of the table, in the order of its labels.
    pub(crate) fn count_of(&self, values: &[&str]) {
        let found = self.0.iter().find(|(its, _)| its == values);
        debug_assert!(found.is_some(), "{values:?} is not in the table");
        if let Some((_, counter)) = found {
            counter.increment(1);
        }
    }
}

impl std::fmt::Debug for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Family").field(&self.0.len()).finish()
    }
}

/// The gauge of one model service's sessions, at the recorder of this thread.
pub(crate) fn sessions(service: &str) -> Gauge {
    gauge!("voice_gateway_sessions", "service" => service.to_owned())
}

fn key(name: &'static str, labels: &[(&'static str, &'static str)]) -> Key {
    let labels = labels
        .iter()
        .map(|(name, value)| Label::from_static_parts(name, value));
    Key::from_parts(name, labels.collect::<Vec<_>>())
}

static METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrape_shows_what_the_table_says_and_nothing_else() {
        let recording = Recording::new();
        for metric in all() {
            if let Kind::Histogram(_) = metric.kind {
                for series in metric.series() {
                    let key = key(metric.name, &series);
                    recording
                        .recorder
                        .register_histogram(&key, &METADATA)
                        .record(0.01);
                }
            }
        }
        metrics::with_local_recorder(&recording.recorder, || {
            sessions("main").set(1.0);
            for metric in all() {
                if let Some((label, [])) = metric.labels[0]
                    && metric.kind == Kind::Counter
                {
                    Family::with(metric.name, label, "bakery");
                }
            }
            Meters::new().ended.count("stopped");
        });
        let text = recording.handle.render();
        let mut shown: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE "))
            .collect();
        shown.sort_unstable();
        let mut told: Vec<_> = all()
            .map(|it| format!("{} {}", it.name, it.kind.as_str()))
            .collect();
        told.sort_unstable();
        assert_eq!(shown, told);
        assert!(
            text.contains("voice_gateway_calls_ended_total{end=\"stopped\"} 1"),
            "{text}"
        );
        assert!(
            text.contains("voice_gateway_calls_ended_total{end=\"too_long\"} 0"),
            "{text}"
        );
    }

    #[test]
    fn every_end_of_a_call_is_in_the_table() {
        use voice_call::call::End;
        let name = String::new;
        for end in [
            End::CallerHungUp,
            End::AgentHungUp(name().into()),
            End::Transferred { to: name() },
            End::TooLong,
            End::CallerSilent,
            End::ModelFailed(name()),
            End::CarrierLost,
            End::Stopped,
        ] {
            assert!(ENDS.contains(&end.as_str()), "{end}");
        }
    }
}

//! What calls count and measure. One table says what there is; handles are made once per process.

use metrics::{Counter, Gauge, Histogram};

use crate::metrics::{DELAYS, Family, Kind, Metric, WAITS};

macro_rules! meters {
    ($($field:ident: $kind:ident $(($bounds:ident))? = $name:literal, $help:literal;)+) => {
        /// Every metric that calls emit.
        pub const TABLE: &[Metric] = &[
            $(Metric::new($name, meters!(@kind $kind $(($bounds))?), $help),)+
            Metric::new(IGNORED, Kind::Counter, "Messages that were ignored, by who sent them and what was wrong.")
                .label("peer", &["carrier", "model"])
                .label("fault", &[
                    "malformed", "other_stream", "too_early", "second_start", "too_late", "not_base64", "other_format",
                    "unknown", "tool",
                ]),
            Metric::new(TOOL_CALLS, Kind::Counter, "Uses of tools, by agent and by how they ended.")
                .label("agent", &[])
                .label("outcome", &["answered", "failed", "cancelled"]),
            Metric::new(PROMPTS, Kind::Counter, "Times that the model was told something, by why.")
                .label("why", &[
                    "greeting", "idle", "no_reply", "time_is_up", "heard", "key", "history", "late_answer",
                ]),
            Metric::new(MODEL_LOST, Kind::Counter, "Connections of models that were lost or refused, by close code.")
                .label("code", CODES),
        ];

        /// Handles of the metrics.
        #[derive(Clone)]
        pub struct Meters {
            $(pub(super) $field: $kind,)+
            pub(super) ignored: Family,
            pub(super) prompts: Family,
            model_lost: Family,
        }

        impl Meters {
            /// Handles at the recorder of this thread.
            #[must_use]
            pub fn new() -> Self {
                Self {
                    $($field: meters!(@make $kind, $name),)+
                    ignored: Family::new(IGNORED),
                    prompts: Family::new(PROMPTS),
                    model_lost: Family::new(MODEL_LOST),
                }
            }
        }
    };
    (@kind Histogram ($bounds:ident)) => { Kind::Histogram($bounds) };
    (@kind $kind:ident) => { Kind::$kind };
    (@make Counter, $name:literal) => { metrics::counter!($name) };
    (@make Gauge, $name:literal) => { metrics::gauge!($name) };
    (@make Histogram, $name:literal) => { metrics::histogram!($name) };
}

meters! {
    streams: Gauge = "voice_streams", "Streams of carriers that are open.";
    models: Gauge = "voice_model_connections", "Connections to models that are open.";
    uplink_delay: Histogram(DELAYS) = "voice_uplink_delay_seconds", "From a carrier's frame to what it made us write to the model.";
    downlink_delay: Histogram(DELAYS) = "voice_downlink_delay_seconds", "From a model's frame, or the time at which a frame is due, to its being written to the carrier.";
    reply: Histogram(WAITS) = "voice_reply_seconds", "From the caller's last loud sound to the first sound of the answer.";
    reaction: Histogram(WAITS) = "voice_barge_in_reaction_seconds", "From the caller's first loud sound to the carrier's clear.";
    handover_gap: Histogram(WAITS) = "voice_handover_gap_seconds", "How long a call was without its model.";
    connect: Histogram(WAITS) = "voice_model_connect_seconds", "From the wish to connect until the model's connection is open.";
    warm_start: Histogram(WAITS) = "voice_warm_start_saved_seconds", "How much of the first connecting was done before the stream began.";
    tool: Histogram(WAITS) = "voice_tool_seconds", "How long tools took.";
    duration: Histogram(WAITS) = "voice_call_seconds", "How long calls took.";
    queue: Histogram(WAITS) = "voice_queue_seconds", "How much of the agent's sound waited, each second.";
    barge_ins: Counter = "voice_barge_ins_total", "Interruptions by callers.";
    phantoms: Counter = "voice_phantom_interruptions_total", "Interruptions with nothing to interrupt.";
    dropped_barge_in: Counter = "voice_dropped_barge_in_samples_total", "Sound of agents that interruptions threw away, at 8 kHz.";
    dropped_overflow: Counter = "voice_dropped_overflow_samples_total", "Sound of agents that was more than may wait, at 8 kHz.";
    dropped_forgotten: Counter = "voice_dropped_forgotten_samples_total", "Sound of callers that was too old when the model came back, at 8 kHz.";
    concealed: Counter = "voice_concealed_samples_total", "Sound that conceals gaps of the model's, at 8 kHz.";
    from_carrier: Counter = "voice_from_carrier_bytes_total", "Messages of carriers.";
    to_carrier: Counter = "voice_to_carrier_bytes_total", "Messages to carriers.";
    from_model: Counter = "voice_from_model_bytes_total", "Messages of models.";
    to_model: Counter = "voice_to_model_bytes_total", "Messages to models.";
    carriers_lost: Counter = "voice_carriers_lost_total", "Streams that were lost without an end.";
    slow_peers: Counter = "voice_slow_peers_total", "Sockets that were given up since the peer took nothing.";
    turns_timed_out: Counter = "voice_turns_timed_out_total", "Turns of models that never ended.";
    empty_turns: Counter = "voice_empty_turns_total", "Turns of models without sound.";
    lines_dropped: Counter = "voice_lines_dropped_total", "Call records and lines of transcripts that the disk was too slow for.";
    recording_dropped: Counter = "voice_recording_blocks_dropped_total", "Seconds of recordings that the disk was too slow for.";
    uploads_waiting: Gauge = "voice_uploads_waiting", "Files that wait to be uploaded, those that are being uploaded among them.";
    uploaded: Counter = "voice_uploads_total", "Files that the object storage has.";
    uploaded_bytes: Counter = "voice_uploaded_bytes_total", "What these files hold.";
    upload_failures: Counter = "voice_upload_failures_total", "Tries to upload a file that failed.";
    store_failures: Counter = "voice_store_failures_total", "Changes that the session store did not take.";
}

impl Default for Meters {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Meters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meters")
    }
}

impl Meters {
    /// A connection to a model was lost or refused.
    pub(super) fn lost_model(&self, code: u16) {
        let code = code.to_string();
        let known = CODES.iter().find(|known| **known == code);
        self.model_lost.count(known.copied().unwrap_or("other"));
    }
}

/// RFC 6455, 7.4.1, and its registry; 4408 is a call's own, for no answer in time.
const CODES: &[&str] = &[
    "1000", "1001", "1002", "1003", "1005", "1006", "1007", "1008", "1009", "1011", "1012", "1013",
    "1014", "1015", "4408", "other",
];
const IGNORED: &str = "voice_ignored_messages_total";
pub(super) const TOOL_CALLS: &str = "voice_tool_calls_total";
const PROMPTS: &str = "voice_prompts_total";
const MODEL_LOST: &str = "voice_model_lost_total";

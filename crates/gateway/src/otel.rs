//! Spans of calls, to an OpenTelemetry collector.

use std::sync::OnceLock;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, Tracer};
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

/// What waits to be sent, in this process.
static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// What sends spans to the address of a collector, as in `http://localhost:4318/v1/traces`, by a thread of its own.
pub(crate) fn layer<S>(endpoint: &str) -> Result<OpenTelemetryLayer<S, Tracer>, String>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    // The collector's client takes the process's default; an error says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(endpoint)
        .build()
        .map_err(|error| error.to_string())?;
    let resource = Resource::builder().with_service_name(NAME).build();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build();
    let tracer = provider.tracer(NAME);
    // Another one was installed before: installing the log fails as well.
    let _ = PROVIDER.set(provider);
    Ok(tracing_opentelemetry::layer().with_tracer(tracer))
}

/// Sends what waits. Blocks.
pub(crate) fn flush() {
    if let Some(Err(error)) = PROVIDER.get().map(SdkTracerProvider::force_flush) {
        tracing::warn!(%error, "spans are lost: check log.otlp and the collector");
    }
}

const NAME: &str = "voice-gateway";

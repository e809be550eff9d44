//! Traces, sent to a collector (OTLP over HTTP), as the standard variables of `OpenTelemetry` say.
//!
//! Spans wait in a queue of a bounded length and are sent by a thread of their own: a collector that is slow or away costs
//! spans, and never a request its time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use live_adapters::causes::chain;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use reqwest::redirect::Policy;
use tokio::runtime::Handle;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::http::trace_context::TraceParent;
use crate::settings::TraceExport;

/// How long the collector has for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long what is left may take to be sent when the service stops.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Traces are sent while this is there.
pub struct Traces(SdkTracerProvider);

/// Traces cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// There is no client to send them with.
    #[error("no connection to the collector can be set up")]
    Client(#[from] reqwest::Error),
    /// The variables do not say where.
    #[error("the collector that the OTEL_EXPORTER_OTLP_* variables name cannot be used")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
}

impl Traces {
    /// Begins to send them, on the runtime that this is called on.
    ///
    /// # Errors
    ///
    /// When the variables do not say where to.
    pub fn start(export: &TraceExport) -> Result<Self, TracesError> {
        let client = reqwest::Client::builder().timeout(PATIENCE).redirect(Policy::none()).no_proxy();
        // Who needs no certificates need not have any.
        let client = if export.needs_tls { client } else { client.tls_certs_only([]) };
        let collector =
            Collector { client: client.build()?, runtime: Handle::current(), is_failing: AtomicBool::default() };
        let exporter = SpanExporter::builder().with_http().with_http_client(collector).build()?;
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder().with_service_name(export.service_name.clone()).with_attribute(version);
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build());
        Ok(Self(provider.build()))
    }

    /// Takes up our spans, and nobody else's.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let layer = tracing_opentelemetry::layer().with_tracer(self.0.tracer("live"));
        let layer = layer.with_location(false).with_target(false).with_threads(false).with_tracked_inactivity(false);
        layer.with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with("live_")))
    }

    /// Sends what is left, and waits for it a moment.
    pub async fn end(self) {
        let last = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(LAST_WORDS));
        if let Ok(Err(error)) = last.await {
            tracing::warn!(causes = chain(&error), "the last traces were not sent");
        }
    }
}

/// Makes the span a child of the one that a request names.
pub fn adopt(span: &Span, parent: Option<TraceParent>) {
    let Some(TraceParent { trace_id, parent_id, is_sampled }) = parent.filter(|_| !span.is_disabled()) else { return };
    let flags = if is_sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let (trace, parent) = (TraceId::from(trace_id.0), SpanId::from(parent_id.0));
    let sender = SpanContext::new(trace, parent, flags, true, TraceState::NONE);
    // It was not entered before, and where no traces are sent there is nothing to tell.
    let _not_sent = span.set_parent(Context::new().with_remote_span_context(sender));
}

/// Gives the span the name that was not known when it began. Recording `otel.name` does nothing by then.
pub fn rename(span: &Span, name: String) {
    span.context().span().update_name(name);
}

/// The way to the collector.
#[derive(Debug)]
struct Collector {
    client: reqwest::Client,
    /// Spans are sent from a thread without one.
    runtime: Handle,
    is_failing: AtomicBool,
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sending = send(self.client.clone(), request.try_into()?);
        let outcome = self.runtime.spawn(sending).await?;
        // Of a row of failures the first one is told.
        let was_failing = self.is_failing.swap(outcome.is_err(), Ordering::Relaxed);
        if let Err(error) = &outcome
            && !was_failing
        {
            tracing::warn!(causes = chain(error), "traces cannot be sent to the collector");
        }
        Ok(outcome?)
    }
}

async fn send(client: reqwest::Client, request: reqwest::Request) -> Result<Response<Bytes>, reqwest::Error> {
    // A URL may hold what is nobody else's business.
    let answer = client.execute(request).await.and_then(reqwest::Response::error_for_status);
    let body = answer.map_err(reqwest::Error::without_url)?.bytes().await?;
    Ok(Response::new(body))
}

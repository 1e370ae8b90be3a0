//! Both sockets of a call: what comes from them, and when they are given up.

use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tokio_tungstenite::tungstenite;
use voice_call::Time;
use voice_call::call::Input;
use voice_call::gemini::Close;

use super::super::connect::{self, ModelSocket};
use super::super::link::{Link, Received};
use super::{CallTask, Carrier};

impl CallTask {
    pub(super) fn close_model(&mut self) {
        self.connecting = None;
        self.board.model_is_away();
        if let Some(model) = self.model.take() {
            self.count_model(&model);
            self.leaving = Some(Box::pin(connect::leave(model.into_socket())));
        }
    }

    pub(super) fn poll_carrier(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        let Some(carrier) = &mut self.carrier else {
            return Poll::Pending;
        };
        match carrier.link.poll_write(cx) {
            Poll::Ready(Err(close)) => return Poll::Ready(Received::Closed(close)),
            Poll::Ready(Ok(Some(cause))) => self
                .agent
                .shared
                .meters
                .downlink_delay
                .record(cause.elapsed()),
            Poll::Ready(Ok(None)) | Poll::Pending => {}
        }
        carrier.link.poll_read(cx)
    }

    pub(super) fn poll_model(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        let Some(model) = &mut self.model else {
            return Poll::Pending;
        };
        match model.poll_write(cx) {
            Poll::Ready(Err(close)) => return Poll::Ready(Received::Closed(close)),
            Poll::Ready(Ok(Some(cause))) => self
                .agent
                .shared
                .meters
                .uplink_delay
                .record(cause.elapsed()),
            Poll::Ready(Ok(None)) | Poll::Pending => {}
        }
        model.poll_read(cx)
    }

    pub(super) fn hear_carrier(&mut self, now: Time, received: Received) {
        match received {
            Received::Message(bytes) => self.call.handle(now, Input::FromCarrier(&bytes)),
            Received::Closed(_) => self.lose_carrier(now),
        }
    }

    pub(super) fn lose_carrier(&mut self, now: Time) {
        if let Some(carrier) = self.carrier.take() {
            self.count_carrier(&carrier);
            self.call.handle(now, Input::CarrierLost);
        }
    }

    pub(super) fn lose_model(&mut self, now: Time, close: Close) {
        if let Some(model) = self.model.take() {
            self.count_model(&model);
            self.leaving = Some(Box::pin(connect::leave(model.into_socket())));
            self.call.handle(now, Input::ModelClosed(close));
        }
    }

    /// Gives up peers that take or say nothing, and pings the carrier.
    pub(super) fn look_after(&mut self, now: Instant) {
        let sockets = self.agent.shared.sockets;
        let limit: Duration = sockets.write_timeout.into();
        let is_late = |deadline: Option<Instant>| deadline.is_some_and(|at| now >= at);
        let time = self.now();
        if self
            .carrier
            .as_ref()
            .is_some_and(|it| is_late(it.link.write_deadline(limit)))
        {
            self.agent.shared.meters.slow_peers.increment(1);
            tracing::warn!("the carrier takes nothing: its socket is given up");
            self.lose_carrier(time);
        }
        if self
            .model
            .as_ref()
            .is_some_and(|it| is_late(it.write_deadline(limit)))
        {
            self.agent.shared.meters.slow_peers.increment(1);
            self.lose_model(time, Close::new(GONE, "the model takes nothing"));
        }
        if now < self.next_look {
            return;
        }
        let silence: Duration = sockets.longest_silence.into();
        let interval: Duration = sockets.ping_interval.into();
        self.next_look = now + LOOK.min(interval).min(silence).max(LEAST_LOOK);
        let waiting = self.call.waiting();
        self.board.queue(waiting);
        if let Some(carrier) = &mut self.carrier {
            self.agent.shared.meters.queue.record(waiting);
            if now - carrier.link.last_heard >= silence {
                tracing::warn!("the carrier says nothing, not even a pong: its socket is given up");
                self.lose_carrier(time);
            } else if now >= self.next_ping {
                carrier.link.ping();
                self.next_ping = now + interval;
            }
        }
    }

    pub(super) fn count_carrier(&self, carrier: &Carrier) {
        let meters = &self.agent.shared.meters;
        meters.streams.decrement(1.0);
        meters.from_carrier.increment(carrier.link.bytes.received);
        meters.to_carrier.increment(carrier.link.bytes.sent);
        self.board.stream(false);
    }

    fn count_model(&self, model: &Link<ModelSocket, tungstenite::Message>) {
        let meters = &self.agent.shared.meters;
        meters.models.decrement(1.0);
        meters.from_model.increment(model.bytes.received);
        meters.to_model.increment(model.bytes.sent);
    }
}

/// How often it is looked whether peers are alive, and how much waits.
const LOOK: Duration = Duration::from_secs(1);
const LEAST_LOOK: Duration = Duration::from_millis(10);
const GONE: u16 = 1_006;

//! The streams of a call.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use url::Url;
use voice_call::Time;
use voice_call::redact::Pii;

use super::record::{End, Purpose, StreamRecord};
use super::{Flow, Phone, interrupted, sid};
use crate::carrier::drive::{Driven, Interrupt, Source, drive};
use crate::carrier::lateness::Lateness;
use crate::carrier::line::{Line, LineSettings, What};
use crate::carrier::network::{Socket, Warning};
use crate::carrier::script::Caller;
use crate::carrier::twiml::{Link, Stream};

/// A `<Start><Stream>` under way.
pub(super) struct Background {
    stream: Stream,
    settings: LineSettings,
    opened: Time,
    control: mpsc::Sender<Interrupt>,
    task: JoinHandle<Driven>,
}

impl Phone {
    /// The call is nothing but a stream.
    pub(super) async fn stream_only(&mut self, interrupts: &mut mpsc::Receiver<Interrupt>) -> End {
        let stream = Stream {
            url: self.base.take().map(String::from).unwrap_or_default(),
            ..Stream::default()
        };
        let settings = self.settings(&stream, false);
        let Some(driven) = self.converse(&stream, settings, interrupts).await else {
            return End::StreamFailed;
        };
        match driven.interrupt {
            Some(_) => End::HungUpByRest,
            None if has_hung_up(&driven.line) => End::CallerHungUp,
            None => End::StreamClosed,
        }
    }

    /// `<Connect><Stream>`.
    pub(super) async fn connect(
        &mut self,
        stream: &Stream,
        action: Option<Link>,
        interrupts: &mut mpsc::Receiver<Interrupt>,
    ) -> Flow {
        if stream
            .track
            .as_deref()
            .is_some_and(|track| track != "inbound_track")
        {
            self.warn(Warning::new(
                BAD_TRACK,
                "a stream both ways has only the inbound track",
            ));
        }
        let settings = self.settings(stream, false);
        let driven = self.converse(stream, settings, interrupts).await;
        if let Some(driven) = driven {
            if let Some(interrupt) = driven.interrupt {
                return interrupted(interrupt);
            }
            if has_hung_up(&driven.line) {
                return Flow::End(End::CallerHungUp);
            }
        }
        match action {
            Some(action) => Flow::Goto(Source::Url(action), Vec::new()),
            None => Flow::Next,
        }
    }

    /// `<Start><Stream>`.
    pub(super) async fn start(&mut self, stream: &Stream) {
        if self.background.len() == MOST_STREAMS {
            self.warn(Warning::new(
                TOO_MANY,
                "a call has at most four streams to the bridge",
            ));
            return;
        }
        match stream.track.as_deref() {
            None | Some("inbound_track") => {}
            Some("outbound_track" | "both_tracks") => {
                self.warn(Warning::new(
                    BAD_TRACK,
                    "the outbound track is not emulated; the inbound one is sent",
                ));
            }
            Some(_) => {
                self.warn(Warning::new(
                    BAD_TRACK,
                    "track is not inbound_track, outbound_track or both_tracks",
                ));
                return;
            }
        }
        let settings = self.settings(stream, true);
        let Some(socket) = self.open(stream, &settings).await else {
            return;
        };
        let (control, mut interrupts) = mpsc::channel(1);
        let (epoch, opened) = (self.epoch, self.now());
        let line = Line::new(settings.clone(), Caller::default(), opened);
        let task =
            tokio::spawn(async move { drive(socket, line, epoch, &mut interrupts, None).await });
        self.background.push(Background {
            stream: stream.clone(),
            settings,
            opened,
            control,
            task,
        });
    }

    /// `<Stop><Stream>`.
    pub(super) async fn stop(&mut self, name: Option<&str>) {
        let all = std::mem::take(&mut self.background);
        for stream in all {
            if name.is_none() || stream.stream.name.as_deref() == name {
                self.finish(stream).await;
            } else {
                self.background.push(stream);
            }
        }
    }

    /// Ends a stream to the bridge.
    pub(super) async fn finish(&mut self, background: Background) {
        // It may have ended by itself.
        let _ = background.control.send(Interrupt::HangUp).await;
        match background.task.await {
            Ok(driven) => {
                self.keep(&background.settings, background.opened, &driven);
                self.tell_of_stream(
                    &background.stream,
                    &background.settings,
                    "stream-stopped",
                    None,
                )
                .await;
            }
            Err(error) => self.warn(Warning::new(0, format!("a stream's task failed: {error}"))),
        }
    }

    async fn converse(
        &mut self,
        stream: &Stream,
        settings: LineSettings,
        interrupts: &mut mpsc::Receiver<Interrupt>,
    ) -> Option<Driven> {
        let socket = self.open(stream, &settings).await?;
        let opened = self.now();
        let mut line = Line::new(settings.clone(), self.options.caller.clone(), opened);
        if let Some(tap) = &self.options.tap {
            line.tap(Arc::clone(tap));
        }
        let monitor = self.options.monitor.as_ref();
        let driven = drive(socket, line, self.epoch, interrupts, monitor).await;
        let was_refused = driven.line.position() < SOON && !has_hung_up(&driven.line);
        if was_refused {
            self.warn(Warning::new(
                31_921,
                "the bridge closed the stream as soon as it was open",
            ));
        }
        self.keep(&settings, opened, &driven);
        let fault = was_refused.then_some("31921");
        let event = if was_refused {
            "stream-error"
        } else {
            "stream-stopped"
        };
        self.tell_of_stream(stream, &settings, event, fault).await;
        Some(driven)
    }

    async fn open(&mut self, stream: &Stream, settings: &LineSettings) -> Option<Socket> {
        let base = self.base.clone();
        let opened = match self.network.stream_url(&stream.url, base.as_ref()) {
            Ok(url) => {
                if has_query(&stream.url, base.as_ref()) {
                    self.warn(Warning::new(
                        31_920,
                        "the stream's URL has a query, which is not passed on",
                    ));
                }
                self.network.open(&url).await
            }
            Err(warning) => Err(warning),
        };
        match opened {
            Ok(socket) => {
                self.tell_of_stream(stream, settings, "stream-started", None)
                    .await;
                Some(socket)
            }
            Err(warning) => {
                let code = warning.code.to_string();
                self.warn(warning);
                self.record.streams.push(StreamRecord {
                    stream_sid: settings.stream_sid.clone(),
                    is_unidirectional: settings.is_unidirectional,
                    opened: None,
                    recording: None,
                    lateness: Lateness::default(),
                });
                self.tell_of_stream(stream, settings, "stream-error", Some(&code))
                    .await;
                None
            }
        }
    }

    fn settings(&self, stream: &Stream, is_unidirectional: bool) -> LineSettings {
        LineSettings {
            account_sid: self.options.account_sid.clone(),
            call_sid: self.options.call_sid.clone(),
            stream_sid: Pii::new(sid("MZ")),
            parameters: stream.parameters.clone(),
            is_unidirectional,
            ..self.options.line.clone()
        }
    }

    fn keep(&mut self, settings: &LineSettings, opened: Time, driven: &Driven) {
        self.record.streams.push(StreamRecord {
            stream_sid: settings.stream_sid.clone(),
            is_unidirectional: settings.is_unidirectional,
            opened: Some(opened),
            recording: Some(driven.line.recording().clone()),
            lateness: driven.lateness.clone(),
        });
    }

    async fn tell_of_stream(
        &mut self,
        stream: &Stream,
        settings: &LineSettings,
        event: &str,
        fault: Option<&str>,
    ) {
        let Some(callback) = stream.status_callback.clone() else {
            return;
        };
        let mut form = vec![
            (
                "AccountSid".to_owned(),
                settings.account_sid.expose().clone(),
            ),
            ("CallSid".to_owned(), settings.call_sid.expose().clone()),
            ("StreamSid".to_owned(), settings.stream_sid.expose().clone()),
            (
                "StreamName".to_owned(),
                stream.name.clone().unwrap_or_default(),
            ),
            ("StreamEvent".to_owned(), event.to_owned()),
        ];
        form.extend(fault.map(|fault| ("StreamError".to_owned(), fault.to_owned())));
        let _ = self.ask(Purpose::StreamStatus, &callback, &form).await;
    }

    fn now(&self) -> Time {
        Time::from(self.epoch.elapsed())
    }
}

fn has_query(url: &str, base: Option<&Url>) -> bool {
    let url = base.map_or_else(|| Url::parse(url), |base| base.join(url));
    url.is_ok_and(|url| url.query().is_some())
}

/// Whether the caller's side ended a line.
fn has_hung_up(line: &Line) -> bool {
    let mut events = line.recording().log.events.iter().rev();
    events.any(|event| event.what == What::HungUp)
}

const MOST_STREAMS: usize = 4;
/// 100 ms, within which a close means that the bridge did not want the stream.
const SOON: u64 = 800;
const BAD_TRACK: u16 = 31_941;
const TOO_MANY: u16 = 31_940;

//! A bridge in the usual style: converts each message, and passes it on at once.

use std::io;

use audio_converter::Converter;
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use axum::routing::{any, post};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpListener;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use voice_call::gemini::{self, ServerMessage};
use voice_call::twilio::{self, FromCarrier};

/// What a bridge does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Nothing.
    Good,
    /// Every 25th message of the caller does not go on.
    Loses,
    /// It ends each call after so many messages of the caller.
    Ends(u64),
}

/// Where the model is, and what is done wrong.
#[derive(Clone, Debug)]
pub(crate) struct Bridge {
    pub(crate) model: String,
    pub(crate) habit: Habit,
}

/// Serves it at `/voice` (webhook) and `/media` (stream) for ever.
pub(crate) async fn serve(listener: TcpListener, bridge: Bridge) -> io::Result<()> {
    let router = Router::new()
        .route("/voice", post(voice))
        .route("/media", any(media))
        .with_state(bridge);
    axum::serve(listener, router).await
}

async fn voice(headers: HeaderMap) -> impl IntoResponse {
    let host = headers[header::HOST].to_str().unwrap_or_default();
    let twiml =
        format!(r#"<Response><Connect><Stream url="ws://{host}/media"/></Connect></Response>"#);
    ([(header::CONTENT_TYPE, "text/xml")], twiml)
}

async fn media(State(bridge): State<Bridge>, upgrade: WebSocketUpgrade) -> impl IntoResponse {
    let upgrade = upgrade.read_buffer_size(4 << 10).write_buffer_size(0);
    upgrade.on_upgrade(move |socket| async move {
        if let Some(error) = talk(socket, bridge).await.err() {
            eprintln!("a call ended: {error}");
        }
    })
}

async fn talk(mut carrier: WebSocket, bridge: Bridge) -> Result<(), Box<dyn std::error::Error>> {
    let (mut model, _) = connect_async(&bridge.model).await?;
    let setup = r#"{"setup":{"model":"models/gemini-3.8-live","generationConfig":{"responseModalities":["AUDIO"]}}}"#;
    model.send(Message::text(setup)).await?;
    let format = |text: &str| text.parse().expect("a format");
    let mut up = Converter::new(format("mulaw/8000"), format("pcm16/16000"))?;
    let mut down = Converter::new(format("pcm16/24000"), format("mulaw/8000"))?;
    let (mut stream, mut is_ready, mut count) = (String::new(), false, 0);
    let mut sound = Vec::new();
    loop {
        tokio::select! {
            frame = carrier.next() => {
                let Some(Ok(frame)) = frame else { return Ok(()) };
                let Frame::Text(text) = frame else { continue };
                match FromCarrier::parse(&text)? {
                    FromCarrier::Start(start) => stream = start.stream_sid.as_str().to_owned(),
                    FromCarrier::Media(media) if is_ready => {
                        count += 1;
                        match bridge.habit {
                            Habit::Loses if count % 25 == 0 => continue,
                            Habit::Ends(most) if count > most => return Ok(()),
                            Habit::Good | Habit::Loses | Habit::Ends(_) => {}
                        }
                        sound.clear();
                        media.payload.decode_append(&mut sound)?;
                        let mut out = String::new();
                        gemini::write_audio(&mut out, &up.process(&sound));
                        model.send(Message::text(out)).await?;
                    }
                    FromCarrier::Stop(_) => return Ok(()),
                    _ => {}
                }
            }
            message = model.next() => {
                let message = message.ok_or("the model has gone")??;
                if message.is_close() {
                    return Ok(());
                }
                let bytes = message.into_data();
                let Ok(message) = ServerMessage::parse_bytes(&bytes) else { continue };
                is_ready |= message.setup_complete.is_some();
                let Some(content) = message.server_content else { continue };
                let mut out = String::new();
                if content.interrupted {
                    twilio::write_clear(&mut out, &stream);
                    carrier.send(Frame::Text(std::mem::take(&mut out).into())).await?;
                }
                for part in content.model_turn.iter().flat_map(|turn| turn.parts.iter()) {
                    let Some(blob) = &part.inline_data else { continue };
                    sound.clear();
                    blob.data.decode_append(&mut sound)?;
                    let mut codes = down.process(&sound);
                    twilio::write_media(&mut out, &stream, &codes);
                    codes.clear();
                    carrier.send(Frame::Text(std::mem::take(&mut out).into())).await?;
                }
            }
        }
    }
}

//! `phonebox model`: a Gemini Live server on this machine.

use std::path::Path;
use std::sync::Arc;

use phonebox::demo::Happening;
use phonebox::model::{Behaviour, BehaviourError, Kind, Model, Server, ServerOptions};
use phonebox::tls::Authority;
use tokio::sync::broadcast::error::RecvError;

use super::runtime::{asked_to_end, block_on};
use crate::args::ModelArgs;
use crate::commands::print;
use crate::printer::Printer;

pub(crate) fn model(args: &ModelArgs, printer: &Printer) -> anyhow::Result<()> {
    let mut behaviour = behaviour(&args.behaviour)?;
    if let Some(limit) = args.connection_limit {
        behaviour.limits.connection = limit;
        behaviour.limits.notice = limit / 10;
    }
    let model = Model::new(behaviour)?;
    block_on(serve(args, model, printer))
}

/// `parrot`, `echo`, or a file.
pub(super) fn behaviour(name: &Path) -> Result<Behaviour, BehaviourError> {
    let kind = |kind| Behaviour {
        kind,
        ..Behaviour::default()
    };
    match name.to_str() {
        Some("parrot") => Ok(kind(Kind::Parrot)),
        Some("echo") => Ok(kind(Kind::Echo)),
        _ => Behaviour::load(name),
    }
}

async fn serve(args: &ModelArgs, model: Arc<Model>, printer: &Printer) -> anyhow::Result<()> {
    let authority = match args.tls {
        Some(_) => Some(Arc::new(Authority::load_or_create(&args.ca_dir)?)),
        None => None,
    };
    let server = Server::bind(
        model,
        ServerOptions {
            plain: Some(args.listen),
            tls: args.tls,
            authority: authority.clone(),
            names: args.name.clone(),
            key: args.key.clone(),
            ..ServerOptions::default()
        },
    )
    .await?;
    print(how_to(args, &server, authority.as_deref()).as_bytes())?;
    let mut events = server.events();
    let end = asked_to_end();
    tokio::pin!(end);
    loop {
        tokio::select! {
            result = &mut end => {
                result?;
                break;
            }
            event = events.recv() => match event {
                Ok(event) => {
                    if let Some(it) = Happening::of_model(&event.event) {
                        let seconds = it.at.since_beginning().as_secs_f64();
                        let connection = event.connection;
                        let text = super::demo::line(seconds, &it);
                        printer.info(&format!("#{connection} {text}"));
                    }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            },
        }
    }
    server.shutdown().await;
    Ok(())
}

/// The addresses, and a line for each kind of client.
fn how_to(args: &ModelArgs, server: &Server, authority: Option<&Authority>) -> String {
    let mut text = String::new();
    let mut add = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    let key = args.key.as_deref().map_or("\"any\"", |_| "KEY");
    if let Some(address) = server.plain_addr() {
        add(format!("http://{address} and ws://{address}, without TLS"));
        add(format!(
            "  JavaScript  new GoogleGenAI({{apiKey: {key}, httpOptions: {{baseUrl: \"http://{address}\"}}}})"
        ));
        add(format!(
            "  serve       --set services.NAME.base_url=http://{address}"
        ));
    }
    if let (Some(address), Some(ca)) = (server.tls_addr(), authority.and_then(Authority::file)) {
        let (ca, port) = (ca.display(), address.port());
        add(format!(
            "https://localhost:{port} and wss://localhost:{port}, with TLS by {ca}"
        ));
        add(format!(
            "  Python      SSL_CERT_FILE={ca}  genai.Client(api_key={key}, http_options={{\"base_url\": \"https://localhost:{port}\"}})"
        ));
        add(format!(
            "  JavaScript  NODE_EXTRA_CA_CERTS={ca}  new GoogleGenAI({{apiKey: {key}, httpOptions: {{baseUrl: \"https://localhost:{port}\"}}}})"
        ));
    }
    text
}

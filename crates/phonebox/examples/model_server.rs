//! Serves an emulated voice model, with and without TLS, until it is interrupted.
//!
//! ```text
//! cargo run -p phonebox --example model_server -- FOLDER [BEHAVIOUR.toml] [KEY]
//! ```
//!
//! `ca.pem` in the folder is the certificate to trust. Prints one line with both addresses.

use std::error::Error;
use std::sync::Arc;

use phonebox::model::{Behaviour, Model, Server, ServerOptions};
use phonebox::tls::Authority;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .ok_or("name a folder for the certificates")?;
    let behaviour = arguments
        .next()
        .map_or_else(|| Ok(Behaviour::default()), Behaviour::load)?;
    let options = ServerOptions {
        tls: Some(([127, 0, 0, 1], 0).into()),
        authority: Some(Arc::new(Authority::load_or_create(&folder)?)),
        key: arguments.next(),
        ..ServerOptions::default()
    };
    let server = Server::bind(Model::new(behaviour)?, options).await?;
    if let (Some(plain), Some(tls)) = (server.plain_addr(), server.tls_addr()) {
        println!(
            "http://localhost:{} https://localhost:{}",
            plain.port(),
            tls.port()
        );
    }
    tokio::signal::ctrl_c().await?;
    for record in server.shutdown().await {
        println!(
            "connection {}: {} events",
            record.number,
            record.events.len()
        );
    }
    Ok(())
}

//! `serve`: the gateway.

use voice_gateway::{Config, Gateway, logging};

use super::runtime::{asked_to_end, block_on};
use crate::args::ServeArgs;
use crate::commands::print;
use crate::printer::Printer;

pub(crate) fn serve(args: &ServeArgs, printer: &Printer) -> anyhow::Result<()> {
    let config = Config::load(args.config.as_deref(), std::env::vars(), &args.set)?;
    if args.check {
        block_on(async { Ok(Gateway::check(&config)?) })?;
        return Ok(print(config.to_string().as_bytes())?);
    }
    logging::install(&config.log, std::io::stderr)?;
    block_on(async {
        let gateway = Gateway::bind(config).await?;
        let drained = gateway
            .run(async {
                if let Err(error) = asked_to_end().await {
                    warn_of_signals(printer, &error);
                    std::future::pending::<()>().await;
                }
            })
            .await;
        if drained.cut > 0 {
            printer.warning(&format!("{} calls were ended", drained.cut));
        }
        Ok(())
    })
}

fn warn_of_signals(printer: &Printer, error: &std::io::Error) {
    printer.warning(&format!("signals cannot be caught: {error}"));
}

//! `demo`: one call from end to end, without an account or a key.

use anyhow::Context as _;
use phonebox::carrier::CallOptions;
use phonebox::demo::{self, Files, Happening, Stage, Story};
use serde_json::json;
use tokio::sync::{oneshot, watch};
use url::Url;
use voice_gateway::{Config, Gateway};

use super::Unmet;
use super::live_view::LiveView;
use super::runtime::block_on;
use crate::args::DemoArgs;
use crate::commands::print;
use crate::printer::Printer;

pub(crate) fn demo(args: &DemoArgs, printer: &Printer) -> anyhow::Result<()> {
    let story = if args.fast {
        let story = demo::rehearse()?;
        for it in story.happenings() {
            printer.info(&line(story.since_start(it.at).as_secs_f64(), it));
        }
        story
    } else {
        block_on(call(printer))?
    };
    let files = story.write(&args.output)?;
    tell(&story, &files, args.json, printer)
}

/// A line of the live view.
pub(super) fn line(seconds: f64, it: &Happening) -> String {
    let colon = if it.is_speech() { ":" } else { "" };
    format!("{seconds:5.1} s  {}{colon} {}", it.who.as_str(), it.what)
}

fn tell(story: &Story, files: &Files, json: bool, printer: &Printer) -> anyhow::Result<()> {
    if json {
        print(format!("{}\n", story.report()).as_bytes())?;
    } else {
        let Files {
            call,
            transcript,
            report,
            picture,
        } = files;
        let names = [call, transcript, report, picture].map(|it| it.display().to_string());
        print(format!("\n{}\nwritten: {}\n", story.score(), names.join(", ")).as_bytes())?;
    }
    Unmet::check(&story.violations(), printer)
}

/// The call over loopback sockets: model, gateway and carrier in this process.
async fn call(printer: &Printer) -> anyhow::Result<Story> {
    let stage = Stage::open().await?;
    let gateway = Gateway::bind(config(&stage)?).await?;
    let url = format!("http://{}/voice", gateway.address()?).parse()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(gateway.run(async {
        // Dropped or sent, it is over.
        let _ = stopped.await;
    }));
    let mut options = CallOptions::new(url);
    options.network.public_origin = Some(Url::parse(ORIGIN)?);
    options.network.auth_token = TOKEN.to_owned().into();
    let (monitor, glimpses) = watch::channel(None);
    options.monitor = Some(monitor);
    let events = stage.events();
    let called = stage.call(options);
    let mut view = LiveView::new(printer);
    let (story, record) = tokio::select! {
        biased;
        called = called => called?,
        () = view.follow(events, glimpses) => unreachable!("it follows until it is dropped"),
    };
    drop(view);
    drop(stop);
    running.await?;
    for warning in &record.warnings {
        printer.warning(&format!("{} ({})", warning.text, warning.code));
    }
    Ok(story)
}

fn config(stage: &Stage) -> anyhow::Result<Config> {
    let setup = demo::config();
    let tool = setup.functions.iter().find(|it| it.name == demo::TOOL);
    let tool = tool.context("the demo has a function")?;
    let config = json!({
        "public_origin": ORIGIN,
        "server": {"listen": "127.0.0.1:0"},
        "admin": {"listen": "127.0.0.1:0"},
        "drain": {"grace": "1s", "linger": "0s"},
        "carrier": {"accounts": [{"sid": ACCOUNT, "auth_tokens": [TOKEN]}]},
        "routes": [{"agent": "fish"}],
        "services": {"box": {
            "kind": "developer",
            "key": "demo",
            "base_url": format!("http://{}", stage.model_address()),
        }},
        "agents": {"fish": {
            "model": setup.model,
            "tools": {(demo::TOOL): {
                "description": tool.description,
                "parameters": tool.parameters,
                "url": format!("http://{}/{}", stage.tool_address(), demo::TOOL),
            }},
        }},
    });
    Ok(serde_json::from_value(config)?)
}

/// What carrier and gateway agree on. Nothing of it leaves this machine.
const ORIGIN: &str = "https://demo.example.com";
const TOKEN: &str = "demo";
const ACCOUNT: &str = "AC00000000000000000000000000000001";

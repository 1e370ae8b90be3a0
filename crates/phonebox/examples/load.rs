//! Loads a plain bridge, which runs on the second core, with calls.
//!
//! ```sh
//! cargo run --release -p phonebox --example load -- 100 20
//! ```

#[path = "../tests/load_bridge/mod.rs"]
#[expect(dead_code, reason = "this bridge has good habits only")]
mod load_bridge;

use std::error::Error;
use std::time::Duration;

use load_bridge::{Bridge, Habit, serve};
use phonebox::load::{LoadOptions, Talk, Target, run};
use tokio::net::TcpListener;

const MODEL: &str = "127.0.0.1:8765";
const BRIDGE: &str = "127.0.0.1:8766";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let word = |number: usize| arguments.get(number).map(String::as_str);
    if word(0) == Some("bridge") {
        let path = "ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
        let bridge = Bridge {
            model: format!("ws://{MODEL}/{path}"),
            habit: Habit::Good,
        };
        return Ok(serve(TcpListener::bind(BRIDGE).await?, bridge).await?);
    }
    let mut options = LoadOptions::new(format!("http://{BRIDGE}/voice").parse()?);
    options.calls = word(0).unwrap_or("20").parse()?;
    options.steady = Duration::from_secs(word(1).unwrap_or("20").parse()?);
    options.talk = Talk {
        barge_ins: word(2).unwrap_or("0").parse()?,
        ..Talk::default()
    };
    options.model.plain = Some(MODEL.parse()?);
    let program = std::env::current_exe()?.to_string_lossy().into_owned();
    options.target = Target::Command {
        command: vec![program, "bridge".to_owned()],
        core: std::thread::available_parallelism()
            .is_ok_and(|cores| cores.get() > 1)
            .then_some(1),
        patience: Duration::from_secs(5),
    };
    let report = run(options, |progress| eprintln!("{progress:?}")).await?;
    print!("{report}");
    Ok(())
}

//! One call that shows everything: a greeting, an answer, a barge-in, a tool, a handover, and an agent that hangs up.
//!
//! [`rehearse`] holds it in virtual time. [`Stage`] holds it over loopback sockets, against any bridge that is told where the model is.
//! Either way a [`Story`] is left, which can be measured, drawn and written down.
//!
//! ```
//! let story = phonebox::demo::rehearse()?;
//! assert!(story.transcript().contains("caller: Okay. Thank you very much."));
//! assert_eq!(story.violations(), []);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod happening;
mod script;
mod stage;
mod story;

pub use happening::{Happening, Who};
pub use script::{RehearsalError, TOOL, config, limits, rehearse, tools};
pub use stage::{Stage, StageError};
pub use story::{Files, Line, Story, Told, WriteError};

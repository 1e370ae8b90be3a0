//! Limits that were not kept.

use std::fmt;

use phonebox::score::Violation;

use crate::printer::Printer;

/// A call was worse than it may be, which has been told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unmet;

impl Unmet {
    /// Tells each limit that was not kept.
    pub(crate) fn check(violations: &[Violation], printer: &Printer) -> anyhow::Result<()> {
        for violation in violations {
            printer.error(&anyhow::anyhow!("{violation}"));
        }
        if violations.is_empty() {
            Ok(())
        } else {
            Err(Self.into())
        }
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the call was worse than it may be")
    }
}

impl std::error::Error for Unmet {}

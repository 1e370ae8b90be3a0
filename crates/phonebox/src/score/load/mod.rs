//! Figures over many calls at once, in memory that does not grow with them.

mod figures;
mod histogram;
mod process;

pub use figures::Figures;
pub use histogram::{Histogram, Summary};
pub use process::{ProcessError, ProcessUse, Reading};

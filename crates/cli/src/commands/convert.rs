//! `convert`, and the original form.

use std::ops::ControlFlow;

use audio_converter_file::{Container, Report, convert_file};

use crate::args::LogLevel;
use crate::plan::ConvertPlan;
use crate::printer::Printer;
use crate::progress::Progress;

pub(crate) fn convert(plan: &ConvertPlan, printer: &Printer) -> anyhow::Result<()> {
    let input = plan.input.display();
    if let Some(warning) = &plan.warning {
        printer.warning(&format!("{input}: {warning}"));
    }
    let report = {
        let mut progress = Progress::new(plan.level >= LogLevel::Info);
        convert_file(
            &plan.input,
            &plan.output,
            &plan.conversion,
            &mut |position| {
                progress.update(position);
                ControlFlow::Continue(())
            },
        )?
    };
    for warning in &report.info.warnings {
        printer.warning(&format!("{}: {warning}", report.name));
    }
    if plan.output.as_os_str() != "-" {
        printer.info(&summary(plan, &report));
    }
    printer.debug(&format!(
        "{} samples read, {} samples written",
        report.samples_read, report.samples_written
    ));
    Ok(())
}

/// One line, as in `call.ulaw: 8.02 s of mulaw/8000, from WAV, 16-bit PCM, mono, 24000 Hz`.
fn summary(plan: &ConvertPlan, report: &Report) -> String {
    let container = match report.container {
        Container::Wav => "WAV, ",
        Container::Raw => "",
    };
    let seconds = report.duration.as_secs_f64();
    let (output, input) = (plan.output.display(), report.info.describe());
    format!(
        "{output}: {seconds:.2} s of {container}{}, from {input}",
        report.to
    )
}

//! Linear interpolation between the two nearest samples, without any filter: what a quick bridge writes itself.

use protocol::{Failure, Format, Rival, Stream, mulaw::Tables};

struct Naive;

struct Linear {
    tables: std::rc::Rc<Tables>,
    from: Format,
    to: Format,
    samples: Vec<i16>,
    converted: Vec<i16>,
    /// The last sample of the chunk before.
    last: i16,
    /// Where the next output lies: whole input samples after `last`, and the rest in units of 1 / to.rate.
    index: usize,
    fraction: i64,
}

impl Rival for Naive {
    type Stream = Linear;
    const NAME: &'static str = "linear, no filter";
    const VERSION: &'static str = "-";
    const G711: &'static str = "table";
    const VARIANTS: &'static [&'static str] = &["linear"];

    fn open(_variant: &str, from: Format, to: Format, _chunk: usize) -> Result<Linear, Failure> {
        thread_local!(static TABLES: std::rc::Rc<Tables> = std::rc::Rc::new(Tables::new()));
        Ok(Linear {
            tables: TABLES.with(Clone::clone),
            from,
            to,
            samples: Vec::new(),
            converted: Vec::new(),
            last: 0,
            index: 1, // the first input sample
            fraction: 0,
        })
    }
}

impl Stream for Linear {
    fn process(&mut self, input: &[u8], output: &mut Vec<u8>) {
        self.tables.decode(self.from, input, &mut self.samples);
        let (unit, from) = (i64::from(self.to.rate), i64::from(self.from.rate));
        let (whole, part) = ((from / unit) as usize, from % unit);
        self.converted.clear();
        while self.index < self.samples.len()
            || (self.index == self.samples.len() && self.fraction == 0)
        {
            let before = i64::from(if self.index == 0 {
                self.last
            } else {
                self.samples[self.index - 1]
            });
            let after = if self.fraction == 0 {
                before
            } else {
                i64::from(self.samples[self.index])
            };
            self.converted
                .push((before + (after - before) * self.fraction / unit) as i16);
            self.index += whole;
            self.fraction += part;
            if self.fraction >= unit {
                self.fraction -= unit;
                self.index += 1;
            }
        }
        self.index -= self.samples.len();
        self.last = self.samples.last().copied().unwrap_or(self.last);
        self.tables.encode(self.to, &self.converted, output);
    }

    fn finish(&mut self, _output: &mut Vec<u8>) {}
}

fn main() -> Result<(), Failure> {
    protocol::run::<Naive>()
}

//! One stream through one filter: its history, and the step from new inputs to outputs.

use alloc::boxed::Box;
use alloc::sync::Arc;

use fearless_simd::{Simd, dispatch};

use crate::Encoding;
use crate::codec::Sample;
use crate::filter::{Cursor, Filter, Geometry, Kernel, Key, shared};
use crate::kernel::{LANES, LargeRoom, Line, MOST_CYCLES, Planar, Room, SmallRoom};
use crate::level::Level;

/// A filter and the last inputs of one stream.
#[derive(Clone)]
pub(crate) struct Resampler {
    filter: Arc<Filter>,
    history: History,
    cursor: Cursor,
}

/// The inputs kept from the stream's origin on; for the line kernels with room behind them for new ones and for a
/// vector's lanes, so that a window is one slice.
#[derive(Clone)]
enum History {
    Narrow(Box<[i16]>),
    Wide(Box<[f64]>),
}

/// How much of a stream to convert at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
}

/// New inputs for one step, whole samples.
#[derive(Clone, Copy)]
pub(crate) enum Inputs<'a> {
    /// A sample that arrived in pieces, if there is one, and those that follow it.
    Bytes {
        encoding: Encoding,
        first: Option<&'a [u8]>,
        rest: &'a [u8],
    },
    /// So many samples of silence: the end of the stream.
    Silence(usize),
}

/// New inputs that one step of a line kernel takes at most.
const LINE_INPUTS: usize = 256;
/// Outputs that a line kernel makes before they are encoded.
const LINE_OUTPUTS: usize = 64;

impl Resampler {
    pub(crate) fn new(key: Key) -> Self {
        let filter = shared(key);
        let kept = filter.geometry.most_kept();
        let history = match filter.kernel {
            Kernel::Planar(_) => History::Narrow(silence(kept)),
            Kernel::Dot(_) => History::Narrow(silence(kept + LINE_INPUTS + LANES)),
            Kernel::Wide(_) => History::Wide(silence(kept + LINE_INPUTS + LANES)),
        };
        let cursor = filter.geometry.start();
        Self {
            filter,
            history,
            cursor,
        }
    }

    pub(crate) fn reset(&mut self) {
        self.cursor = self.filter.geometry.start();
        match &mut self.history {
            History::Narrow(history) => history.fill(0),
            History::Wide(history) => history.fill(0.0),
        }
    }

    /// Half the filter's length, in steps of the grid, and steps an input sample: their ratio is the latency.
    pub(crate) fn latency(&self) -> (u64, u64) {
        (
            self.filter.geometry.half(),
            self.filter.geometry.up() as u64,
        )
    }

    /// The most outputs that so many inputs can give.
    pub(crate) fn most_outputs(&self, inputs: usize) -> usize {
        let (up, down) = (self.filter.geometry.up(), self.filter.geometry.down());
        (inputs / down)
            .saturating_mul(up)
            .saturating_add((inputs % down * up).div_ceil(down))
    }

    /// The most outputs that a finished stream may still owe.
    pub(crate) fn most_owed(&self) -> usize {
        let geometry = &self.filter.geometry;
        self.most_outputs(geometry.window() - geometry.before())
    }

    /// Outputs that have all their inputs and have not been taken, for want of room.
    pub(crate) fn outputs_waiting(&self) -> usize {
        self.filter
            .geometry
            .outputs_of(&self.cursor, self.cursor.kept)
    }

    /// The next step when so many inputs are there and so many outputs have room: the inputs that it takes, no more
    /// than those outputs need, and the outputs that it makes. Nothing of either when nothing can be done.
    pub(crate) fn plan(&self, available: usize, room: usize) -> Step {
        let Self { filter, cursor, .. } = self;
        let (most_inputs, room) = match filter.kernel {
            Kernel::Planar(_) => (usize::MAX, room.min(MOST_CYCLES * filter.geometry.up())),
            Kernel::Dot(_) | Kernel::Wide(_) => (LINE_INPUTS, room),
        };
        let wanted = match room {
            0 => filter.geometry.inputs_without_output(cursor),
            _ => filter.geometry.inputs_for(cursor, room),
        };
        let inputs = wanted
            .saturating_sub(cursor.kept)
            .min(available)
            .min(most_inputs);
        let outputs = filter
            .geometry
            .outputs_of(cursor, cursor.kept + inputs)
            .min(room);
        Step { inputs, outputs }
    }

    /// Where the stream's last input lies, for [`Resampler::finish`].
    pub(crate) fn end(&self) -> i64 {
        self.cursor.kept as i64
    }

    /// Writes outputs that a stream which ended at `end` still owes, as many as there is room for. Gives the bytes
    /// written and where the end now lies; when nothing is owed any more, `None`.
    pub(crate) fn finish(
        &mut self,
        level: Level,
        mut end: i64,
        to: Encoding,
        output: &mut [u8],
    ) -> (usize, Option<i64>) {
        let mut written = 0;
        loop {
            let owed = self.filter.geometry.outputs_before(&self.cursor, end);
            let room = (output.len() - written) / to.bytes_per_sample();
            if owed == 0 || room == 0 {
                return (written, (owed > 0).then_some(end));
            }
            let step = self.plan(usize::MAX, owed.min(room));
            let bytes = step.outputs * to.bytes_per_sample();
            let shift = self.take(
                level,
                Inputs::Silence(step.inputs),
                to,
                &mut output[written..][..bytes],
            );
            written += bytes;
            end -= shift as i64;
        }
    }

    /// Takes a planned step's inputs and fills `output` with its outputs; gives the inputs by which the origin
    /// moved.
    pub(crate) fn take(
        &mut self,
        level: Level,
        inputs: Inputs<'_>,
        to: Encoding,
        output: &mut [u8],
    ) -> usize {
        let Self {
            filter,
            history,
            cursor,
        } = self;
        let geometry = &filter.geometry;
        let job = Job {
            geometry,
            cursor,
            inputs,
            to,
            output,
        };
        match (&filter.kernel, history) {
            (Kernel::Planar(planar), History::Narrow(history)) if planar.is_small() => {
                dispatch!(level, simd => planar_step(simd, planar, SmallRoom::new(), history, job))
            }
            (Kernel::Planar(planar), History::Narrow(history)) => {
                dispatch!(level, simd => planar_step(simd, planar, LargeRoom::new(), history, job))
            }
            (Kernel::Dot(dot), History::Narrow(history)) => {
                dispatch!(level, simd => line_step(simd, dot, history, job))
            }
            (Kernel::Wide(wide), History::Wide(history)) => {
                dispatch!(level, simd => line_step(simd, wide, history, job))
            }
            (Kernel::Planar(_) | Kernel::Dot(_), History::Wide(_))
            | (Kernel::Wide(_), History::Narrow(_)) => {
                unreachable!("the history is made for its kernel")
            }
        }
    }
}

/// One step: its inputs, and exactly the bytes of the outputs that they give.
struct Job<'a> {
    geometry: &'a Geometry,
    cursor: &'a mut Cursor,
    inputs: Inputs<'a>,
    to: Encoding,
    output: &'a mut [u8],
}

#[inline(always)]
fn planar_step<S: Simd, const INPUTS: usize, const ROWS: usize, const OUTPUTS: usize>(
    simd: S,
    planar: &Planar,
    mut room: Room<INPUTS, ROWS, OUTPUTS>,
    history: &mut [i16],
    job: Job<'_>,
) -> usize {
    let Job {
        geometry,
        cursor,
        inputs,
        to,
        output,
    } = job;
    let (kept, total) = (cursor.kept, cursor.kept + inputs.len());
    room.inputs[..kept].copy_from_slice(&history[..kept]);
    inputs.decode(&mut room.inputs[kept..total]);
    let first = (cursor.position / geometry.down() as u64) as usize;
    let count = output.len() / to.bytes_per_sample();
    if count > 0 {
        let samples = planar.run(simd, &mut room, first, count);
        i16::encode(to, samples, output);
    }
    let shift = geometry.advance(cursor, total, count);
    history[..cursor.kept].copy_from_slice(&room.inputs[shift..total]);
    shift
}

#[inline(always)]
fn line_step<S: Simd, L: Line>(
    simd: S,
    line: &L,
    history: &mut [L::Sample],
    job: Job<'_>,
) -> usize {
    let Job {
        geometry,
        cursor,
        inputs,
        to,
        output,
    } = job;
    let (kept, total) = (cursor.kept, cursor.kept + inputs.len());
    inputs.decode(&mut history[kept..total]);
    // An output's window starts at its whole inputs, and its phase is what is left of its place on the grid.
    let (whole, part) = (
        geometry.down() / geometry.up(),
        geometry.down() % geometry.up(),
    );
    let (mut start, mut phase) = (0, cursor.position as usize);
    let mut samples = [L::Sample::default(); LINE_OUTPUTS];
    for output in output.chunks_mut(LINE_OUTPUTS * to.bytes_per_sample()) {
        let samples = &mut samples[..output.len() / to.bytes_per_sample()];
        for sample in samples.iter_mut() {
            *sample = line.output(simd, &history[start..], phase);
            let carry = usize::from(phase + part >= geometry.up());
            start += whole + carry;
            phase = phase + part - carry * geometry.up();
        }
        L::Sample::encode(to, samples, output);
    }
    let shift = geometry.advance(cursor, total, output.len() / to.bytes_per_sample());
    history.copy_within(shift..total, 0);
    shift
}

impl Inputs<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Bytes {
                encoding,
                first,
                rest,
            } => usize::from(first.is_some()) + rest.len() / encoding.bytes_per_sample(),
            Self::Silence(samples) => *samples,
        }
    }

    #[inline(always)]
    fn decode<T: Sample>(self, samples: &mut [T]) {
        match self {
            Self::Bytes {
                encoding,
                first: None,
                rest,
            } => T::decode(encoding, rest, samples),
            Self::Bytes {
                encoding,
                first: Some(first),
                rest,
            } => {
                let (head, tail) = samples.split_at_mut(1);
                T::decode(encoding, first, head);
                T::decode(encoding, rest, tail);
            }
            Self::Silence(_) => samples.fill(T::default()),
        }
    }
}

fn silence<T: Default + Clone>(samples: usize) -> Box<[T]> {
    alloc::vec![T::default(); samples].into()
}

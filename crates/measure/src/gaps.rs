//! Gaps: stretches in mid-recording where the sound stopped.

use crate::Span;
use crate::decibel::{finite, power_db, samples_in, usable};

/// How a [`Gap`] shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GapKind {
    /// Digital silence: one unchanging value of at most 8.5 / 32 768 (A-law's quietest is 8 / 32 768).
    Silence,
    /// One unchanging louder value: a stuck converter.
    Stuck,
    /// Not constant, but the level fell by 50 dB and more within some 5 ms and came back as fast within half a second.
    Collapse,
}

/// A stretch without sound between two sounding ones.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Gap {
    /// Where it is, in samples.
    pub span: Span,
    /// How it shows.
    pub kind: GapKind,
    /// Whether sound was cut: the 5 ms before or the 5 ms after are above −50 dBov. Pauses
    /// that a speech synthesiser or a silence suppressor fills with zeros are mostly not abrupt. Sound of
    /// under some 3 ms does not count: what lies between the pulses of an impulse train was not cut.
    pub is_abrupt: bool,
}

/// What [`gaps`] and [`GapMeter`] find.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Gaps {
    /// How many gaps there are.
    pub count: u64,
    /// How many of them are abrupt: dropouts.
    pub abrupt: u64,
    /// The samples in all gaps.
    pub samples: u64,
    /// The first gaps, at most [`GapMeter::KEPT`], in order of their ends.
    pub found: Vec<Gap>,
    /// Digital silence before the first sound, in samples. All of a silent signal.
    pub leading: u64,
    /// Digital silence after the last sound, in samples.
    pub trailing: u64,
}

/// Finds the gaps of at least `shortest` seconds; rate in Hz. `None` for a rate outside 1 Hz to 10 MHz.
///
/// Silence at the very start and end is no gap. 0.005 is a good `shortest` for telephone audio; stretches
/// under 4 samples are never gaps.
///
/// ```
/// use audio_converter_measure::{GapKind, gaps, signal};
///
/// let mut tone = signal::tone(8_000.0, 440.0, 0.5, 8_000);
/// tone[4_000..4_160].fill(0.0);
/// let found = gaps(&tone, 8_000.0, 0.005).unwrap();
/// assert_eq!((found.count, found.found[0].kind, found.found[0].is_abrupt), (1, GapKind::Silence, true));
/// assert!(found.found[0].span.length.abs_diff(160) <= 2);
/// ```
#[must_use]
pub fn gaps(signal: &[f32], rate: f64, shortest: f64) -> Option<Gaps> {
    let mut meter = GapMeter::new(rate, shortest)?;
    meter.push(signal);
    Some(meter.finish())
}

/// Finds gaps block by block, in constant memory.
///
/// ```
/// use audio_converter_measure::GapMeter;
///
/// let mut meter = GapMeter::new(8_000.0, 0.005).unwrap();
/// meter.push(&[0.0; 800]);
/// assert_eq!(meter.finish().leading, 800);
/// ```
#[derive(Clone, Debug)]
pub struct GapMeter {
    shortest: u64,
    position: u64,
    runs: Runs,
    collapse: Collapse,
    found: Gaps,
}

impl GapMeter {
    /// How many gaps are kept with their places; all are counted.
    pub const KEPT: usize = 10_000;

    /// A meter for `rate` Hz and gaps of at least `shortest` seconds; `None` for a rate outside 1 Hz to
    /// 10 MHz or a length that is no number.
    #[must_use]
    pub fn new(rate: f64, shortest: f64) -> Option<Self> {
        let rate = usable(rate)?;
        if !shortest.is_finite() {
            return None;
        }
        Some(Self {
            shortest: (shortest.max(0.0) * rate).round().max(4.0) as u64,
            position: 0,
            runs: Runs::new(samples_in(rate, NEAR)),
            collapse: Collapse::new(rate),
            found: Gaps::default(),
        })
    }

    /// Takes the next samples.
    pub fn push(&mut self, block: &[f32]) {
        for &sample in block {
            let value = finite(sample);
            if let Some(gap) = self.runs.take(self.position, value, self.shortest) {
                self.keep(gap);
            }
            if let Some(span) = self.collapse.take(self.position, value)
                && span.length >= self.shortest
            {
                let overlaps = |gap: &Gap| {
                    gap.span.start < span.start + span.length
                        && span.start < gap.span.start + gap.span.length
                };
                // A run of zeros collapses as well; it has its entry already, or will have when it is judged.
                let known = self.found.found.iter().rev().take(8).any(overlaps)
                    || self
                        .runs
                        .waiting
                        .is_some_and(|(waiting, ..)| waiting.start < span.start + span.length);
                if !known {
                    self.keep(Gap {
                        span,
                        kind: GapKind::Collapse,
                        is_abrupt: true,
                    });
                }
            }
            self.position += 1;
        }
    }

    /// The gaps in all that was pushed.
    #[must_use]
    pub fn finish(mut self) -> Gaps {
        if let Some(gap) = self.runs.judge(self.position) {
            self.keep(gap);
        }
        self.found.leading = self.runs.leading.unwrap_or(self.runs.silence());
        self.found.trailing = self.runs.leading.map_or(0, |_| self.runs.silence());
        self.found
    }

    fn keep(&mut self, gap: Gap) {
        self.found.count += 1;
        self.found.abrupt += u64::from(gap.is_abrupt);
        self.found.samples += gap.span.length;
        if self.found.found.len() < Self::KEPT {
            self.found.found.push(gap);
        }
    }
}

/// Finds runs of one value.
#[derive(Clone, Debug)]
struct Runs {
    /// A smoothed power that remembers about the last 5 ms, frozen during a run.
    power: f64,
    /// The part of those 5 ms that moved: little of it between lone pulses.
    busy: f64,
    forget: f64,
    near: u64,
    value: f64,
    run: u64,
    /// The power before the present run; 0 if hardly anything moved there.
    before: f64,
    /// Samples of silence before the first sound; `None` until it comes.
    leading: Option<u64>,
    /// A finished run that waits for the level after it: its span, kind, the power before, the energy since,
    /// the samples since that moved.
    waiting: Option<(Span, GapKind, f64, f64, u64)>,
}

impl Runs {
    fn new(near: usize) -> Self {
        let near = near.max(4);
        Self {
            power: 0.0,
            busy: 0.0,
            forget: 1.0 / near as f64,
            near: near as u64,
            value: f64::NAN,
            run: 0,
            before: 0.0,
            leading: None,
            waiting: None,
        }
    }

    fn take(&mut self, position: u64, value: f64, shortest: u64) -> Option<Gap> {
        let mut gap = None;
        if value == self.value {
            self.run += 1;
        } else {
            if self.leading.is_none() {
                // The first run of all: silence before the sound, or its first sample already.
                if position > 0 {
                    self.leading = Some(self.silence());
                }
            } else if self.run >= shortest {
                gap = self.judge(position);
                let kind = if self.value.abs() <= QUIET {
                    GapKind::Silence
                } else {
                    GapKind::Stuck
                };
                let span = Span {
                    start: position - self.run,
                    length: self.run,
                };
                self.waiting = Some((span, kind, self.before, 0.0, 0));
            }
            self.before = if self.busy > BUSY { self.power } else { 0.0 };
            self.value = value;
            self.run = 1;
        }
        // The level around a gap is that of what moves: its own constant value does not count.
        let moves = self.run < 4;
        let moving = if moves { value * value } else { 0.0 };
        if self.run < shortest {
            self.power += (moving - self.power) * self.forget;
            self.busy += (f64::from(u8::from(moves)) - self.busy) * self.forget;
        }
        if let Some((span, _, _, since, moved)) = &mut self.waiting {
            *since += moving;
            *moved += u64::from(moves);
            if position + 1 >= span.start + span.length + self.near {
                gap = gap.or(self.judge(position + 1));
            }
        }
        gap
    }

    fn judge(&mut self, position: u64) -> Option<Gap> {
        let (span, kind, before, since, moved) = self.waiting.take()?;
        let length = (position - span.start - span.length).max(1) as f64;
        let is_busy = moved as f64 > BUSY * self.near as f64;
        let after = if is_busy { since / length } else { 0.0 };
        Some(Gap {
            span,
            kind,
            is_abrupt: power_db(before.max(after)) > AUDIBLE,
        })
    }

    /// The length of the present run if it is digital silence.
    fn silence(&self) -> u64 {
        if self.value.abs() <= QUIET && self.run >= 4 {
            self.run
        } else {
            0
        }
    }
}

/// Finds sudden falls of level that end as suddenly.
#[derive(Clone, Debug)]
struct Collapse {
    frame: usize,
    filled: usize,
    sum: f64,
    /// The powers of the latest frames of 2.5 ms, the newest last.
    powers: [f64; 6],
    longest: u64,
    /// Where the present collapse began, and the power before it.
    since: Option<(u64, f64)>,
}

impl Collapse {
    fn new(rate: f64) -> Self {
        Self {
            frame: samples_in(rate, NEAR / 2.0).max(8),
            filled: 0,
            sum: 0.0,
            powers: [0.0; 6],
            longest: samples_in(rate, LONGEST) as u64,
            since: None,
        }
    }

    fn take(&mut self, position: u64, value: f64) -> Option<Span> {
        self.sum += value * value;
        self.filled += 1;
        if self.filled < self.frame {
            return None;
        }
        self.powers.rotate_left(1);
        self.powers[5] = self.sum / self.frame as f64;
        (self.filled, self.sum) = (0, 0.0);
        let frame = self.frame as u64;
        let now = self.powers[5];
        // The last frames but one: the one in between may hold the edge itself.
        let before = self.powers[1].min(self.powers[2]).min(self.powers[3]);
        match self.since {
            None => {
                let loud = power_db(before) > AUDIBLE + 10.0;
                if loud && now < before * FALL {
                    self.since = Some(((position + 1).saturating_sub(2 * frame), before));
                }
                None
            }
            Some((start, level)) => {
                let end = (position + 1).saturating_sub(2 * frame);
                if now > level * 0.03 {
                    self.since = None;
                    // It must come back as fast as it went: two frames ago there was still nothing.
                    let sudden = self.powers[3] < level * FALL;
                    return (sudden && end > start).then(|| Span {
                        start,
                        length: end - start + frame,
                    });
                }
                if position.saturating_sub(start) > self.longest {
                    self.since = None;
                }
                None
            }
        }
    }
}

/// The greatest magnitude of digital silence.
const QUIET: f64 = 8.5 / 32_768.0;
/// What is audible next to a gap, in dBov.
const AUDIBLE: f64 = -50.0;
/// The part of the 5 ms next to a gap that must move to be sound that was cut.
const BUSY: f64 = 0.55;
/// Seconds that count as next to a gap; the longest collapse.
const NEAR: f64 = 0.005;
const LONGEST: f64 = 0.5;
/// The power ratio (−50 dB) of a collapse.
const FALL: f64 = 1e-5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal;

    #[test]
    fn zeros_in_mid_speech_are_found_to_the_sample() {
        let mut voice = signal::voice(8_000.0, 120.0, 40_000, 1);
        voice[20_000..20_160].fill(0.0);
        voice[30_000..30_080].fill(0.0);
        let found = gaps(&voice, 8_000.0, 0.005).unwrap();
        let spans: Vec<_> = found
            .found
            .iter()
            .map(|gap| (gap.span.start, gap.span.length))
            .collect();
        assert_eq!(spans, [(20_000, 160), (30_000, 80)], "{found:?}");
        assert_eq!((found.leading, found.trailing, found.samples), (0, 0, 240));
    }

    #[test]
    fn a_stuck_value_is_a_gap_of_its_own_kind() {
        let mut tone = signal::tone(16_000.0, 440.0, 0.5, 16_000);
        tone[8_000..8_320].fill(0.3);
        let found = gaps(&tone, 16_000.0, 0.005).unwrap();
        assert_eq!(
            (found.count, found.found[0].kind, found.found[0].is_abrupt),
            (1, GapKind::Stuck, true)
        );
        assert_eq!(
            found.found[0].span,
            Span {
                start: 8_000,
                length: 320
            }
        );
    }

    #[test]
    fn a_collapse_under_noise_is_a_gap() {
        let mut tone = signal::tone(8_000.0, 440.0, 0.3, 16_000);
        tone[8_000..8_200].fill(0.0);
        tone.iter_mut()
            .zip(signal::white_noise(1e-4, 16_000, 1))
            .for_each(|(x, noise)| *x += noise);
        let found = gaps(&tone, 8_000.0, 0.005).unwrap();
        assert_eq!(
            (found.count, found.found[0].kind),
            (1, GapKind::Collapse),
            "{found:?}"
        );
        assert!(found.found[0].span.start.abs_diff(8_000) <= 40, "{found:?}");
        assert!(found.found[0].span.length.abs_diff(200) <= 40, "{found:?}");
    }

    #[test]
    fn speech_pauses_and_ends_are_not_dropouts() {
        for rate in [8_000.0, 16_000.0, 48_000.0] {
            let voice = signal::voice(rate, 120.0, (6.0 * rate) as usize, 3);
            assert_eq!(gaps(&voice, rate, 0.005).unwrap().count, 0, "{rate}");
            let mut padded = signal::silence(500);
            padded.extend(voice);
            padded.extend(signal::silence(700));
            let found = gaps(&padded, rate, 0.005).unwrap();
            assert_eq!(
                (found.count, found.leading, found.trailing),
                (0, 500, 700),
                "{rate}"
            );
        }
        let silence = gaps(&signal::silence(800), 8_000.0, 0.005).unwrap();
        assert_eq!(
            (silence.count, silence.leading, silence.trailing),
            (0, 800, 0)
        );
    }

    #[test]
    fn zeros_between_words_are_gaps_but_not_abrupt() {
        let mut fading = signal::tone(8_000.0, 300.0, 0.3, 8_000);
        for (n, x) in fading.iter_mut().enumerate() {
            let distance = (n as f32 - 4_000.0).abs();
            *x = if distance < 800.0 {
                0.0
            } else {
                *x * ((distance - 800.0) / 2_000.0).min(1.0).powi(2)
            };
        }
        let found = gaps(&fading, 8_000.0, 0.005).unwrap();
        assert_eq!((found.count, found.abrupt), (1, 0), "{found:?}");
    }

    #[test]
    fn nothing_was_cut_between_lone_pulses() {
        for (rate, pitch, width) in [
            (8_000.0, 140.0, 1),
            (8_000.0, 60.0, 1),
            (8_000.0, 100.0, 12),
            (16_000.0, 140.0, 2),
            (48_000.0, 90.0, 10),
        ] {
            let period = (rate / pitch) as usize;
            let train: Vec<f32> = (0..(rate * 6.0) as usize)
                .map(|n| {
                    let at = n % period;
                    if at < width {
                        0.5 - 0.02 * at as f32
                    } else {
                        0.0
                    }
                })
                .collect();
            let found = gaps(&train, rate, 0.005).unwrap();
            assert!(found.count > 300, "{rate} {pitch} {width}");
            assert_eq!(found.abrupt, 0, "{rate} {pitch} {width}");
        }
    }

    #[test]
    fn every_other_packet_of_10_ms_is_still_a_dropout() {
        for rate in [8_000.0, 16_000.0] {
            let packet = (rate * 0.01) as usize;
            let mut tone = signal::tone(rate, 440.0, 0.3, 200 * packet);
            for lost in tone.chunks_mut(packet).skip(1).step_by(2) {
                lost.fill(0.0);
            }
            let found = gaps(&tone, rate, 0.005).unwrap();
            assert_eq!((found.count, found.abrupt), (99, 99), "{rate}");
        }
    }

    #[test]
    fn blocks_do_not_matter_and_nonsense_is_answered() {
        let mut voice = signal::voice(8_000.0, 120.0, 20_000, 1);
        voice[9_000..9_300].fill(0.0);
        let whole = gaps(&voice, 8_000.0, 0.005).unwrap();
        let mut meter = GapMeter::new(8_000.0, 0.005).unwrap();
        voice.chunks(7).for_each(|block| meter.push(block));
        assert_eq!(meter.finish(), whole);
        assert_eq!(gaps(&[], 8_000.0, 0.005).unwrap(), Gaps::default());
        assert_eq!(gaps(&[f32::NAN; 100], 8_000.0, 0.005).unwrap().leading, 100);
        assert!(gaps(&[], 8_000.0, f64::NAN).is_none());
    }
}

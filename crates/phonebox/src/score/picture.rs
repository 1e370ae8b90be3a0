//! A call to look at: both voices as waveform and spectrogram, on one time axis, with what happened.

use std::time::Duration;

use audio_converter_inspect::draw::{Anchor, Svg, colour, png, short, ticks};
use audio_converter_inspect::{Error, Result};
use audio_converter_measure::{envelope, spectrogram};

/// Something that happened in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, since the beginning of the sound.
    pub at: Duration,
    /// In a few words; only the first 40 characters are drawn.
    pub label: String,
    /// What sort of thing it is.
    pub kind: EventKind,
}

/// What sort of thing happened: its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// Of the call itself: it begins, is transferred, ends.
    Call,
    /// A turn of one of the two begins or ends.
    Turn,
    /// One interrupts the other.
    Interruption,
    /// A function is called or answered, a key pressed.
    Tool,
    /// One connection to the model takes over from another.
    Handover,
    /// Something went wrong.
    Fault,
}

/// What was said, to be written over its voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caption<'a> {
    /// When it began, since the beginning of the sound.
    pub at: Duration,
    /// Whether the caller said it.
    pub is_caller: bool,
    /// The words; as many are written as have room.
    pub text: &'a str,
}

/// A call to draw.
///
/// ```
/// use phonebox::score::picture::{CallPicture, Event, EventKind};
/// use std::time::Duration;
///
/// let caller: Vec<i16> = (0..16_000).map(|n| ((n as f32 * 0.3).sin() * 5_000.0) as i16).collect();
/// let answered = Event { at: Duration::ZERO, label: "answered".to_owned(), kind: EventKind::Call };
/// let picture = CallPicture { title: "A call", subtitle: "2 s", caller: &caller, agent: &[0; 16_000], events: &[answered], captions: &[] };
/// assert!(picture.svg()?.contains("answered"));
/// assert!(picture.png()?.starts_with(b"\x89PNG"));
/// # Ok::<(), audio_converter_inspect::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CallPicture<'a> {
    /// The headline.
    pub title: &'a str,
    /// What stands under it.
    pub subtitle: &'a str,
    /// What the caller said, at 8 kHz.
    pub caller: &'a [i16],
    /// What the caller heard of the agent, at 8 kHz from the same instant on.
    pub agent: &'a [i16],
    /// What happened, in order; the first 200 are drawn.
    pub events: &'a [Event],
    /// What was said, in order; the first 200 are drawn.
    pub captions: &'a [Caption<'a>],
}

/// One voice and where it is drawn.
struct Track<'a> {
    name: &'a str,
    is_caller: bool,
    samples: Vec<f32>,
    top: f64,
    light: &'a str,
    dark: &'a str,
}

impl CallPicture<'_> {
    /// The picture as PNG, with a font that the program carries.
    ///
    /// # Errors
    ///
    /// [`Error::Picture`] when it cannot be drawn.
    pub fn png(&self) -> Result<Vec<u8>, Error> {
        png(&self.svg()?, 2.0)
    }

    /// The picture as SVG.
    ///
    /// # Errors
    ///
    /// [`Error::Picture`] when it cannot be drawn.
    pub fn svg(&self) -> Result<String, Error> {
        let rows = self.rows();
        let first = HEAD
            + ROW
                * rows
                    .iter()
                    .copied()
                    .max()
                    .map_or(0.0, |row| (row + 1) as f64);
        let first = first + self.caption_room();
        let height = first + self.caption_room() + 2.0 * (WAVE + GAP + SPECTRUM) + BETWEEN + FOOT;
        let mut svg = Svg::new(WIDTH, height);
        svg.rectangle([0.0, 0.0, WIDTH, height], r##"fill="#ffffff""##);
        svg.text(
            (LEFT, 30.0),
            Anchor::Start,
            r##"font-size="18" fill="#1b1b2f""##,
            self.title,
        );
        svg.text((LEFT, 50.0), Anchor::Start, NAME, self.subtitle);
        let second = first + WAVE + GAP + SPECTRUM + BETWEEN + self.caption_room();
        self.track(
            &mut svg,
            &Track {
                name: "caller",
                is_caller: true,
                samples: floats(self.caller),
                top: first,
                light: "#7d8bc9",
                dark: "#3a4a9f",
            },
        )?;
        self.track(
            &mut svg,
            &Track {
                name: "agent",
                is_caller: false,
                samples: floats(self.agent),
                top: second,
                light: "#6cb8a6",
                dark: "#1f7a68",
            },
        )?;
        let bottom = height - FOOT;
        for at in ticks(self.seconds(), 12.0) {
            let x = self.x(at);
            svg.line([x, bottom, x, bottom + 5.0], "#5a5a6e");
            svg.text((x, bottom + 19.0), Anchor::Middle, LABEL, &short(at));
        }
        svg.text(
            (LEFT + PLOT / 2.0, bottom + 38.0),
            Anchor::Middle,
            NAME,
            "time (s)",
        );
        for (event, row) in self.events.iter().zip(rows) {
            self.event(&mut svg, event, row, bottom);
        }
        Ok(svg.finish())
    }

    fn track(&self, svg: &mut Svg, track: &Track<'_>) -> Result<(), Error> {
        let Track {
            top, light, dark, ..
        } = *track;
        svg.rectangle([LEFT, top, PLOT, WAVE], r##"fill="#f6f7fb""##);
        let middle = top + WAVE / 2.0;
        svg.line([LEFT, middle, LEFT + PLOT, middle], "#d8dbe8");
        upright(
            svg,
            (22.0, top + (WAVE + GAP + SPECTRUM) / 2.0),
            dark,
            track.name,
        );

        let outline = envelope(&track.samples, COLUMNS);
        let columns = &outline.columns;
        let peak = columns
            .iter()
            .map(|c| c.highest.max(-c.lowest))
            .fold(0.05_f32, f32::max);
        let y = |value: f64| middle - value / f64::from(peak) * (WAVE / 2.0 - 4.0);
        let x = |n: usize| self.x((n as f64 + 0.5) * outline.samples_per_column as f64 / RATE);
        // At least a pixel thick, so that silence shows as a line.
        let mut shape = |high: &dyn Fn(usize) -> f64, low: &dyn Fn(usize) -> f64, fill: &str| {
            let there = (0..columns.len()).map(|n| (x(n), y(high(n)) - 0.5));
            let back = (0..columns.len()).rev().map(|n| (x(n), y(low(n)) + 0.5));
            let points: Vec<_> = there.chain(back).collect();
            svg.shape(&points, &format!(r#"fill="{fill}""#));
        };
        shape(
            &|n| columns[n].highest.into(),
            &|n| columns[n].lowest.into(),
            light,
        );
        let rms = |n: usize| columns[n].mean_square.sqrt();
        shape(&rms, &|n| -rms(n), dark);
        svg.rectangle([LEFT, top, PLOT, WAVE], FRAME);
        self.captions(svg, track);
        self.spectrum(svg, &track.samples, top + WAVE + GAP)
    }

    /// The words over their voice, in lines that end before the next words of the same voice begin.
    fn captions(&self, svg: &mut Svg, track: &Track<'_>) {
        let all = self.captions.iter().take(MOST_EVENTS);
        let own: Vec<_> = all.filter(|it| it.is_caller == track.is_caller).collect();
        let attributes = format!(r#"font-size="11.5" fill="{}""#, track.dark);
        for (number, caption) in own.iter().enumerate() {
            let left = self.x(caption.at.as_secs_f64());
            let next = own.get(number + 1);
            let right = next.map_or(LEFT + PLOT, |next| self.x(next.at.as_secs_f64()) - 6.0);
            let room = (((right - left) / LETTER) as usize).min(LONGEST_LINE);
            let lines = lines(caption.text, room);
            let first = track.top - 6.0 - LINE * (lines.len() - 1) as f64;
            for (row, line) in lines.iter().enumerate() {
                let at = (left, first + LINE * row as f64);
                svg.text(at, Anchor::Start, &attributes, line);
            }
        }
    }

    fn caption_room(&self) -> f64 {
        if self.captions.is_empty() {
            0.0
        } else {
            LINE * MOST_LINES as f64 + 6.0
        }
    }

    fn spectrum(&self, svg: &mut Svg, samples: &[f32], top: f64) -> Result<(), Error> {
        let place = [LEFT, top, PLOT, SPECTRUM];
        svg.rectangle(place, r##"fill="#000004""##);
        if let Some(picture) = spectrogram(samples, RATE, 256, COLUMNS)
            && picture.columns() > 0
        {
            let (columns, rows) = (picture.columns(), picture.bins);
            let most = picture.power.iter().copied().fold(1e-12_f32, f32::max);
            let loudest = 10.0 * f64::from(most).log10();
            let pixels: Vec<[u8; 3]> = (0..rows * columns)
                .map(|n| picture.level_dbov(n % columns, rows - 1 - n / columns))
                .map(|level| colour(1.0 + (level - loudest) / RANGE))
                .collect();
            let seconds = columns as f64 * picture.column_seconds;
            let width = PLOT * seconds / self.seconds();
            svg.image(
                [LEFT, top, width, SPECTRUM],
                [columns as u32, rows as u32],
                &pixels,
                place,
            )?;
        }
        for kilohertz in [0.0, 1.0, 2.0, 3.0, 4.0] {
            let at = top + SPECTRUM * (1.0 - kilohertz / 4.0);
            svg.line([LEFT - 4.0, at, LEFT, at], "#5a5a6e");
            svg.text(
                (LEFT - 8.0, at + 4.0),
                Anchor::End,
                LABEL,
                &short(kilohertz),
            );
        }
        upright(svg, (LEFT - 24.0, top + SPECTRUM / 2.0), "#5a5a6e", "kHz");
        svg.rectangle(place, FRAME);
        Ok(())
    }

    /// A line through both voices, and its words on a tab above them.
    fn event(&self, svg: &mut Svg, event: &Event, row: usize, bottom: f64) {
        let paint = match event.kind {
            EventKind::Call => "#5a5a6e",
            EventKind::Turn => "#1c7ed6",
            EventKind::Interruption => "#e8590c",
            EventKind::Tool => "#7048c8",
            EventKind::Handover => "#0b7285",
            EventKind::Fault => "#d0021b",
        };
        let (x, top) = (self.x(event.at.as_secs_f64()), HEAD + ROW * row as f64);
        svg.rectangle(
            [x - 0.6, top, 1.2, bottom - top],
            &format!(r#"fill="{paint}" fill-opacity="0.75""#),
        );
        let label = words(&event.label);
        let width = width(&label);
        let left = self.left(event, &label);
        svg.rectangle(
            [left, top, width, ROW - 3.0],
            &format!(r#"rx="2.5" fill="{paint}""#),
        );
        svg.text(
            (left + width / 2.0, top + 12.0),
            Anchor::Middle,
            r##"font-size="11.5" fill="#ffffff""##,
            &label,
        );
    }

    /// In which row each event's words have room.
    fn rows(&self) -> Vec<usize> {
        let mut ends: Vec<f64> = Vec::new();
        let place = |event: &Event| {
            let label = words(&event.label);
            let left = self.left(event, &label);
            let row = ends
                .iter()
                .position(|end| *end <= left)
                .unwrap_or(ends.len());
            // Where all rows are full, words may overlap.
            let row = row.min(MOST_ROWS - 1);
            if row == ends.len() {
                ends.push(0.0);
            }
            ends[row] = left + width(&label) + 4.0;
            row
        };
        self.events.iter().take(MOST_EVENTS).map(place).collect()
    }

    /// Where an event's words begin: right of its line, or where there is room.
    fn left(&self, event: &Event, label: &str) -> f64 {
        let x = self.x(event.at.as_secs_f64()) - 0.6;
        x.min(LEFT + PLOT - width(label))
    }

    fn seconds(&self) -> f64 {
        let samples = self.caller.len().max(self.agent.len()).max(1);
        samples as f64 / RATE
    }

    fn x(&self, seconds: f64) -> f64 {
        LEFT + PLOT * (seconds / self.seconds()).clamp(0.0, 1.0)
    }
}

fn floats(samples: &[i16]) -> Vec<f32> {
    samples.iter().map(|x| f32::from(*x) / 32_768.0).collect()
}

fn words(label: &str) -> String {
    label.chars().take(40).collect()
}

/// Text in lines of so many letters, as many as have room.
fn lines(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let count = lines.len();
        let line = &mut lines[count - 1];
        if line.is_empty() {
            line.extend(word.chars().take(room.max(1)));
        } else if line.chars().count() + 1 + word.chars().count() <= room {
            line.push(' ');
            line.push_str(word);
        } else if count < MOST_LINES {
            lines.push(word.chars().take(room).collect());
        } else {
            line.push_str(" …");
            break;
        }
    }
    lines
}

/// Of words on their tab, in the font of 11.5 pixels.
fn width(label: &str) -> f64 {
    6.1 * label.chars().count() as f64 + 12.0
}

fn upright(svg: &mut Svg, (x, y): (f64, f64), paint: &str, text: &str) {
    let attributes =
        format!(r#"fill="{paint}" font-size="13" transform="rotate(-90 {x:.2} {y:.2})""#);
    svg.text((x, y), Anchor::Middle, &attributes, text);
}

const RATE: f64 = 8_000.0;
const WIDTH: f64 = 1_400.0;
const LEFT: f64 = 76.0;
const PLOT: f64 = WIDTH - LEFT - 28.0;
/// Above the events, for one row of them, under all.
const HEAD: f64 = 64.0;
const ROW: f64 = 20.0;
const FOOT: f64 = 54.0;
const WAVE: f64 = 110.0;
const GAP: f64 = 6.0;
const SPECTRUM: f64 = 140.0;
const BETWEEN: f64 = 20.0;
const COLUMNS: usize = 1_600;
/// From the brightest to the darkest colour, in dB.
const RANGE: f64 = 75.0;
const MOST_EVENTS: usize = 200;
const MOST_ROWS: usize = 6;
/// Of captions: from line to line and from letter to letter, and how many there are at most.
const LINE: f64 = 15.0;
const LETTER: f64 = 5.9;
const MOST_LINES: usize = 3;
const LONGEST_LINE: usize = 40;
const LABEL: &str = r##"fill="#3c3c4e""##;
const NAME: &str = r##"fill="#5a5a6e" font-size="12.5""##;
const FRAME: &str = r##"fill="none" stroke="#9a9db4""##;

#[cfg(test)]
mod tests {
    use audio_converter_measure::signal;

    use super::*;

    fn event(at: u64, label: &str, kind: EventKind) -> Event {
        Event {
            at: Duration::from_millis(at),
            label: label.to_owned(),
            kind,
        }
    }

    fn voice(pitch: f64, parts: &[(usize, usize)]) -> Vec<i16> {
        let voice = signal::voice(8_000.0, pitch, 24 * 8_000, 3);
        let mut samples = vec![0; voice.len()];
        for (from, to) in parts {
            for n in from * 8..to * 8 {
                samples[n] = (voice[n] * 20_000.0) as i16;
            }
        }
        samples
    }

    #[test]
    fn a_call_with_all_sorts_of_events_is_drawn() {
        let caller = voice(180.0, &[(3_900, 7_200), (12_300, 16_000)]);
        let agent = voice(110.0, &[(800, 3_500), (7_900, 12_600), (16_700, 22_500)]);
        let events = [
            event(0, "answered", EventKind::Call),
            event(800, "agent: greeting", EventKind::Turn),
            event(3_900, "caller speaks", EventKind::Turn),
            event(7_900, "agent answers, 700 ms", EventKind::Turn),
            event(12_300, "caller interrupts", EventKind::Interruption),
            event(12_600, "silent after 300 ms", EventKind::Interruption),
            event(18_000, "model socket lost", EventKind::Fault),
            event(18_400, "resumed <&> \u{7}", EventKind::Call),
            event(23_900, "caller hangs up", EventKind::Call),
        ];
        let picture = CallPicture {
            title: "CA0000 · one call through the bridge",
            subtitle: "24.0 s · delay to the ear 3.1 ms mean, 12 ms p99 · no gaps · 37 dB",
            caller: &caller,
            agent: &agent,
            events: &events,
            captions: &[],
        };
        let svg = picture.svg().unwrap();
        for event in &events[..7] {
            assert!(svg.contains(&event.label), "{}", event.label);
        }
        assert!(svg.contains("resumed &lt;&amp;&gt;"));
        let png = picture.png().unwrap();
        assert!(png.len() > 20_000);
        if let Some(path) = std::env::var_os("CALL_PNG") {
            std::fs::write(path, png).unwrap();
        }
    }

    #[test]
    fn nothing_and_very_much_can_be_drawn() {
        let nothing = CallPicture {
            title: "",
            subtitle: "",
            caller: &[],
            agent: &[],
            events: &[],
            captions: &[],
        };
        assert!(nothing.png().unwrap().starts_with(b"\x89PNG"));
        let events: Vec<Event> = (0..1_000)
            .map(|n| event(n * 7, "again and again", EventKind::Fault))
            .collect();
        let many = CallPicture {
            events: &events,
            caller: &[i16::MIN; 800],
            ..nothing
        };
        assert_eq!(many.svg().unwrap().matches("again and again").count(), 200);
    }
}

//! What the caller does and when.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use audio_converter::{Converter, Encoding, Format};
use audio_converter_file::{Source, SourceOptions};
use audio_converter_measure::signal;
use serde::Deserialize;
use voice_call::redact::Pii;
use voice_call::twilio::Digit;

use super::clock::RATE;

/// What a caller does in a call: one cue after another, each awaited when the one before it is done.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// In their order.
    pub cues: Vec<Cue>,
}

/// One thing that a caller does.
#[derive(Clone, Debug)]
pub struct Cue {
    /// What the caller waits for.
    pub when: When,
    /// What the caller then does.
    pub act: Act,
}

/// What a caller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// This long after the stream began.
    At(Duration),
    /// The agent has spoken since the cue before, and has been silent for so long. Of what it was saying when a cue interrupted it, only
    /// that counts which it says after the cue.
    AfterAgent(Duration),
    /// The agent has spoken for so long, and is still speaking: the caller interrupts.
    BargeIn(Duration),
}

/// What a caller does. `Debug` shows neither sound nor keys.
#[derive(Clone)]
pub enum Act {
    /// Says something: µ-law at 8 kHz.
    Say(Arc<[u8]>),
    /// Presses keys, one every 200 ms.
    Press(Pii<Vec<Digit>>),
    /// Hangs up.
    HangUp,
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Say(sound) => write!(f, "Say({} samples)", sound.len()),
            Self::Press(digits) => write!(f, "Press({} keys)", digits.expose().len()),
            Self::HangUp => f.write_str("HangUp"),
        }
    }
}

/// Why a script cannot be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// It is not a script.
    #[error("the caller's script is not valid: {0}")]
    Toml(#[from] toml::de::Error),
    /// A file of sound cannot be read.
    #[error("a cue's sound cannot be read: {0}")]
    Sound(#[from] audio_converter_file::Error),
    /// A sound is longer than a call can be.
    #[error("a cue's sound is longer than {} minutes; shorten it", LONGEST.as_secs() / 60)]
    TooLong,
}

impl Caller {
    /// Reads a script in TOML, and the sounds that it names relative to `folder`. Unknown keys are refused.
    ///
    /// ```
    /// use phonebox::carrier::{Caller, When};
    ///
    /// let caller = Caller::read(r##"
    ///     [[cue]]
    ///     at_ms = 500
    ///     say = { voice = { ms = 1200, seed = 7 } }   # or { file = "hello.wav" }, { tone = { ms = 200, hz = 440 } }
    ///
    ///     [[cue]]
    ///     barge_in_ms = 800
    ///     press = "42#"
    ///
    ///     [[cue]]
    ///     after_agent_ms = 1500
    ///     hang_up = true
    /// "##, ".".as_ref())?;
    /// assert_eq!(caller.cues.len(), 3);
    /// assert!(matches!(caller.cues[2].when, When::AfterAgent(_)));
    /// # Ok::<(), phonebox::carrier::ScriptError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the text is not a script, or a sound cannot be read or lasts more than an hour.
    pub fn read(text: &str, folder: &Path) -> Result<Self, ScriptError> {
        let script: Script = toml::from_str(text)?;
        let cues = script.cue.into_iter().map(|cue| cue.load(folder));
        Ok(Self {
            cues: cues.collect::<Result<_, _>>()?,
        })
    }
}

/// A sound by its description.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Sound {
    File(PathBuf),
    Voice(Voice),
    Tone(Tone),
}

/// A synthetic voice, which says nothing.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Voice {
    ms: u32,
    #[serde(default = "usual_pitch")]
    pitch_hz: f64,
    #[serde(default)]
    seed: u64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tone {
    ms: u32,
    hz: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    #[serde(default)]
    cue: Vec<WrittenCue>,
}

#[derive(Deserialize)]
#[serde(try_from = "Keys")]
struct WrittenCue {
    when: When,
    act: WrittenAct,
}

enum WrittenAct {
    Say(Sound),
    Press(Vec<Digit>),
    HangUp,
}

/// A cue as it is written: one key of the first three, one of the others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    at_ms: Option<u64>,
    after_agent_ms: Option<u64>,
    barge_in_ms: Option<u64>,
    say: Option<Sound>,
    press: Option<String>,
    #[serde(default)]
    hang_up: bool,
}

impl TryFrom<Keys> for WrittenCue {
    type Error = &'static str;

    fn try_from(keys: Keys) -> Result<Self, Self::Error> {
        let ms = Duration::from_millis;
        let when = match (keys.at_ms, keys.after_agent_ms, keys.barge_in_ms) {
            (Some(at), None, None) => When::At(ms(at)),
            (None, Some(pause), None) => When::AfterAgent(ms(pause)),
            (None, None, Some(spoken)) => When::BargeIn(ms(spoken)),
            _ => return Err("a cue needs one of at_ms, after_agent_ms, barge_in_ms"),
        };
        let act = match (keys.say, keys.press, keys.hang_up) {
            (Some(sound), None, false) => WrittenAct::Say(sound),
            (None, Some(keys), false) => {
                let digits: Option<Vec<_>> = keys.chars().map(Digit::new).collect();
                WrittenAct::Press(digits.ok_or("press takes the keys 0–9, *, #, A–D")?)
            }
            (None, None, true) => WrittenAct::HangUp,
            _ => return Err("a cue needs one of say, press, hang_up = true"),
        };
        Ok(Self { when, act })
    }
}

impl WrittenCue {
    fn load(self, folder: &Path) -> Result<Cue, ScriptError> {
        let act = match self.act {
            WrittenAct::Say(sound) => Act::Say(sound.load(folder)?),
            WrittenAct::Press(digits) => Act::Press(Pii::new(digits)),
            WrittenAct::HangUp => Act::HangUp,
        };
        Ok(Cue {
            when: self.when,
            act,
        })
    }
}

impl Sound {
    fn load(&self, folder: &Path) -> Result<Arc<[u8]>, ScriptError> {
        let length = |ms: u32| {
            let length = Duration::from_millis(ms.into());
            (length <= LONGEST)
                .then_some(ms as usize * RATE as usize / 1_000)
                .ok_or(ScriptError::TooLong)
        };
        let rate = f64::from(RATE);
        Ok(match self {
            Self::File(path) => read_sound(&folder.join(path))?,
            Self::Voice(voice) => mulaw(&signal::voice(
                rate,
                voice.pitch_hz,
                length(voice.ms)?,
                voice.seed,
            )),
            Self::Tone(tone) => mulaw(&signal::tone(rate, tone.hz, 0.25, length(tone.ms)?)),
        })
    }
}

/// µ-law of samples at 8 kHz, 1.0 being full scale.
///
/// ```
/// use phonebox::carrier::mulaw;
///
/// assert_eq!(&*mulaw(&[0.0, 1.0, -1.0]), [0xFF, 0x80, 0x00]);
/// ```
#[must_use]
pub fn mulaw(samples: &[f32]) -> Arc<[u8]> {
    let code = |&sample: &f32| {
        // The cast saturates.
        audio_converter::g711::encode_mulaw((sample * 32_768.0) as i16)
    };
    samples.iter().map(code).collect()
}

/// A file of sound as µ-law at 8 kHz.
///
/// # Errors
///
/// When the file cannot be read, or lasts more than an hour.
pub fn read_sound(path: &Path) -> Result<Arc<[u8]>, ScriptError> {
    let mut source = Source::open(path, &SourceOptions::default())?;
    let phone = Format::new(Encoding::MuLaw, RATE).expect("8 kHz is a rate");
    let mut converter = Converter::new(source.format(), phone).expect("sound of a file converts");
    let (mut codes, mut block) = (Vec::new(), [0; 8_192]);
    loop {
        let length = source.read(&mut block)?;
        if length == 0 {
            break;
        }
        converter.process_append(&block[..length], &mut codes);
        if codes.len() as u64 > LONGEST.as_secs() * u64::from(RATE) {
            return Err(ScriptError::TooLong);
        }
    }
    converter.finish_append(&mut codes);
    Ok(codes.into())
}

const fn usual_pitch() -> f64 {
    140.0
}

/// The longest sound of one cue.
const LONGEST: Duration = Duration::from_secs(3_600);

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Caller::read(text, Path::new("."))
            .expect_err("a fault")
            .to_string()
    }

    #[test]
    fn faults_name_the_key() {
        assert!(error("[[cue]]\nat_ms = 1\nsing = true").contains("unknown field `sing`"));
        assert!(error("[[cue]]\nat_ms = 1").contains("one of say, press, hang_up"));
        assert!(error("[[cue]]\nhang_up = true").contains("one of at_ms"));
        assert!(error("[[cue]]\nat_ms = 1\npress = \"x\"").contains("press takes"));
        assert!(error("[[cue]]\nat_ms = 1\nsay = { file = \"none.wav\" }").contains("none.wav"));
        let long = "[[cue]]\nat_ms = 1\nsay = { tone = { hz = 1.0, ms = 4000000000 } }";
        assert!(error(long).contains("longer than 60 minutes"));
    }

    #[test]
    fn files_become_codes() {
        let folder = tempfile::tempdir().expect("a folder");
        let pcm = "pcm16/16000".parse().expect("a format");
        let mut file = audio_converter_file::wav::header(pcm, Some(3_200)).expect("a header");
        file.extend([0; 3_200]);
        std::fs::write(folder.path().join("a.wav"), file).expect("written");
        let text = "[[cue]]\nat_ms = 1\nsay = { file = \"a.wav\" }";
        let caller = Caller::read(text, folder.path()).expect("a script");
        let Act::Say(codes) = &caller.cues[0].act else {
            panic!("it is a sound");
        };
        assert_eq!(&**codes, [0xFF; 800]);
    }
}

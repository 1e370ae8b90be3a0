"""Calls that tests look at: all begin when the first is asked for, some side by side."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from bridge import hold
from phonebox import Outcome, free_port, model

AT_ONCE = 5
Held = tuple[Outcome, str]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "call(behaviour, caller, line, serves): the call that the test looks at"
    )


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Who signs the model's certificates."""
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    with model(path, free_port()):
        assert path.is_file()
    return path


@pytest.fixture(scope="session")
def calls(
    request: pytest.FixtureRequest, authority: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Held]]]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        calls = {}
        for item in request.session.items:
            if mark := item.get_closest_marker("call"):
                folder = tmp_path_factory.mktemp("call")
                calls[item.nodeid] = pool.submit(hold, authority, folder, **mark.kwargs)
        yield calls
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def held(request: pytest.FixtureRequest, calls: dict[str, Future[Held]]) -> Held:
    """What the box says of the test's call, and what the bridge has printed."""
    return calls[request.node.nodeid].result()

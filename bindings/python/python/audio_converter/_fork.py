"""What all streams have in common: they can be copied, not pickled, and used in a with statement."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NoReturn, Self


class Fork:
    """A stream that can be forked with `copy`, and forgets all at the end of a `with` block."""

    if TYPE_CHECKING:
        # The native class, which stands beside this one among the bases, has them.
        def _fork_from(self, other: Any, /) -> None: ...

        def reset(self) -> None: ...

    def copy(self) -> Self:
        """A second stream in the same state: what it gets from now on is its own.

        >>> from audio_converter import Converter
        >>> one = Converter("mulaw/8000", "pcm16/16000")
        >>> _ = one.process(b"speech so far")
        >>> other = one.copy()
        >>> one.process(b"and so on") == other.process(b"and so on")
        True
        """
        return self._twin(self.__dict__)

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """The same, with copies of what a subclass keeps."""
        twin = self._twin({})
        memo[id(self)] = twin
        twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return twin

    def _twin(self, attributes: dict[str, Any]) -> Self:
        twin = type(self).__new__(type(self))
        twin._fork_from(self)
        twin.__dict__.update(attributes)
        return twin

    def __reduce__(self) -> NoReturn:
        """Refuses to be pickled: half a call's sound does not belong on a disk."""
        raise TypeError(
            f"a {type(self).__name__} cannot be pickled: it is a stream in the middle; make one where it is needed, "
            "or fork it with copy()"
        )

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Forgets the stream, so that nothing of it stays in memory."""
        self.reset()

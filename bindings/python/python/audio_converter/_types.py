"""Names for annotations, so that `typing.get_type_hints` finds them at run time."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from typing_extensions import Buffer
elif sys.version_info >= (3, 12):
    from collections.abc import Buffer
else:
    # Before 3.12 there is no class that all buffers are instances of.
    Buffer = object

__all__ = ["Buffer", "Path"]

Path: TypeAlias = str | os.PathLike[str]

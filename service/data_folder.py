"""The data folder: home of one daemon at a time, under an id that outlives each of them."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import ConfigurationError

_OCCUPANT = "daemon"


@contextmanager
def occupied(folder: Path, new_id: Callable[[], str]) -> Iterator[str]:
    """Makes the folder if need be and answers its daemon's id.

    The lock goes with the process, however it ends: whoever gets it knows that a predecessor under
    the same id is dead. Raises `ConfigurationError` while another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / _OCCUPANT).open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigurationError(
                f"Another node is running on {folder}",
                remedy="Give each node its own data folder, or stop the other one.",
            ) from error
        file.seek(0)
        known = file.read().strip()
        if not known:
            known = new_id()
            file.write(known)
            file.flush()
            os.fsync(file.fileno())
        yield known

"""A file that grows while content arrives, and that a later attempt goes on with."""

import asyncio
import errno
import os
from collections.abc import Callable
from functools import partial
from io import FileIO
from pathlib import Path
from typing import TypeVar

from schemas.errors import StoreUnavailable

BLOCK = 1 << 20
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
T = TypeVar("T")


class PartialFile:
    """Works in threads. All methods raise `StoreUnavailable` when the disk fails."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def size(self) -> int:
        return await _on_disk(self.path, lambda: _size(self.path))

    async def open_at(self, start: int, known: Callable[[bytes], None]) -> "Writer":
        """What lies before `start` is told to `known`, block by block; what lies behind is cut."""
        file = await _on_disk(self.path, lambda: _open(self.path, start))
        writer = Writer(self.path, file)
        try:
            await writer.read_until(start, known)
        except BaseException:
            await writer.close()
            raise
        return writer

    async def become(self, path: Path) -> None:
        await _on_disk(self.path, lambda: self.path.replace(path))

    async def remove(self) -> None:
        await _on_disk(self.path, lambda: self.path.unlink(missing_ok=True))


class Writer:
    def __init__(self, path: Path, file: FileIO) -> None:
        self._path = path
        self._file = file

    async def read_until(self, start: int, known: Callable[[bytes], None]) -> None:
        left = start
        while left:
            block = await self._do(partial(self._file.read, min(left, BLOCK)))
            if not block:
                return
            left -= len(block)
            await asyncio.to_thread(known, block)

    async def write(self, content: bytes) -> None:
        await self._do(partial(_write, self._file, content))

    async def sync(self) -> None:
        await self._do(partial(os.fsync, self._file.fileno()))

    async def close(self) -> None:
        await self._do(self._file.close)

    async def _do(self, work: Callable[[], T]) -> T:
        return await _on_disk(self._path, work)


def _open(path: Path, start: int) -> FileIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = FileIO(path, "r+" if path.exists() else "w+")
    file.truncate(min(start, _size(path)))
    return file


def _write(file: FileIO, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


async def _on_disk(path: Path, work: Callable[[], T]) -> T:
    """Waited for also when we are cancelled: a file must not be closed under a write."""
    try:
        return await _finished(asyncio.ensure_future(asyncio.to_thread(work)))
    except OSError as error:
        raise _failure(path, error) from error


async def _finished(work: "asyncio.Future[T]") -> T:
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        if not work.done():
            await asyncio.wait({work})
        raise


def _failure(path: Path, error: OSError) -> StoreUnavailable:
    if error.errno in _FULL:
        return StoreUnavailable(
            f"There is no room for an attachment in {path.parent}: {error.strerror}.",
            remedy="Free space on that disk or raise the quota; what came so far is kept, and the"
            " rest is fetched by itself.",
        )
    return StoreUnavailable(
        f"The file of an attachment in {path.parent} cannot be written: {error.strerror or error}.",
        remedy="Check that the data folder is writable and its disk healthy.",
    )

"""Attachment contents, on disk: however large, never in memory."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import msgspec

from adapters.azure_devops.simulator.refusal import Refusal

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Blob(msgspec.Struct):
    id: str
    filename: str
    path: Path
    size: int = 0
    created: str = ""


class Blobs:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._blobs: dict[str, Blob] = {}

    def create(self, filename: str, created: str) -> Blob:
        blob_id = str(uuid4())
        blob = Blob(blob_id, filename, self._folder / blob_id, created=created)
        blob.path.touch()
        self._blobs[blob_id] = blob
        return blob

    def get(self, blob_id: str) -> Blob:
        found = self._blobs.get(blob_id.lower()) if _GUID.fullmatch(blob_id.lower()) else None
        if found is None:
            raise Refusal(
                404,
                "AttachmentNotFoundException",
                f"VS403206: Attachment {blob_id} was not found.",
            )
        return found

    async def append(self, blob: Blob, content: AsyncIterator[bytes]) -> None:
        with _appending(blob.path) as file:
            async for block in content:
                file.write(block)
                blob.size += len(block)


def _appending(path: Path) -> BinaryIO:
    return path.open("ab")

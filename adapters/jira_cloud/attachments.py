"""Attachments: their content comes from Jira itself, or from the media host behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.jira.attachments import DOWNLOAD, Attachments
from adapters.jira.client import segment
from adapters.port import ByteStream

_DIRECTLY = {"redirect": "false"}


class CloudAttachments(Attachments):
    @asynccontextmanager
    async def open(self, attachment_id: str) -> AsyncIterator[ByteStream]:
        """Without a redirect, which some sites send all the same; credentials do not go along."""
        path = f"/attachment/content/{segment(attachment_id)}"
        async with self._client.stream(path, _DIRECTLY, what=DOWNLOAD) as blocks:
            yield blocks

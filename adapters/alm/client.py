"""Requests to one project of one ALM."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar

import aiohttp
from lxml import etree

from adapters.alm import errors, wire
from adapters.alm.params import AlmParams, Format
from adapters.alm.session import Session
from adapters.alm.wire import MEDIA, Entities, Entity, FieldValues
from adapters.http import Call, Decoder, Method, Pause, TrackerHttp, segment
from schemas.errors import TrackerError
from schemas.values import Millis

__all__ = ["AlmClient", "segment"]

T = TypeVar("T")

_OTHER_FORMAT = (406, 415)


class AlmClient:
    """`what` in all methods completes the sentence "ALM refused to ...". Paths lie below the
    project, but for `site_xml`."""

    def __init__(
        self,
        connector: str,
        params: AlmParams,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause = asyncio.sleep,
    ) -> None:
        self.base = params.url
        self.place = f"/rest/domains/{segment(params.domain)}/projects/{segment(params.project)}"
        self.session = Session(params, now)
        settings = params.http_settings(connector, errors.TITLE)
        self.http = TrackerHttp(settings, self.session, session, now, pause)
        self.session.http = self.http
        self._format = params.format
        self._xml_only: set[str] = set()

    async def one(self, path: str, *, what: str) -> Entity:
        return await self._speak("GET", path, wire.ONE, what)

    async def many(self, path: str, query: Mapping[str, str], *, what: str) -> Entities:
        return await self._speak("GET", path, wire.MANY, what, query=query)

    async def create(self, path: str, kind: str, fields: FieldValues, *, what: str) -> Entity:
        return await self._speak("POST", path, wire.ONE, what, kind=kind, fields=fields)

    async def update(self, path: str, kind: str, fields: FieldValues, *, what: str) -> Entity:
        return await self._speak("PUT", path, wire.ONE, what, kind=kind, fields=fields)

    async def act(self, method: Method, path: str, *, what: str, body: bytes | None = None) -> None:
        """Whatever is answered by no entity of interest."""
        call = Call(
            what=what,
            path=self.place + path,
            method=method,
            body=body,
            content_type=MEDIA["xml"],
            headers={"Accept": MEDIA["xml"]},
            write=True,
        )
        await self.http.send(call)

    async def xml(self, path: str, *roots: str, what: str) -> "etree._Element":
        return await self.site_xml(self.place + path, *roots, what=what)

    async def site_xml(self, path: str, *roots: str, what: str) -> "etree._Element":
        """XML is what every version has for everything."""
        call = Call(what=what, path=path, headers={"Accept": MEDIA["xml"]})
        return self.http.decode(call, await self.http.send(call), wire.XmlDecoder(*roots))

    def form(self, path: str) -> Format:
        return "xml" if _kind(path) in self._xml_only else self._format

    async def _speak(
        self,
        method: Method,
        path: str,
        decoders: Mapping[Format, Decoder[T]],
        what: str,
        *,
        query: Mapping[str, str] | None = None,
        kind: str = "",
        fields: FieldValues = (),
    ) -> T:
        form = self.form(path)
        while True:
            call = Call(
                what=what,
                path=self.place + path,
                method=method,
                query=query or {},
                body=wire.encode(kind, fields, form) if kind else None,
                content_type=MEDIA[form],
                headers={"Accept": MEDIA[form]},
                write=method != "GET",
            )
            try:
                return self.http.decode(call, await self.http.send(call), decoders[form])
            except TrackerError as error:
                # Turned away before anything was done.
                if form != "json" or error.status not in _OTHER_FORMAT:
                    raise
            form = "xml"
            self._xml_only.add(_kind(path))


def _kind(path: str) -> str:
    """The resource without its numbers: `defects/attachments`."""
    parts = path.strip("/").split("/")
    return "/".join(part for part in parts if not part.isdigit())

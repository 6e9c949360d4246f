"""ALM's moments: local times of its server, without a zone."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.alm import errors
from adapters.alm.client import AlmClient
from schemas.errors import Fault
from schemas.values import Millis

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local times are counted as if they were UTC
_MILLI = timedelta(milliseconds=1)
_QUARTER: Millis = 900_000


def read(text: str) -> Millis:
    """A local time as milliseconds of its own; 0 for what is no time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return (moment.replace(tzinfo=None) - _EPOCH) // _MILLI


def write(local: Millis) -> str:
    return f"{_EPOCH + timedelta(milliseconds=max(local, 0)):%Y-%m-%d %H:%M:%S}"


def neutral(at: Millis) -> str:
    moment = _EPOCH + timedelta(milliseconds=at)
    return moment.isoformat(timespec="milliseconds") + "Z"


def of_neutral(text: str) -> Millis | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return (moment - _EPOCH) // _MILLI


class ServerClock:
    """How far the server's local time is from ours. Asked of the server, it is right for now, and
    an hour off for moments on the other side of a change to summer time; with the setting
    `time_zone` it is right for all."""

    def __init__(
        self, client: AlmClient, now: Callable[[], Millis], time_zone: str, period: float
    ) -> None:
        self._client = client
        self._now = now
        self._period = int(period * 1000)
        self._zone = _zone(time_zone)
        self._offset: Millis = 0
        self._asked_at: Millis | None = None
        self._lock = asyncio.Lock()

    async def offset(self) -> Millis:
        """What to add to our time to get the server's local one, differences of clocks included."""
        if self._zone is not None:
            return self._of_zone(self._now())
        async with self._lock:
            if self._asked_at is None or self._now() - self._asked_at >= self._period:
                self._offset = await self._ask()
                self._asked_at = self._now()
            return self._offset

    async def to_millis(self, local: str) -> Millis:
        at = read(local)
        if not at:
            return 0
        if self._zone is not None:
            moment = (_EPOCH + timedelta(milliseconds=at)).replace(tzinfo=self._zone)
            return round(moment.timestamp() * 1000)
        return at - await self.offset()

    async def to_local(self, at: Millis) -> str:
        offset = await self.offset() if self._zone is None else self._of_zone(at)
        return write(at + offset)

    async def entered(self, local: str) -> Millis:
        """Of a time that somebody entered: how wrong the server's clock is plays no part in it."""
        if self._zone is not None:
            return await self.to_millis(local)
        at = read(local)
        return at - await self._distance() if at else 0

    async def to_enter(self, at: Millis) -> str:
        return write(at + (await self._distance() if self._zone is None else self._of_zone(at)))

    async def _distance(self) -> Millis:
        """Between the zones alone, which are whole quarters of an hour apart."""
        return round(await self.offset() / _QUARTER) * _QUARTER

    async def today(self) -> str:
        return (await self.to_local(self._now()))[:10]

    async def _ask(self) -> Millis:
        root = await self._client.site_xml(
            "/rest/server/time", "ServerTime", "Time", what="tell its time"
        )
        told = {str(item.tag).lower(): (item.text or "").strip() for item in root.iter()}
        local = read(told.get("datetime", ""))
        if not local:
            raise errors.refused(
                Fault.CONFIGURATION,
                "ALM does not tell the local time of its server.",
                remedy="Set 'time_zone' of the connector to the server's, such as Europe/Berlin.",
            )
        return local - self._now()

    def _of_zone(self, at: Millis) -> Millis:
        moment = datetime.fromtimestamp(at / 1000, self._zone)
        return (moment.utcoffset() or timedelta(0)) // _MILLI


def _zone(name: str) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise errors.refused(
            Fault.CONFIGURATION,
            f"The setting 'time_zone' of the ALM connector names no zone: {name!r}.",
            remedy="Write it as in Europe/Berlin.",
        ) from error

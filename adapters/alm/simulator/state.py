"""The simulated ALM itself: who is signed in, what there is, and its local time."""

import secrets
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.alm.simulator import catalogue
from adapters.alm.simulator.config import SimulatorConfig
from adapters.alm.simulator.model import Attachment, Entity, Link, Session, not_found


class State:
    """`now` gives milliseconds; ALM keeps whole seconds of its server's local time."""

    def __init__(self, config: SimulatorConfig, now: Callable[[], int]) -> None:
        self.config = config
        self.now = now
        self.zone = ZoneInfo(config.time_zone)
        self.folder = Path(tempfile.mkdtemp(prefix="alm-simulator-"))
        self.entities: dict[tuple[str, int], Entity] = {}
        self.attachments: dict[int, Attachment] = {}
        self.links: dict[int, Link] = {}
        self.sessions: dict[str, Session] = {}
        """By the cookie of the sign-in, which outlives each session cookie."""
        self.opened: Counter[str] = Counter()
        """User -> sessions that were ever opened."""
        self._last: Counter[str] = Counter()

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_id(self, kind: str) -> int:
        self._last[kind] += 1
        return self._last[kind]

    def local(self, at: int) -> str:
        return f"{datetime.fromtimestamp(at // 1000, self.zone):%Y-%m-%d %H:%M:%S}"

    def open_session(self, user: str) -> tuple[str, Session]:
        """The cookie of the sign-in, and the session."""
        key = secrets.token_hex(16)
        session = Session(user, secrets.token_hex(8), secrets.token_hex(16), self.now())
        self.sessions[key] = session
        self.opened[user] += 1
        return key, session

    def session(self, key: str) -> Session | None:
        """None when there is none, or when it has idled for too long."""
        session = self.sessions.get(key)
        if session is None:
            return None
        idle = self.now() - session.heard
        return session if idle < self.config.idle_minutes * 60_000 else None

    def end_session(self, key: str) -> None:
        session = self.sessions.pop(key, None)
        if session is not None:
            for entity in self.entities.values():
                if entity.lock == session.user:
                    entity.lock = ""

    def entity(self, kind: str, number: int) -> Entity:
        found = self.entities.get((kind, number))
        if found is None:
            raise not_found(f"The {kind} {number}")
        return found

    def of_type(self, kind: str) -> list[Entity]:
        return [entity for entity in self.entities.values() if entity.type == kind]

    def files_of(self, entity: Entity) -> list[Attachment]:
        owner = (entity.type, entity.id)
        return [item for item in self.attachments.values() if item.owner == owner]

    def linked(self, entity: Entity) -> bool:
        return any(
            (entity.type == "defect" and link.first == entity.id)
            or (link.second_type, link.second) == (entity.type, entity.id)
            for link in self.links.values()
        )

    def touch(self, entity: Entity) -> None:
        entity.version += 1
        entity.modified = self.now()

    def delete(self, entity: Entity) -> None:
        for item in self.files_of(entity):
            del self.attachments[item.id]
            item.path.unlink(missing_ok=True)
        for link in list(self.links.values()):
            ends = {("defect", link.first), (link.second_type, link.second)}
            if (entity.type, entity.id) in ends:
                del self.links[link.id]
        del self.entities[entity.type, entity.id]

    def person(self, login: str) -> tuple[str, str, str]:
        return next(one for one in catalogue.PEOPLE if one[0] == login)

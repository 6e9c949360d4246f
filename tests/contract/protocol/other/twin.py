"""One side of a twin: what of its fields it takes, tells and decides: sections 10 and 11.

Texts and single values alone. A person here edits and decides; the wire takes and tells.
"""

import hashlib
import json
from typing import Any, Literal, NamedTuple

from tests.contract.protocol.other.paragraphs import Common, Text, Winner, merged, paragraphs

Message = dict[str, Any]
Keep = Literal["", "ours", "theirs"]


Moments = tuple[int, int]


def newest_first(one: int, other: int) -> Moments:
    return max(one, other), min(one, other)


class Edit(NamedTuple):
    version: int
    """The first message of ours that carries it."""
    at: int


class Conflict(NamedTuple):
    field: str
    winner: str
    at: Moments
    """When both had edited it."""
    lost: Any
    """None: the other side has it."""


class Known(NamedTuple):
    """Which text both sides have."""

    common: Common | None = None
    version: int = 0
    waiting: tuple[tuple[int, Text], ...] = ()
    """Told, and not confirmed."""

    def confirmed(self, have: int) -> "Known":
        seen = [(version, text) for version, text in self.waiting if self.version < version <= have]
        left = tuple(each for each in self.waiting if each[0] > have)
        if not seen:
            return self._replace(waiting=left)
        version, text = seen[-1]
        return Known(Common(text, text, told=True), version, left)


def _filled(value: Any, had: list[Any]) -> Any:
    """What a digest stands for: a value that came before."""
    if not isinstance(value, dict) or value["type"] != "digest":
        return value
    return next(each for each in had if _digest(each) == value["sha256"])


def _digest(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def winner(here: str, there: str, policy: str, ours: int, theirs: int) -> Winner:
    """By the policy of a field, from when both sides edited it."""
    if policy == "newest":
        return "ours" if (ours, here) > (theirs, there) else "theirs"
    named: dict[str, Winner] = {here: "ours", there: "theirs"}
    return named.get(policy, "park")


def yields(here: str, there: str, policy: str, own: Message, told: Message) -> bool:
    """Whether the other's value is taken after both have decided the same in contrary ways."""
    moments = own["sender_at"], own["receiver_at"]
    if own["winner"] == told["winner"] or "person" in (own["by"], told["by"]):
        return False
    if moments != (told["receiver_at"], told["sender_at"]):
        if own["winner"] != there or 0 < own["sender_at"] < told["receiver_at"]:
            return False
        later = max(moments), max(told["receiver_at"], told["sender_at"])
        return winner(here, there, "newest", *later) == "theirs"
    in_force = winner(here, there, policy, *moments)
    if in_force == "park":
        in_force = winner(here, there, "newest", *moments)
    return in_force == "theirs"


class Side:
    def __init__(self, name: str, other: str, twin: str, policy: str = "newest") -> None:
        self.name, self.other, self.twin, self.policy = name, other, twin, policy
        self.by_paragraphs = True
        self.fields: dict[str, Any] = {}
        self.conflicts: list[Conflict] = []
        self.decided: list[Message] = []
        """Told with each message until one of these is confirmed."""
        self.waits = False
        """For a person."""
        self._heard: Message = {}
        self._version = self._have = self._confirmed = 0
        self._edits: dict[str, Edit] = {}
        self._stamps: dict[str, list[Any]] = {}
        self._told: dict[str, Any] = {}
        self._texts: dict[str, Known] = {}

    # People

    def edits(self, field: str, value: Any, at: int) -> None:
        self.fields[field] = value
        self._edits[field] = Edit(self._version + 1, at)

    def decides(self, keep: Keep, at: int) -> None:
        self._take_in(keep, at)

    # The wire

    def take(self, message: Message) -> None:
        """A later message about the twin replaces one that waits; an earlier one is none."""
        if message["version"] > self._heard.get("version", 0):
            known = self._heard.get("decided", []) if self.waits else []
            told = message.get("decided", [])
            known = [each for each in known if each not in told]
            had = list(self._heard.get("fields", {}).values())
            fields = message["replica"].get("fields", {})
            filled = {name: _filled(value, had) for name, value in fields.items()}
            self._heard = {**message, "fields": filled, "decided": known + told}
            self._confirm(message["have"])
            self._take_in()

    def tell(self) -> Message | None:
        """None: there is nothing new."""
        version = self._version + 1
        fresh = [name for name, edit in self._edits.items() if edit.version == version]
        if not fresh and self._version and all(each["version"] for each in self.decided):
            return None
        self._version = version
        for name in fresh:
            self._stamps[name] = self._stamp(name)
            if self._by_paragraphs(name):
                known = self._known(name)
                told = (*known.waiting, (version, self.fields[name]))
                self._texts[name] = known._replace(waiting=told)
        self._told = dict(self.fields)
        self.decided = [{**each, "version": each["version"] or version} for each in self.decided]
        replica = {"fields": self._told, "stamps": self._stamps}
        return {
            "twin": self.twin,
            "issue": f"{self.name}-1",
            "version": version,
            "have": self._have,
            "replica": replica,
            "decided": self.decided,
        }

    def _stamp(self, name: str) -> list[Any]:
        last = self._stamps.get(name)
        at = self._edits[name].at
        if last is not None and last[0] > self._confirmed:
            return [self._version, at, last[2], last[3], {}]
        return [self._version, at, self._version, self._told.get(name), {}]

    # What a message changes

    def _confirm(self, have: int) -> None:
        self._confirmed = max(self._confirmed, have)

    def _take_in(self, keep: Keep = "", now: int = 0) -> None:
        fields, stamps = self._heard["fields"], self._heard["replica"].get("stamps", {})
        first = not self._have and not self._confirmed
        news = [n for n in fields if first or (n in stamps and stamps[n][0] > self._have)]
        self.waits = not keep and any(self._asks(n, fields[n], stamps) for n in news)
        if self.waits:
            return
        known = len(self.conflicts)
        for name in news:
            self._take_field(name, fields[name], stamps, keep, now)
        self._hear(self.conflicts[known:], fields)
        self.decided = [
            each
            for each in self.decided
            if not each["version"] or each["version"] > self._confirmed
        ]
        self._have = self._heard["version"]
        for name in fields:
            if name not in news:
                self._note_common(name, fields[name], stood=False)

    def _unseen(self, name: str) -> Edit | None:
        """An edit of ours of which the other did not know."""
        edit = self._edits.get(name)
        return edit if edit is not None and edit.version > self._confirmed else None

    def _asks(self, name: str, value: Any, stamps: dict[str, Any]) -> bool:
        edit = self._unseen(name)
        if edit is None or value == self.fields.get(name):
            return False
        moments = edit.at, stamps[name][1]
        winner = self._winner(*moments)
        found = self._merged(name, value, self._form(winner, *moments))
        return winner == "park" and (found is None or found.conflict)

    def _take_field(
        self, name: str, value: Any, stamps: dict[str, Any], keep: Keep, now: int
    ) -> None:
        edit, here = self._unseen(name), self.fields.get(name)
        if edit is None or value == here:
            self.fields[name] = value
            self._note_common(name, value, stood=edit is not None)
            return
        at = stamps[name][1]
        winner: Winner = keep or self._winner(edit.at, at)
        found = self._merged(name, value, self._form(winner, edit.at, at))
        text = found.text if found is not None else None
        conflict = found is None or found.conflict
        if text is None:
            text = here if winner == "ours" else value
        if conflict:
            self._decide(name, winner, edit.at, at, value, "person" if keep else "")
        self.fields[name] = text
        if keep and conflict:
            self._edits[name] = Edit(self._version + 1, now)
        elif text == value:
            del self._edits[name]
            if not conflict:
                self._tell(name, self.other, "merged", edit.at, at)
        elif text != here:
            self._edits[name] = Edit(self._version + 1, max(edit.at, at))
        self._note_common(name, value, stood=text != value)

    def _merged(self, name: str, value: Any, winner: Winner) -> Any:
        common = self._known(name).common
        if common is None or not self._by_paragraphs(name):
            return None
        return merged(common, self.fields[name], value, winner)

    def _winner(self, ours: int, theirs: int) -> Winner:
        return winner(self.name, self.other, self.policy, ours, theirs)

    def _form(self, by: Winner, ours: int, theirs: int) -> Winner:
        """Whose form of the same words stands, where a person is asked about other ones."""
        return winner(self.name, self.other, "newest", ours, theirs) if by == "park" else by

    # Texts that both have

    def _by_paragraphs(self, name: str) -> bool:
        return self.by_paragraphs and bool(paragraphs(self.fields.get(name) or ""))

    def _known(self, name: str) -> Known:
        return self._texts.get(name, Known()).confirmed(self._confirmed)

    def _note_common(self, name: str, value: Any, *, stood: bool) -> None:
        known = self._known(name)
        if not self._by_paragraphs(name):
            return
        if self.fields[name] == value:
            common = Common(value, value)
            self._texts[name] = Known(common, self._version, known.waiting)
        elif stood:
            self._texts[name] = known._replace(waiting=())

    # Decisions

    def _decide(
        self, name: str, winner: Winner, ours: int, theirs: int, value: Any, by: str
    ) -> None:
        side = self.name if winner == "ours" else self.other
        lost = value if winner == "ours" else self.fields[name]
        self.conflicts.append(Conflict(name, side, newest_first(ours, theirs), lost))
        self._tell(name, side, by or self.policy, ours, theirs)

    def _tell(self, name: str, side: str, by: str, ours: int, theirs: int) -> None:
        # What was told already is replaced; the other side has to know both.
        self.decided = [
            each for each in self.decided if each["field"] != name or not each["version"]
        ]
        self.decided.append(
            {
                "field": name,
                "winner": side,
                "by": by,
                "sender_at": ours,
                "receiver_at": theirs,
                "version": 0,
            }
        )

    def _hear(self, noticed: list[Conflict], fields: dict[str, Any]) -> None:
        """What the other decided is on record here as well, unless we just decided alike."""
        alike = [each[:3] for each in noticed]
        own = {each["field"]: each for each in self.decided}
        for told in self._heard.get("decided", []):
            name, here = told["field"], self.fields.get(told["field"])
            moments = newest_first(told["sender_at"], told["receiver_at"])
            if told["version"] <= self._have or (name, told["winner"], moments) in alike:
                continue
            lost = None
            mine = own.get(name)
            yielding = mine is not None and yields(self.name, self.other, self.policy, mine, told)
            if yielding and self._unseen(name) is None:
                lost, self.fields[name] = here, fields[name]
            if told["by"] != "merged":
                self.conflicts.append(Conflict(name, told["winner"], moments, lost))

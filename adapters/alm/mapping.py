"""ALM's entities as our neutral words."""

from collections.abc import Mapping

from adapters.alm import moments
from adapters.alm.customization import Customization, Customizations
from adapters.alm.ids import EntityType, IssueId
from adapters.alm.memo import Memos
from adapters.alm.moments import ServerClock
from adapters.alm.params import AlmParams
from adapters.alm.people import People
from adapters.alm.slots import SETS, Slot, slots
from adapters.alm.wire import Entity, Held
from schemas.issue import Attachment, Comment, Issue, IssueRef
from schemas.values import Fields, User, Value, as_set

PLAIN_TYPE: Mapping[EntityType, str] = {
    "defect": "Defect",
    "requirement": "Requirement",
    "test": "Test",
}
UNDEFINED = "0"
"""The requirement type that is none."""
_DAY = 3600


class Reader:
    def __init__(
        self,
        params: AlmParams,
        customizations: Customizations,
        people: People,
        memos: Memos,
        clock: ServerClock,
    ) -> None:
        self._params = params
        self._customizations = customizations
        self._people = people
        self._memos = memos
        self._clock = clock

    def reference(self, issue: IssueId) -> IssueRef:
        given = self._params
        place = (
            given.issue_url or given.url + "/rest/domains/{domain}/projects/{project}/{type}s/{id}"
        )
        known = {
            "{domain}": given.domain,
            "{project}": given.project,
            "{type}": issue.type,
            "{id}": issue.number,
        }
        for name, value in known.items():
            place = place.replace(name, value)
        return IssueRef(str(issue), str(issue), place)

    async def issue(
        self,
        issue: IssueId,
        found: Entity,
        *,
        links: tuple[str, ...] | None = None,
        comments: tuple[Comment, ...] | None = None,
        attachments: tuple[Attachment, ...] | None = None,
    ) -> Issue:
        fields, hidden = await self.fields(issue, found)
        if links is not None:
            fields["links"] = links
        return Issue(
            ref=self.reference(issue),
            version=found.version,
            updated=await self._clock.to_millis(found.text("last-modified")),
            project=self._params.project,
            fields=fields,
            comments=comments,
            attachments=attachments,
            marker=found.text(self._params.marker_field) or hidden,
        )

    async def fields(self, issue: IssueId, found: Entity) -> tuple[Fields, str]:
        """And the marker that the description hides."""
        known = await self._customizations.of(issue.type)
        fields: Fields = {"type": type_of(issue.type, found, known)}
        hidden = ""
        for slot in slots(issue.type, self._params, known).values():
            held = found.fields.get(slot.field.name, ())
            if slot.kind == "rich_text":
                rich, mark = await self._memos.parse(held[0].text if held else "")
                hidden = mark if slot.name == "description" else hidden
                empty = not rich.blocks and slot.name != "description"
                fields[slot.name] = None if empty else rich
            else:
                fields[slot.name] = await self._value(slot, held, known)
        return fields, hidden

    async def _value(self, slot: Slot, held: tuple[Held, ...], known: Customization) -> Value:
        texts = _texts(slot, held)
        if slot.kind == "users":
            users = [await self._people.shown(text) for text in texts]
            return as_set([user.name or user.id for user in users])
        if slot.kind in SETS:
            return as_set(texts)
        if not texts:
            return None
        text = texts[0]
        match slot.kind:
            case "user":
                return await self._people.shown(text)
            case "number":
                return number(text)
            case "duration":
                return self._seconds(text)
            case "boolean":
                return text == "Y"
            case "date":
                return text[:10]
            case "datetime":
                at = await self._clock.entered(text)
                return moments.neutral(at) if at else text
            case "cascading" | "path":
                return known.listed(slot.field).paths.get(text, text)
            case "issue":
                return f"requirement-{text}" if text.isdigit() and int(text) > 0 else None
            case _:
                return text

    def _seconds(self, days: str) -> Value:
        told = number(days)
        if not isinstance(told, int | float):
            return None
        return round(told * self._params.hours_per_day * _DAY)

    async def author(self, login: str, name: str) -> User:
        known = await self._people.shown(login) if login else User()
        return User(
            name=known.name if known.email else name or known.name, email=known.email, id=login
        )


def type_of(kind: EntityType, found: Entity, known: Customization) -> str:
    """A requirement's own type stands behind it: "Requirement / Functional"."""
    number_ = found.text("type-id")
    if kind != "requirement" or number_ in ("", UNDEFINED):
        return PLAIN_TYPE[kind]
    return f"{PLAIN_TYPE[kind]} / {known.types.get(number_, number_)}"


def number(text: str) -> int | float | str:
    try:
        told = float(text)
    except ValueError:
        return text
    return int(told) if told.is_integer() else told


def _texts(slot: Slot, held: tuple[Held, ...]) -> list[str]:
    """Of references the name that people see. Older versions put several values into one."""
    texts = [one.shown or one.text if slot.field.type == "Reference" else one.text for one in held]
    if (
        slot.kind in SETS
        and slot.field.type != "Reference"
        and (slot.field.multi or slot.kind == "labels")
    ):
        texts = [part.strip() for text in texts for part in text.split(";")]
    return [text for text in texts if text]

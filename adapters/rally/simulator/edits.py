"""Writes: what Rally checks, fills in, leaves out with a warning, and writes down."""

import re
from typing import Any

from adapters.rally.moments import text as moment
from adapters.rally.simulator import catalogue
from adapters.rally.simulator.model import Attribute, Happening, Thing, Told, TypeDef
from adapters.rally.simulator.state import State

_UNSAFE = re.compile(
    r"<script\b.*?</script\s*>|<!--.*?-->|\son\w+\s*=\s*(?:\"[^\"]*\"|'[^']*')", re.DOTALL | re.I
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?)?")
_DEFAULTS: dict[str, dict[str, Any]] = {
    "Defect": {
        "State": "Submitted",
        "ScheduleState": "Defined",
        "Priority": "None",
        "Severity": "None",
        "Resolution": "None",
        "Environment": "None",
    },
    "HierarchicalRequirement": {"ScheduleState": "Defined"},
    "Task": {"State": "Defined"},
}
_SWITCHES = ("Ready", "Expedite", "Blocked", "ReleaseNote", "AffectsDoc", "c_Released")
_BINARY = "BINARY_DATA"


class Edits:
    def __init__(self, state: State) -> None:
        self._state = state

    def create(self, element: str, body: dict[str, Any], actor: Thing) -> tuple[Thing, list[str]]:
        state, definition = self._state, self._state.types[element]
        self._may(actor, f"create {element}")
        warnings: list[str] = []
        wanted = self._checked(definition, body, warnings)
        missing = [
            one.name
            for one in definition.attributes.values()
            if one.required and _lacks(one, wanted) and not self._fills(element, one)
        ]
        if missing:
            raise Told(f"Validation error: {element}.{missing[0]} should not be null")
        if element == "Tag" and self._named("Tag", str(wanted["Name"])):
            raise Told(f"Validation error: Tag.Name {wanted['Name']!r} is not unique")
        made = state.add(element)
        self._fill(made, definition, wanted, actor)
        for name, value in wanted.items():
            self._put(made, definition.attributes[name], value)
        self._flow(made, wanted)
        self._after(made, actor)
        self._tell("Created", made, actor, {})
        return made, warnings

    def update(self, thing: Thing, body: dict[str, Any], actor: Thing) -> list[str]:
        self._may(actor, "perform action on this object")
        definition = self._state.types[thing.type]
        warnings: list[str] = []
        wanted = self._checked(definition, body, warnings)
        for name, value in wanted.items():
            if definition.attributes[name].required and value in (None, ""):
                raise Told(f"Validation error: {thing.type}.{name} should not be null")
        before = {name: thing.fields.get(name) for name in wanted}
        for name, value in wanted.items():
            self._put(thing, definition.attributes[name], value)
        self._flow(thing, wanted)
        self._touch(thing)
        changes = {name: (before[name], thing.fields.get(name)) for name in wanted}
        self._write_down(thing, actor, ", ".join(f"{name} changed" for name in wanted))
        self._tell("Updated", thing, actor, changes)
        return warnings

    def delete(self, thing: Thing, actor: Thing) -> None:
        self._may(actor, f"delete {thing.type}")
        state, definition = self._state, self._state.types[thing.type]
        self._tell("Deleted", thing, actor, {})
        if thing.type in ("ConversationPost", "Attachment"):
            artifact = state.things.get(thing.fields.get("Artifact") or 0)
            content = state.things.get(thing.fields.get("Content") or 0)
            if artifact is not None and thing.type == "Attachment":
                self._touch(artifact)
            if content is not None:
                state.drop(content)
        if definition.artifact:
            state.add(
                "RecycleBinEntry",
                ID=thing.fields["FormattedID"],
                ItemOID=thing.oid,
                Name=thing.fields["Name"],
                DeletionDate=moment(state.now()),
                DeletedBy=actor.oid,
                Type=self._type_definition(thing.type),
            )
        state.drop(thing)

    def collect(
        self, thing: Thing, name: str, way: str, refs: list[Any], actor: Thing
    ) -> list[Thing]:
        """Adding what is there and removing what is not change nothing."""
        self._may(actor, "perform action on this object")
        attribute = self._state.types[thing.type].attributes.get(name)
        if attribute is None or attribute.shape != "COLLECTION" or attribute.derived:
            raise Told(f"Cannot {way} to the collection {name}")
        others = [self._state.referred(ref, attribute.target) for ref in refs]
        if attribute.inverse and thing in others:
            raise Told(f"Validation error: {thing.type}.{name} cannot hold the item itself")
        before = list(thing.fields.get(name) or ())
        for other in others:
            self._pair(thing, attribute, other, way)
        after = thing.fields.get(name)
        if before != after:
            self._touch(thing)
            self._write_down(thing, actor, f"{name.upper()} {way}")
            self._tell("Updated", thing, actor, {name: (before, after)})
        return others

    def _pair(self, thing: Thing, attribute: Attribute, other: Thing, way: str) -> None:
        sides = [(thing, attribute.name, other)]
        if attribute.inverse:
            sides.append((other, attribute.inverse, thing))
        for one, name, there in sides:
            held = [oid for oid in one.fields.get(name) or () if oid != there.oid]
            one.fields[name] = [*held, there.oid] if way == "add" else held

    def _checked(
        self, definition: TypeDef, body: dict[str, Any], warnings: list[str]
    ) -> dict[str, Any]:
        wanted: dict[str, Any] = {}
        for name, value in body.items():
            attribute = definition.attributes.get(name)
            if name.startswith("_") or name == "ObjectID":
                continue
            if attribute is None or attribute.read_only or attribute.derived:
                place = f"{definition.element.lower()}.{name}"
                warnings.append(f"Ignored JSON element {place} during processing of this request.")
                continue
            wanted[name] = self._value(definition, attribute, value)
        return wanted

    def _value(self, definition: TypeDef, attribute: Attribute, value: Any) -> Any:
        place = f"{definition.element}.{attribute.name}"
        if attribute.shape == "COLLECTION":
            refs = value if isinstance(value, list) else []
            return [self._state.referred(ref, attribute.target).oid for ref in refs]
        if value is None or (value == "" and attribute.shape not in ("TEXT", _BINARY)):
            return None
        if attribute.shape == "OBJECT":
            return self._state.referred(value, attribute.target).oid
        if attribute.values and value not in attribute.values:
            raise Told(f'Validation error: {place} has no allowed value "{value}"')
        match attribute.shape:
            case "INTEGER" | "DECIMAL" | "QUANTITY":
                return _number(place, value, whole=attribute.shape == "INTEGER")
            case "DATE":
                if not isinstance(value, str) or not _DATE.fullmatch(value):
                    raise Told(
                        f'Could not parse: Cannot convert "{value}" into a date. You must use the'
                        " ISO8601 date+time format."
                    )
                return value
            case "BOOLEAN":
                return value is True or str(value).lower() == "true"
            case "WEB_LINK":
                keys = ("LinkID", "DisplayString")
                held = value if isinstance(value, dict) else {}
                return {key: str(held.get(key) or "") for key in keys}
            case shape if shape == _BINARY:
                return self._content(value)
        text = _UNSAFE.sub("", str(value)) if attribute.shape == "TEXT" else str(value)
        if len(text) > attribute.longest:
            raise Told(
                f"Validation error: {place} length is greater than the maximum length of"
                f" {attribute.longest}"
            )
        return text

    def _content(self, value: Any) -> str:
        text = str(value)
        if len(text) // 4 * 3 > self._state.config.largest_file + 3:
            raise Told("Validation error: AttachmentContent.Content is larger than 50 MB")
        return text

    def _put(self, thing: Thing, attribute: Attribute, value: Any) -> None:
        if attribute.inverse:
            for oid in value:
                self._pair(thing, attribute, self._state.things[oid], "add")
            return
        self._state.put(thing, attribute.name, value)

    def _fills(self, element: str, attribute: Attribute) -> bool:
        return attribute.name in _DEFAULTS.get(element, {}) or attribute.name == "Project"

    def _fill(self, made: Thing, definition: TypeDef, wanted: dict[str, Any], actor: Thing) -> None:
        state = self._state
        for name, value in _DEFAULTS.get(made.type, {}).items():
            made.fields[name] = value
        for name in _SWITCHES:
            if name in definition.attributes:
                made.fields[name] = False
        if made.type in ("ConversationPost", "Attachment"):
            state.put(made, "User", actor.oid)
        if not definition.artifact:
            return
        made.fields["FormattedID"] = state.numbered(definition)
        state.put(made, "CreatedBy", actor.oid)
        state.put(made, "Project", next(iter(state.of_type["Project"])))
        state.put(made, "RevisionHistory", state.add("RevisionHistory").oid)
        if made.type == "Defect":
            state.put(made, "SubmittedBy", actor.oid)

    def _flow(self, thing: Thing, wanted: dict[str, Any]) -> None:
        """A flow state stands for a schedule state: what is set sets the other."""
        if "FlowState" not in self._state.types[thing.type].attributes:
            return
        state = self._state
        flow = state.things.get(thing.fields.get("FlowState") or 0)
        if wanted.get("FlowState") and flow is not None:
            thing.fields["ScheduleState"] = flow.fields["ScheduleStateMapping"]
            return
        schedule = thing.fields.get("ScheduleState")
        if flow is not None and flow.fields["ScheduleStateMapping"] == schedule:
            return
        for one in state.of_type["FlowState"].values():
            here = one.fields["Project"] == thing.fields["Project"]
            if here and one.fields["ScheduleStateMapping"] == schedule:
                state.put(thing, "FlowState", one.oid)
                return

    def _after(self, made: Thing, actor: Thing) -> None:
        """A file moves its issue, and a post does not."""
        artifact = self._state.things.get(made.fields.get("Artifact") or 0)
        if made.type == "Attachment" and artifact is not None:
            self._touch(artifact)
            self._write_down(artifact, actor, f"ATTACHMENT added [{made.name}]")
            self._tell("Updated", artifact, actor, {"Attachments": (None, None)})
        if made.type in _DEFAULTS:
            self._write_down(made, actor, "Original revision")
        if made.type == "ConversationPost" and artifact is not None:
            discussion = self._state.types[artifact.type].attributes["Discussion"]
            made.fields["PostNumber"] = len(self._state.of(artifact, discussion)) - 1

    def _touch(self, thing: Thing) -> None:
        thing.version += 1
        thing.updated = self._state.now()

    def _write_down(self, thing: Thing, actor: Thing, words: str) -> None:
        history = thing.fields.get("RevisionHistory")
        if history is not None:
            self._state.add(
                "Revision",
                Description=words,
                RevisionNumber=thing.version - 1,
                User=actor.oid,
                RevisionHistory=history,
            )

    def _may(self, actor: Thing, what: str) -> None:
        if not self._state.writes(actor):
            raise Told(f"Not authorized to {what}")

    def _named(self, element: str, name: str) -> bool:
        things = self._state.of_type[element].values()
        return any(str(one.fields.get("Name")).casefold() == name.casefold() for one in things)

    def _type_definition(self, element: str) -> int:
        return next(
            one.oid
            for one in self._state.of_type["TypeDefinition"].values()
            if one.fields["ElementName"] == element
        )

    def _tell(
        self, action: str, thing: Thing, actor: Thing, changes: dict[str, tuple[Any, Any]]
    ) -> None:
        if thing.type in catalogue.TOLD:
            happening = Happening(action, thing, actor, changes, self._state.now())
            for listener in self._state.listeners:
                listener(happening)


def _lacks(attribute: Attribute, wanted: dict[str, Any]) -> bool:
    held = wanted.get(attribute.name)
    return held is None or (held == "" and attribute.shape != _BINARY)


def _number(place: str, value: Any, *, whole: bool) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise Told(f"Could not convert: {place} is no number: {value}") from None
    return int(number) if whole or number.is_integer() else number

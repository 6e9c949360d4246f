"""What ALM can do, for the engine, the API and the documentation."""

from collections.abc import Iterable, Mapping

import msgspec

from adapters.alm.params import AlmParams
from adapters.alm.slots import KINDS, SETS, STANDARD
from adapters.port import Capabilities
from schemas.links import RELATES
from schemas.metadata import FieldKind

SYSTEM = "alm"


def _fields(names: Iterable[str], *, linked: bool) -> dict[str, FieldKind]:
    known = {name: KINDS[name] for name in (*names, "type") if name in KINDS}
    return {**known, "links": "links"} if linked else known


def _sets(fields: Mapping[str, FieldKind]) -> tuple[str, ...]:
    return tuple(sorted(name for name, kind in fields.items() if kind in (*SETS, "links")))


_FIELDS = _fields((name for names in STANDARD.values() for name in names), linked=True)

CAPABILITIES = Capabilities(
    system=SYSTEM,
    title="OpenText ALM / Quality Center",
    webhook_authentication=(),
    comment_edit=True,
    comment_delete=True,
    comment_internal=False,
    comment_marker=True,
    attachment_upload=True,
    attachment_delete=True,
    expected_version=False,
    version_exact=False,
    status="plain",
    set_fields=_sets(_FIELDS),
    webhooks=False,
    time_precision_ms=1000,
    parent=True,
    link_kinds=(RELATES,),
    fields=_FIELDS,
    custom_kinds=(
        "text",
        "rich_text",
        "number",
        "boolean",
        "date",
        "datetime",
        "option",
        "options",
        "cascading",
        "user",
        "users",
    ),
    degraded={
        "labels": "ALM has no labels; the setting 'fields' gives them a place in a user field.",
        "resolution": "ALM has none beside the status; a user field can take it.",
        "due": "ALM has no due date of its own; a user field of type date can take it.",
        "remaining": "ALM has none; a user field of type number can take it.",
        "area": "ALM has none; a user field with a nested list can take it.",
        "iteration": "ALM has none; a user field with a nested list can take it.",
        "components": "A defect has one project, a requirement one product: one element at most.",
        "affected_versions": "A defect has one detected version at most.",
        "fix_versions": "A defect has one planned closing version; requirements have releases.",
        "milestone": "The target release of a defect.",
        "status": "Of a requirement, whether it was reviewed.",
        "estimate": "ALM counts in days.",
        "spent": "ALM counts in days.",
        "worklogs": "ALM keeps the sum alone, as 'spent'.",
        "comments": "One text for all: the account is the author, the line above each tells it with"
        " its time and our marker, and an edit keeps no time of its own. Editing and deleting"
        " rewrite that text, with the comments of people as they are.",
        "internal comments": "ALM has none, so they stay out.",
        "attachments": "ALM tells no author and no type of a file, and takes a name once.",
        "links": "Links have no kind, and one end is a defect.",
        "parent": "Of requirements alone.",
        "mentions": "They arrive as the person's name.",
        "inline images": "Of a new issue only after the issue stands, with a second write.",
        "changes of links and attachments": "Most raise no date in ALM: the full scan finds them.",
    },
)


def capabilities(params: AlmParams) -> Capabilities:
    """Of a connector that takes some of the entities only, and has places for more fields. What not
    all of its entities have is left to the metadata of each type."""
    kinds = params.entities
    linked = "defect" in kinds
    common = set(STANDARD[kinds[0]]).intersection(*(STANDARD[kind] for kind in kinds))
    fields = _fields([*sorted(common), *params.fields], linked=linked)
    told = {name: why for name, why in CAPABILITIES.degraded.items() if name not in params.fields}
    return msgspec.structs.replace(
        CAPABILITIES,
        fields=fields,
        set_fields=_sets({**_FIELDS, **fields}),
        parent="requirement" in kinds,
        link_kinds=(RELATES,) if linked else (),
        degraded=told,
    )

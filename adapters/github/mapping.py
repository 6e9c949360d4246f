"""GitHub's issue and comment JSON as our neutral words."""

from adapters.github import answers, markup
from adapters.github.markers import split_marker
from adapters.github.moments import millis
from adapters.github.params import GitHubParams
from adapters.github.places import Place, project_of
from adapters.github.users import to_user
from schemas.issue import Comment, Issue, IssueRef
from schemas.values import Fields, Value, as_set

FIELD = "field_"
"""Begins the neutral name of an issue field, its number follows."""
NO_TYPE = "issue"
"""What everything is called where there are no types."""


def reference(place: Place, found: answers.Issue) -> IssueRef:
    """The id stays that of the place asked for, also when GitHub led elsewhere."""
    return IssueRef(place.id, f"{project_of(found)}#{found.number}", found.html_url)


async def to_issue(
    place: Place,
    found: answers.Issue,
    params: GitHubParams,
    extra: Fields,
    comments: tuple[Comment, ...] | None,
) -> Issue:
    """`extra` is what the issue's own answer does not hold: people's names, parent and links."""
    text, marker = split_marker(found.body)
    updated = millis(found.updated_at)
    fields: Fields = {
        "summary": found.title,
        "description": await markup.parse(text),
        "status": found.state,
        "resolution": found.state_reason if found.state == "closed" else None,
        "milestone": found.milestone.title if found.milestone else None,
        **_by_labels(found, params),
        **{f"{FIELD}{one.issue_field_id}": _value(one) for one in found.issue_field_values or ()},
        **extra,
    }
    return Issue(
        ref=reference(place, found),
        version=updated,
        updated=updated,
        project=project_of(found),
        fields=fields,
        comments=comments,
        comment_count=found.comments,
        marker=marker,
    )


async def to_comment(found: answers.Comment) -> Comment:
    text, marker = split_marker(found.body)
    return Comment(
        id=str(found.id),
        body=await markup.parse(text),
        author=to_user(found.user),
        created=millis(found.created_at),
        updated=millis(found.updated_at),
        marker=marker,
    )


def label_names(found: answers.Issue) -> tuple[str, ...]:
    return tuple(one if isinstance(one, str) else one.name for one in found.labels)


def prefixed(names: tuple[str, ...], prefix: str) -> tuple[str, ...]:
    low = prefix.casefold()
    return tuple(name for name in names if prefix and name.casefold().startswith(low))


def _by_labels(found: answers.Issue, params: GitHubParams) -> Fields:
    names = label_names(found)
    priorities = prefixed(names, params.priority_prefix)
    types = () if found.type else prefixed(names, params.type_prefix)
    fields: Fields = {"type": found.type.name if found.type else _first(types, params.type_prefix)}
    if params.priority_prefix:
        fields["priority"] = _first(priorities, params.priority_prefix)
    fields["labels"] = as_set(set(names).difference(priorities, types))
    return fields


def _first(names: tuple[str, ...], prefix: str) -> str | None:
    return min(names)[len(prefix) :].strip() or None if names else None


def _value(held: answers.FieldValue) -> Value:
    match held.data_type:
        case "single_select":
            return held.single_select_option.name if held.single_select_option else None
        case "multi_select":
            return as_set([one.name for one in held.multi_select_options or ()])
        case "number":
            return held.value if isinstance(held.value, int | float) else None
        case "date":
            return str(held.value)[:10] if held.value else None
        case _:
            return str(held.value) if held.value is not None else None

"""The rules of an ALM connection, written from its params: the two files of each of its ends."""

from collections.abc import Mapping
from string import Template

import msgspec

from service.workers.alm import titles
from service.workers.alm.params import Given, Settings

SOURCE = "Imported from SD Elements: "
"""Before the address of the task, in each issue that was made for one."""
TESTING = "testing"
"""The slug of the phase whose tasks are tests in ALM."""
LEFT = "LEFT"
"""The status that crosses for a task that is no longer in scope."""


_CHANGED = "Task status changed to "


class Names(msgspec.Struct, frozen=True):
    """Of an SD Elements project, and what is above it."""

    project: str = ""
    application: str = ""
    business_unit: str = ""


class RuleFiles(msgspec.Struct, frozen=True):
    outgoing: str
    incoming: str


_SCOPE = Template("""\
PHASES = $phases
LEAST = $least
TAGS = $tags
VERIFICATION = $verification
SELECTED = $selected


def in_scope(issue: Issue) -> bool:
    fields = issue.fields
    if not fields.get("accepted", True):
        return False
    if SELECTED:
        return issue.key.rpartition("-")[2] in SELECTED
    if fields.get("phase") not in PHASES or int(issue.priority or "0") < LEAST:
        return False
    if not all(tag in issue.labels for tag in TAGS):
        return False
    return not VERIFICATION or (fields.get("verification") or "none") in VERIFICATION
""")

_SDE_OUTGOING = Template('''\
"""What leaves SD Elements: the task's words, its priority, and what its status means."""

OWN_NOTES = $own_notes

$scope

def is_own(comment: Comment) -> bool:
    words = markdown(comment.body)
    return any(words.startswith(beginning) for beginning in OWN_NOTES)


def outgoing(issue: Issue, context: Context) -> Replica | None:
    return Replica(
        summary=issue.summary,
        description=$description,
        status=$status,
        priority=issue.priority,
        labels=issue.labels,
        # What is noted here of the tracker is no news there.
        comments=[one for one in issue.comments if not one.internal and not is_own(one)],$testing
    )
''')

_SDE_INCOMING = Template('''\
"""What arrives in SD Elements: whether the issue is done, its notes, and where it is."""

DONE = $done
WORKFLOW = $workflow

$scope

def status_of(replica: Replica, issue: Issue | None) -> str | None:
    if issue is None or not WORKFLOW or replica.status is None or not in_scope(issue):
        return issue.status if issue is not None else None
    done = replica.status.casefold() in DONE
    # Complete and not applicable are both over: a person's choice between them stays.
    if done == (issue.fields.get("meaning") != "TODO"):
        return issue.status
    return "DONE" if done else "TODO"


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    if issue is None:
        # Tasks are SD Elements' own: an issue makes none.
        return None
    fields: dict[str, Any] = {}
    key = replica.fields.get("issue")
    if key is not None:
        fields["artifact_proxy"] = key
        fields["automatic_note"] = $synchronized + key
        $reference
    status = status_of(replica, issue)
    if status is not None and status != issue.status:
        fields["status_note"] = $changed + status + $via
    return Wanted(
        status=status,
        comments=[with_author(comment) for comment in replica.comments],
        fields=fields,
    )
''')

_ALM_OUTGOING = Template('''\
"""What leaves the tracker: the issue's status and what people say there."""


def outgoing(issue: Issue, context: Context) -> Replica | None:
    return Replica(
        status=$status,
        comments=[comment for comment in issue.comments if not comment.internal],
        # A field like others, so that a task that has none yet is given it.
        fields={"issue": issue.key},
    )
''')

_ALM_INCOMING = Template('''\
"""What arrives in the tracker: an issue for each task."""

DONE = $done
CLOSE = $close
REOPEN = $reopen
NEW = $new
CLOSED = $closed
WORKFLOW = $workflow
PRIORITY: dict[str, str] = $priorities
LABELS = $labels


def status_of(replica: Replica, issue: Issue | None) -> str | None:
    now = issue.status if issue is not None else None
$unless_test    if replica.status == "LEFT":
        target: str | None = CLOSED
    elif not WORKFLOW or replica.status is None:
        return now
    elif replica.status == "TODO":
        if now is None:
            return NEW
        return REOPEN if now.casefold() in DONE else now
    else:
        target = CLOSE
    # It is over already, or has to be left alone.
    if target is None or (now is not None and now.casefold() in DONE):
        return now
    return target


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    task_id = replica.key.rpartition("-")[2] + ":"
    title = replica.summary
    priority = PRIORITY.get(replica.priority or "")
    words = markdown(replica.description).rstrip()
    source = "$source[" + replica.url + "](" + replica.url + ")"
    fields: dict[str, Any] = $fields
    status = status_of(replica, issue)
    if status is not None:
        fields["status"] = status
    $set_priority
    return Wanted(
        project=context.project,
        type=$issue_type,
        summary=$summary,
        description=words + "\\n\\n" + source if words else source,
        labels=[*LABELS, *replica.labels],
        comments=[with_author(comment) for comment in replica.comments],
        fields=fields,
    )
''')


_IS_TEST = 'replica.fields.get("testing") is True'
_UNLESS_TEST = f"""\
    if {_IS_TEST}:
        # How far a test is written is no word about the task.
        return now
"""


def of_sd_elements(settings: Settings, phases: Mapping[str, str]) -> RuleFiles:
    """`phases`: name by slug."""
    scope = settings.scope
    written = _SCOPE.substitute(
        phases=repr(tuple(sorted(phases.get(slug, slug) for slug in scope.phases))),
        least=scope.priority,
        tags=repr(tuple(sorted(scope.tags))),
        verification=repr(tuple(sorted(scope.verification))),
        selected=repr(tuple(sorted(scope.selected))),
    )
    status = f'issue.fields.get("meaning", "TODO") if in_scope(issue) else "{LEFT}"'
    reference = ""
    if settings.references is not None:
        reference = f'fields["alm_reference"] = "{settings.references}:" + key'
    name = settings.system.short_name
    synchronized = f"Task synchronized in {name}. Reference: "
    return RuleFiles(
        _SDE_OUTGOING.substitute(
            scope=written,
            status=status,
            description=_description(settings),
            own_notes=repr((synchronized, _CHANGED)),
            testing=_testing(settings, phases),
        ),
        _SDE_INCOMING.substitute(
            scope=written,
            done=_done(settings),
            workflow=settings.workflow,
            reference=reference,
            synchronized=repr(synchronized),
            changed=repr(_CHANGED),
            via=repr(f" via {name}"),
        ),
    )


def _description(settings: Settings) -> str:
    if not settings.how_tos:
        return "issue.description"
    return 'markdown(issue.description) + "\\n\\n" + (issue.fields.get("how_tos") or "")'


def of_tracker(settings: Settings, names: Names) -> RuleFiles:
    priorities = {str(number): name for number, name in sorted(settings.priorities.items())}
    labels = settings.system.id == "github"
    incoming = _ALM_INCOMING.substitute(
        done=_done(settings),
        close=repr(settings.close),
        reopen=repr(settings.reopen),
        new=repr(settings.new or None),
        closed=repr(settings.closed or None),
        workflow=settings.workflow,
        priorities=repr(priorities or {}),
        labels=repr(settings.labels),
        fields=repr(fields_of(settings, names)),
        set_priority=_priority(settings, as_label=labels),
        issue_type=_type(settings),
        summary=_summary(settings, names),
        source=SOURCE,
        unless_test=_UNLESS_TEST if settings.tests else "",
    )
    if labels and priorities:
        known = "*([priority] if priority else []), *LABELS, *replica.labels"
        incoming = incoming.replace("*LABELS, *replica.labels", known)
    status = 'issue.status if issue.type != "Test" else None' if settings.tests else "issue.status"
    return RuleFiles(_ALM_OUTGOING.substitute(status=status), incoming)


def _testing(settings: Settings, phases: Mapping[str, str]) -> str:
    if not settings.tests:
        return ""
    name = phases.get(TESTING, TESTING)
    return f'\n        fields={{"testing": issue.fields.get("phase") == {name!r}}},'


def _type(settings: Settings) -> str:
    own = repr(settings.issue_type or None)
    return f'"Test" if {_IS_TEST} else {own}' if settings.tests else own


def _priority(settings: Settings, *, as_label: bool) -> str:
    if as_label or not settings.priorities:
        return ""
    return 'if priority is not None:\n        fields["priority"] = priority'


def _done(settings: Settings) -> str:
    return repr(tuple(sorted(status.casefold() for status in settings.done)))


def filled(given: Mapping[str, Given], settings: Settings, names: Names) -> dict[str, Given]:
    """With the macros of custom fields filled in."""
    macros = {f"${{{name}}}": value for name, value in titled(settings, names).items()}

    def of(text: str) -> str:
        for macro, value in macros.items():
            text = text.replace(macro, value)
        return text

    def whole(value: Given) -> Given:
        if isinstance(value, list):
            return [of(each) for each in value]
        return of(value) if isinstance(value, str) else value

    return {name: whole(value) for name, value in given.items()}


def titled(settings: Settings, names: Names) -> dict[str, str]:
    """What titles and fields may name."""
    return {
        "application": names.application,
        "project": names.project,
        "context": settings.context,
    }


def fields_of(settings: Settings, names: Names) -> dict[str, Given]:
    """What the params set in each issue."""
    found = filled(settings.custom_fields, settings, names)
    if settings.parent:
        # An issue that is under no sync of ours.
        found["own_parent"] = settings.parent
    version = version_field(settings)
    if version:
        found[version] = settings.version if version == "milestone" else [settings.version]
    return found


def version_field(settings: Settings) -> str:
    """Where `alm_project_version` stands; '' where nothing is set."""
    if not settings.version:
        return ""
    return "milestone" if settings.system.id == "github" else "affected_versions"


def _summary(settings: Settings, names: Names) -> str:
    """An expression; the words of people stand in it as literals alone."""
    known = titled(settings, names)
    values = {name: repr(value) for name, value in known.items()}
    values |= {"task_id": "task_id", "title": "title"}
    pieces = [
        values[word] if kind == "variable" else repr(word)
        for kind, word in titles.parts(settings.title_format)
    ]
    joined = f"({' + '.join(pieces)}).strip()"
    return f'{joined}.replace(":", "-")' if settings.system.id == "hp_alm" else joined

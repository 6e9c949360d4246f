"""The systems that an ALM connector can name, and the params of each."""

from typing import Literal

import msgspec

from adapters import registry
from schemas.errors import InputError

Kind = Literal["string", "masked_string", "radio", "checkbox", "select", "boolean", "integer",
               "json"]  # fmt: skip
Scope = Literal["system", "project"]

POLICIES = ("alm", "sde", "timestamp")
STATUSES = ("TODO", "DONE", "NA")
VERIFICATION = ("none", "partial", "pass", "fail")


class Param(msgspec.Struct, frozen=True):
    name: str
    label: str
    kind: Kind = "string"
    default: str = ""
    required: bool = False
    scope: Scope = "system"
    options: tuple[str, ...] = ()
    longest: int | None = 255
    help: str = ""


class System(msgspec.Struct, frozen=True):
    id: str
    short_name: str
    name: str
    adapter: str = ""
    """'' where no adapter of this node speaks to it."""
    own: tuple[Param, ...] = ()
    priorities: str = ""
    """The map that it begins with, as JSON; '' leaves priorities alone."""
    token_only: bool = False
    """Its credentials are a token, and nothing else."""

    @property
    def command(self) -> str:
        return f"sync_{self.id}"

    @property
    def params(self) -> tuple[Param, ...]:
        found = (*_credentials(token_only=self.token_only), *COMMON, *self.own)
        if not self.priorities:
            return found
        mapped = Param(
            "alm_priority_map", "Priority map", "json", self.priorities, longest=1024,
            help='Ranges of 1 to 10 and the name of each, such as {"7-10": "High"}.',
        )  # fmt: skip
        return (*found, mapped)


def _credentials(*, token_only: bool) -> tuple[Param, ...]:
    server = (
        Param("alm_method", "Protocol", "radio", "https", options=("https", "http")),
        Param("alm_server", "Server", required=True, help="Host, and port where it is not usual."),
        Param("alm_context_root", "Context root"),
        Param("alm_api_token", "API token", "masked_string", required=token_only, longest=4096),
        Param("alm_validate_cert", "Validate the certificate", "boolean", "true"),
    )
    if token_only:
        return server
    user = (
        Param("alm_user", "User", help="With a password; not needed with a token."),
        Param("alm_pass", "Password", "masked_string", longest=4096),
    )
    return (*server, *user)


_LOOKUP = Param(
    "alm_custom_lookup_fields", "Custom lookup fields", "json", longest=1024,
    help="What else holds of an issue that is taken by its title: values by the name of a field.",
)  # fmt: skip
COMMON = (
    Param("alm_project", "Project", scope="project", help="Needed on the connector or connection."),
    Param(
        "alm_phases", "Phases", "checkbox", "requirements,architecture-design,development",
        help="Slugs of SD Elements' phases, separated by commas.",
    ),
    Param("sde_statuses_in_scope", "Statuses in scope", "checkbox", "TODO", options=STATUSES,
          help="Tasks of these become issues. Issues that exist are kept in step."),
    Param("sde_min_priority", "Minimum priority", "integer", "7"),
    Param("sde_tags_filter", "Tags", longest=1024, help="A task needs all of them."),
    Param("sde_verification_filter", "Verification", "checkbox", "none,partial,pass,fail",
          options=VERIFICATION),
    Param("selected_tasks", "Selected tasks", scope="project", longest=4096,
          help="Short ids such as T12,CT13; they alone are in scope, whatever else is set."),
    Param("conflict_policy", "Conflict policy", "radio", "alm", options=POLICIES,
          help="Whose value stands where both sides changed one."),
    Param("how_tos_in_scope", "How-tos in the description", "boolean", "false"),
    Param("title_format", "Title format", default="$task_id $title"),
    Param("alm_title_format", "Title format of the connection", scope="project"),
    Param("alm_context", "Context", scope="project"),
    Param("alm_custom_fields", "Custom fields", "json", scope="project", longest=1024),
    Param("alm_standard_workflow", "Keep statuses in step", "boolean", "true"),
    Param("alm_closed_status", "Closed issue status",
          help="Of issues whose task is no longer in scope; '' takes that of finished tasks, and"
          " 'keep' leaves them alone."),
    Param("alm_reference_context", "Reference context", "integer",
          help="Id under which references are kept in SD Elements."),
    Param("start_fresh", "Delete issues first", "boolean", "false",
          help="Refused: it would delete what people wrote."),
    Param("test_alm", "Stop after a test", options=("server", "project", "settings")),
    Param("show_progress", "Show progress", "boolean", "false"),
)  # fmt: skip

_SYSTEMS = (
    System(
        "github", "GitHub", "GitHub", "github", token_only=True,
        priorities='{"7-10": "High", "4-6": "Medium", "1-3": "Low"}',
        own=(
            Param("github_repo_owner", "Repository owner", required=True),
            Param("github_duplicate_label", "Label of duplicates", default="duplicate"),
            Param("github_issue_label", "Label of issues"),
            Param("alm_project_version", "Milestone"),
            Param("alm_group_label", "Group label", default="SD Elements"),
        ),
    ),
    System(
        "jira", "JIRA", "JIRA", "jira",
        priorities='{"10": "Blocker", "7-9": "Critical", "5-6": "Major", "3-4": "Minor",'
        ' "1-2": "Trivial"}',
        own=(
            Param("jira_version", "Version", default="6",
                  help="Its first digit, or 'cloud' for Jira Cloud under an address of one's own."),
            Param("jira_issue_type", "Issue type", default="Bug"),
            Param("jira_close_transition", "Transition that closes", default="Close Issue"),
            Param("jira_reopen_transition", "Transition that reopens", default="Reopen Issue"),
            Param("jira_done_statuses", "Done statuses", default="Resolved,Closed"),
            Param("alm_project_version", "Affected version"),
            Param("alm_parent_issue", "Parent issue", scope="project"),
            Param("alm_issue_label", "Label", default="SD-Elements"),
            _LOOKUP,
        ),
    ),
    System(
        "rally", "CA Agile Central", "CA Agile Central (formerly Rally)", "rally",
        priorities='{"9-10": "Resolve Immediately", "6-8": "High Attention", "4-5": "Normal",'
        ' "1-3": "Low"}',
        own=(
            Param("rally_workspace", "Workspace", required=True),
            Param("rally_card_type", "Card type", "radio", "Story", options=("Story", "Task")),
            Param("rally_new_status", "Status of new cards", default="Defined"),
            Param("rally_done_statuses", "Done statuses", default="Completed,Accepted"),
            Param("alm_issue_label", "Tag", default="SD-Elements"),
            Param("alm_parent_issue", "Parent story", scope="project",
                  help="Needed for tasks, and for nothing else."),
            _LOOKUP,
        ),
    ),
    System(
        "hp_alm", "HP Alm", "HP Alm", "alm",
        priorities='{"9-10": "5-Urgent", "7-8": "4-Very High", "5-6": "3-High",'
        ' "3-4": "2-Medium", "1-2": "1-Low"}',
        own=(
            Param("hp_alm_domain", "Domain", required=True),
            Param("hp_alm_issue_type", "Requirement type", default="Functional"),
            Param("hp_alm_new_status", "New status", default="Not Completed"),
            Param("hp_alm_reopen_status", "Reopened status", default="Not Completed"),
            Param("hp_alm_close_status", "Closed status", default="Passed"),
            Param("hp_alm_done_statuses", "Done statuses", default="Passed"),
            Param("hp_alm_test_plan_folder", "Test plan folder", default="SD Elements",
                  help="Of the tests that tasks of the phase testing become."),
            Param("hp_alm_test_type", "Test type", "select", "MANUAL", options=("MANUAL",)),
        ),
    ),
    System(
        "tfs", "Azure DevOps", "Microsoft Azure DevOps (Team Foundation Server)", "azure-devops",
        priorities='{"9-10": "1", "7-8": "2", "3-6": "3", "1-2": "4"}',
        own=(
            Param("tfs_collection", "Collection", help="Of a server of one's own."),
            Param("tfs_issue_type", "Work item type", default="Task"),
            Param("tfs_reopen_status", "Reopened state", default="New"),
            Param("tfs_close_status", "Closed state", default="Closed"),
            Param("tfs_done_statuses", "Done states", default="Closed,Resolved,Done,Removed"),
            Param("alm_issue_label", "Tag", default="SD-Elements"),
            Param("alm_parent_issue", "Parent work item", scope="project"),
        ),
    ),
    System("trac", "Trac", "Trac"),
    System("mingle", "Mingle", "Mingle"),
    System("rational", "IBM Rational Team Concert", "IBM Rational Team Concert"),
    System("pivotal_tracker", "Pivotal Tracker", "Pivotal Tracker"),
    System("servicenow", "ServiceNow", "ServiceNow (ITSM)"),
    System("gitlab", "GitLab", "GitLab"),
)  # fmt: skip


def supported() -> tuple[System, ...]:
    """Those that an adapter of this node speaks to."""
    known = registry.names()
    return tuple(system for system in _SYSTEMS if system.adapter in known)


def find(id: str) -> System:
    """Raises `InputError` that lists what is supported."""
    found = next((system for system in supported() if system.id == id), None)
    if found is not None:
        return found
    names = ", ".join(system.id for system in supported())
    known = any(system.id == id for system in _SYSTEMS)
    what = f"{id!r} is not supported by this node." if known else f"There is no system {id!r}."
    raise InputError(f"{what} Supported: {names}.", field="system")

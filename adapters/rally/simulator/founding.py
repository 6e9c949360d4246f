"""What a simulated Rally begins with: the subscription, people, projects and what they name."""

from adapters.rally.simulator import catalogue
from adapters.rally.simulator.model import Thing
from adapters.rally.simulator.state import State

_PEOPLE = (
    ("tidegate", "Tide", "Gate", True),
    ("limited", "Lim", "Ited", False),
    ("alice", "Alice", "Example", False),
    ("bob", "Bob", "Example", False),
)


def found(state: State) -> None:
    subscription = state.add("Subscription", Name="Simulated subscription")
    zone = state.add(
        "WorkspaceConfiguration", TimeZone=state.config.time_zone, DateFormat="yyyy-MM-dd"
    )
    workspace = state.add(
        "Workspace",
        Name=state.config.workspace,
        State="Open",
        Subscription=subscription.oid,
        WorkspaceConfiguration=zone.oid,
    )
    _define(state)
    projects = _projects(state, workspace)
    for login, first, last, admin in _PEOPLE:
        user = _person(state, login, first, last, admin)
        profile = state.add(
            "UserProfile", DefaultWorkspace=workspace.oid, DefaultProject=projects[0].oid
        )
        state.put(user, "UserProfile", profile.oid)
        _permit(state, user, projects)
    for name in ("Spring", "Autumn"):
        state.add("Milestone", Name=name)


def _permit(state: State, user: Thing, projects: list[Thing]) -> None:
    if user.fields["SubscriptionAdmin"]:
        return
    limited = user.fields["UserName"] == "limited@example.com"
    for project in projects[:-1] if limited else projects:
        role = "Viewer" if limited else "Editor"
        state.add("ProjectPermission", Role=role, User=user.oid, Project=project.oid)


def _person(state: State, login: str, first: str, last: str, admin: bool) -> Thing:
    return state.add(
        "User",
        UserName=f"{login}@example.com",
        EmailAddress=f"{login}@example.com",
        DisplayName=f"{first} {last}",
        FirstName=first,
        LastName=last,
        Role="None",
        Disabled=False,
        SubscriptionAdmin=admin,
    )


def _projects(state: State, workspace: Thing) -> list[Thing]:
    made: dict[str, Thing] = {}
    for path in state.config.projects:
        above, _, name = path.rpartition(" / ")
        project = state.add("Project", Name=name, State="Open", Workspace=workspace.oid)
        if above in made:
            state.put(project, "Parent", made[above].oid)
        made[path] = project
        for release in ("1.0", "2.0"):
            state.add("Release", Name=release, Project=project.oid)
        for iteration in ("Sprint 1", "Sprint 2"):
            state.add("Iteration", Name=iteration, Project=project.oid)
        for index, (flow, schedule) in enumerate(catalogue.FLOW):
            state.add(
                "FlowState",
                Name=flow,
                ScheduleStateMapping=schedule,
                OrderIndex=index,
                Project=project.oid,
            )
    return list(made.values())


def _define(state: State) -> None:
    """The types describe themselves."""
    definitions = {
        element: state.add(
            "TypeDefinition",
            Name=one.label,
            ElementName=element,
            DisplayName=one.label,
            TypePath=element,
            IDPrefix=one.prefix,
        )
        for element, one in state.types.items()
    }
    for element, one in state.types.items():
        for attribute in one.attributes.values():
            target = attribute.target or ("AllowedAttributeValue" if attribute.values else "")
            made = state.add(
                "AttributeDefinition",
                Name=attribute.label,
                ElementName=attribute.name,
                AttributeType=attribute.shape,
                SchemaType=attribute.target or attribute.shape.title(),
                Constrained=bool(attribute.values) and attribute.shape == "STRING",
                Custom=attribute.custom,
                Hidden=attribute.hidden,
                ReadOnly=attribute.read_only,
                Required=attribute.required,
                Filterable=True,
                MaxLength=attribute.longest,
                MaxFractionalDigits=4 if attribute.shape == "DECIMAL" else -1,
                AllowedValueType=definitions[target].oid if target in definitions else None,
                TypeDefinition=definitions[element].oid,
            )
            for index, value in enumerate(attribute.values):
                state.add(
                    "AllowedAttributeValue",
                    StringValue=value,
                    ValueIndex=index,
                    AttributeDefinition=made.oid,
                )

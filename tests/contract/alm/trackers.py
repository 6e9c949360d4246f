"""Each tracker that an ALM connector can name: its simulator, and params that fit it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec

from adapters.alm.simulator import AlmSimulator
from adapters.alm.simulator import SimulatorConfig as AlmConfig
from adapters.azure_devops.simulator import AzureDevOpsSimulator
from adapters.azure_devops.simulator import SimulatorConfig as AzureConfig
from adapters.github.simulator import GitHubSimulator
from adapters.github.simulator import SimulatorConfig as GitHubConfig
from adapters.jira.simulator import JiraSimulator
from adapters.jira.simulator import SimulatorConfig as JiraConfig
from adapters.jira_cloud.simulator import CloudConfig, JiraCloudSimulator
from adapters.port import Tracker
from adapters.rally.simulator import RallySimulator
from adapters.rally.simulator import SimulatorConfig as RallyConfig
from adapters.registry import find
from schemas.issue import CommentDraft, FieldChange, Issue, IssueDraft, Part
from schemas.rich_text import RichText
from service.clock import wall_clock
from service.codec import MarkdownCodec
from service.workers.alm import catalogue
from service.workers.alm.params import settings_of
from service.workers.alm.trackers import connector_of

ALL = frozenset(Part)


class Place(msgspec.Struct):
    """A simulated tracker, its params, and a person at work in it."""

    params: dict[str, Any]
    own: dict[str, Any]
    tracker: Tracker
    project: str
    simulator: Any
    type: str
    """Of the issues that are made for tasks."""

    async def issues(self) -> list[Issue]:
        """In the order of their titles."""
        found = [
            await self.tracker.read(change.issue, ALL)
            async for change in self.tracker.all_issues((self.project,))
        ]
        return sorted(found, key=lambda issue: str(issue.fields["summary"]))

    async def issue(self, short: str) -> Issue:
        [found] = [i for i in await self.issues() if f"{short}:" in _title(i)]
        return found

    async def set(self, short: str, **fields: Any) -> None:
        await self.tracker.update(await self.issue(short), FieldChange(set=fields))

    async def make(self, title: str, text: str = "", type: str = "", **fields: Any) -> Issue:
        words = {"summary": title, "description": MarkdownCodec().from_markdown(text)}
        draft = IssueDraft(self.project, type or self.type, words | fields, uuid4().hex)
        return await self.tracker.create(draft)

    async def say(self, short: str, text: str) -> None:
        issue = await self.issue(short)
        body: RichText = MarkdownCodec().from_markdown(text)
        await self.tracker.add_comment(issue.ref.id, CommentDraft(body, ""))


def _title(issue: Issue) -> str:
    # HP ALM takes no colon in a name.
    return str(issue.fields["summary"]).replace("-", ":", 1)


Opening = Callable[[], AbstractAsyncContextManager[Place]]


@asynccontextmanager
async def _office(
    system: str, simulator: Any, params: dict[str, Any], own: dict[str, Any], project: str
) -> AsyncIterator[Place]:
    server, _, root = simulator.url.removeprefix("http://").partition("/")
    params = {"alm_method": "http", "alm_server": server, "alm_context_root": root, **params}
    adapter, settings = connector_of(catalogue.find(system), params | own)
    type = settings_of(catalogue.find(system), params | own).issue_type
    async with aiohttp.ClientSession() as session:
        tracker = find(adapter).open("person", settings, session, wall_clock)
        yield Place(params, own, tracker, project, simulator, type)


@asynccontextmanager
async def github() -> AsyncIterator[Place]:
    async with GitHubSimulator(GitHubConfig()) as found:
        params = {"github_repo_owner": "sim", "alm_api_token": GitHubConfig().token}
        async with _office(
            "github", found, params, {"alm_project": "project"}, "sim/project"
        ) as office:
            yield office


@asynccontextmanager
async def jira() -> AsyncIterator[Place]:
    async with JiraSimulator(JiraConfig(projects={"ABC": "Shop"})) as found:
        params = {
            "alm_api_token": JiraConfig().token,
            "jira_done_statuses": "Done",
            "jira_close_transition": "Done",
            "jira_reopen_transition": "To Do",
            "alm_priority_map": '{"9-10": "Highest", "7-8": "High", "1-6": "Low"}',
        }
        async with _office("jira", found, params, {"alm_project": "ABC"}, "ABC") as office:
            yield office


@asynccontextmanager
async def jira_cloud() -> AsyncIterator[Place]:
    """Under the same system, as SD Elements has it."""
    config = CloudConfig(projects={"ABC": "Shop"})
    async with JiraCloudSimulator(config) as found:
        params = {
            "jira_version": "cloud",
            "alm_user": config.email,
            "alm_pass": config.token,
            "jira_done_statuses": "Done",
            "jira_close_transition": "Done",
            "jira_reopen_transition": "To Do",
            "alm_priority_map": '{"9-10": "Highest", "7-8": "High", "1-6": "Low"}',
        }
        async with _office("jira", found, params, {"alm_project": "ABC"}, "ABC") as office:
            yield office


@asynccontextmanager
async def tfs() -> AsyncIterator[Place]:
    async with AzureDevOpsSimulator(AzureConfig()) as found:
        params = {"alm_user": "any", "alm_pass": AzureConfig().token}
        project = AzureConfig().projects[0]
        async with _office("tfs", found, params, {"alm_project": project}, project) as office:
            yield office


@asynccontextmanager
async def rally() -> AsyncIterator[Place]:
    async with RallySimulator(RallyConfig()) as found:
        params = {
            "alm_api_token": RallyConfig().token, "rally_workspace": RallyConfig().workspace,
        }  # fmt: skip
        async with _office("rally", found, params, {"alm_project": "Lagoon"}, "Lagoon") as office:
            yield office


@asynccontextmanager
async def hp_alm() -> AsyncIterator[Place]:
    async with AlmSimulator(AlmConfig()) as found:
        config = AlmConfig()
        params = {"alm_user": config.user, "alm_pass": config.password, "hp_alm_domain": "DEFAULT"}
        async with _office(
            "hp_alm", found, params, {"alm_project": config.project}, config.project
        ) as office:
            yield office


TRACKERS: dict[str, Opening] = {
    "github": github, "jira": jira, "tfs": tfs, "rally": rally, "hp_alm": hp_alm,
}  # fmt: skip

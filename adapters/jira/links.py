"""Links between issues, as seen from one of them."""

from collections.abc import Callable

from adapters.jira import answers, errors, wire
from adapters.jira.client import JiraClient, segment
from schemas.errors import Fault, TrackerError
from schemas.links import INVERSE, kind_name
from schemas.values import Millis, as_set

_LASTS = 60 * 60 * 1000
_OTHER_WORDS = {
    "relates_to": "relates",
    "clones": "copied_from",
    "is_cloned_by": "copied_to",
    "is_preceded_by": "follows",
    "is_followed_by": "precedes",
}
_READ = "read the links"

Held = dict[str, list[str]]
"""Link in our words -> its ids."""


def kind(words: str) -> str:
    """Of Jira's own words, such as "is blocked by"; others keep their name."""
    name = kind_name(words)
    name = _OTHER_WORDS.get(name, name)
    plain = name.removeprefix("is_")
    return plain if plain in INVERSE else name


def to_links(found: answers.IssueFields) -> tuple[str, ...]:
    return as_set([link for link, _ in _pairs(found)])


def _pairs(found: answers.IssueFields) -> list[tuple[str, str]]:
    pairs = []
    for link in found.issuelinks or ():
        if link.outward_issue is not None:
            pairs.append((f"{kind(link.type.outward)} {link.outward_issue.id}", link.id))
        elif link.inward_issue is not None:
            pairs.append((f"{kind(link.type.inward)} {link.inward_issue.id}", link.id))
    return pairs


class Links:
    def __init__(self, client: JiraClient, now: Callable[[], Millis]) -> None:
        self._client = client
        self._now = now
        self._types: tuple[answers.LinkType, ...] = ()
        self._until: Millis = 0

    async def kinds(self) -> tuple[str, ...]:
        """All that may be written here."""
        types = await self._all_types()
        return as_set([word for each in types for word in (kind(each.outward), kind(each.inward))])

    async def check(self, links: tuple[str, ...]) -> None:
        """Before anything is written: VALIDATION for what cannot be linked so."""
        for link in links:
            await self._type_of(link)

    async def change(
        self,
        issue_id: str,
        add: tuple[str, ...] = (),
        remove: tuple[str, ...] = (),
        whole: tuple[str, ...] | None = None,
    ) -> None:
        """Adding what is there and removing what is not succeed. `whole` removes all others."""
        held = await self._held(issue_id)
        if whole is not None:
            kept = (set(whole) | set(add)) - set(remove)
            add, remove = as_set(kept), as_set(set(held) - kept)
        for link in remove:
            for number in held.get(link, ()):
                await self._remove(number)
        for link in add:
            if link not in held and link not in remove:
                await self._add(issue_id, link)

    async def _held(self, issue_id: str) -> Held:
        path = f"/issue/{segment(issue_id)}"
        body = await self._client.get(path, {"fields": "issuelinks"}, what=_READ)
        held: Held = {}
        for link, number in _pairs(wire.read(wire.issue, body, _READ).fields):
            held.setdefault(link, []).append(number)
        return held

    async def _add(self, issue_id: str, link: str) -> None:
        """The API calls that issue inward from which the outward words are told."""
        type_, is_source, other = await self._type_of(link)
        source, target = (issue_id, other) if is_source else (other, issue_id)
        body = {
            "type": {"id": type_.id, "name": type_.name},
            "inwardIssue": {"id": source},
            "outwardIssue": {"id": target},
        }
        try:
            await self._client.write("POST", "/issueLink", body, what=f"add the link {link!r}")
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            raise errors.refused("links", f"there is no issue {other!r} to link to") from error

    async def _remove(self, number: str) -> None:
        try:
            await self._client.write(
                "DELETE", f"/issueLink/{segment(number)}", what="remove a link"
            )
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise

    async def _type_of(self, link: str) -> tuple[answers.LinkType, bool, str]:
        """With True when the issue that says this is the source."""
        wanted, _, other = link.partition(" ")
        types = await self._all_types()
        for each in types:
            if wanted in (kind(each.outward), kind(each.inward)) and other.isalnum():
                return each, wanted == kind(each.outward), other
        raise TrackerError(
            Fault.VALIDATION,
            f"Jira cannot hold the link {link!r}.",
            remedy="Write a kind and an issue's id; kinds are:"
            f" {', '.join(await self.kinds()) or 'none'}.",
            field="links",
        )

    async def _all_types(self) -> tuple[answers.LinkType, ...]:
        if self._now() >= self._until:
            what = "list the types of links"
            try:
                body = await self._client.get("/issueLinkType", what=what)
            except TrackerError as error:
                if error.fault is not Fault.NOT_FOUND:
                    raise
                # Issue linking is switched off.
                self._types = ()
            else:
                self._types = wire.read(wire.link_types, body, what).issue_link_types
            self._until = self._now() + _LASTS
        return self._types

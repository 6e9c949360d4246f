"""Snippets that the rules of one connection have for themselves: rules that were rolled back keep
those of then, which the node has replaced or removed since."""

from collections.abc import Iterable

from schemas.configuration import ConfiguredRules
from schemas.rules import RuleSet, Snippet
from service.rules.linking import used_by


def own_snippets(rules: RuleSet, library: tuple[Snippet, ...]) -> dict[str, str]:
    """All that the rules use, where any of it is other than what they would get now; else {}."""
    known = {snippet.name: snippet for snippet in library}
    if all(known.get(used.name) == used for used in rules.snippets):
        return {}
    used = _texts(rules.snippets)
    now = used_by(rules, library)
    return {} if used == _texts(known[name] for name in now) else used


def library_for(rules: ConfiguredRules, library: tuple[Snippet, ...]) -> tuple[Snippet, ...]:
    """What the rules can import: their own snippets alone, else those of the node."""
    own = tuple(Snippet(name, 0, source) for name, source in sorted(rules.snippets.items()))
    return own or library


def own_used(rules: ConfiguredRules) -> dict[str, str]:
    """Of their own snippets those that the rules reach."""
    if not rules.snippets:
        return {}
    reached = used_by(RuleSet(0, rules.outgoing, rules.incoming), library_for(rules, ()))
    return {name: rules.snippets[name] for name in sorted(reached)}


def changed_rules(
    given: ConfiguredRules | None, rules: RuleSet, own: dict[str, str]
) -> ConfiguredRules | None:
    """None where they are the same; how lines end makes no difference. `own`: what the node's
    rules have for themselves."""
    if given is None:
        return None
    files = zip((given.outgoing, given.incoming), (rules.outgoing, rules.incoming), strict=True)
    if any(with_lf(one) != with_lf(other) for one, other in files):
        return given
    if given.snippets:
        wanted = {name: with_lf(source) for name, source in own_used(given).items()}
        stands = {used.name: with_lf(used.source) for used in rules.snippets}
        return None if wanted == stands else given
    return given if own else None


def with_lf(source: str) -> str:
    return source.replace("\r\n", "\n")


def _texts(snippets: Iterable[Snippet]) -> dict[str, str]:
    return {snippet.name: snippet.source for snippet in snippets}

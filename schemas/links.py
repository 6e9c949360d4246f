"""The kinds of links between issues, in words that trackers share.

An issue says `"blocks 10017"` in `fields["links"]`: the kind, and the other issue's id. The other
one then says `"blocked_by …"`. A kind of a tracker's own keeps its name, in lower case and with `_`
for blanks.
"""

RELATES = "relates"

_PAIRS = (
    ("blocks", "blocked_by"),
    ("duplicates", "duplicated_by"),
    ("precedes", "follows"),
    ("copied_to", "copied_from"),
    ("causes", "caused_by"),
    ("affects", "affected_by"),
)

INVERSE: dict[str, str] = {
    RELATES: RELATES,
    **dict(_PAIRS),
    **{there: here for here, there in _PAIRS},
}
"""The word that the other issue uses for the same link."""


def kind_name(words: str) -> str:
    """A tracker's own words, such as "is tested by", as a kind."""
    return "_".join(words.lower().split())

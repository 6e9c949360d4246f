"""Routes about the mapping tables of a connection."""

from typing import Any

from schemas.mapping import MappingBody, MappingSolution, MappingSuggestions, MappingView
from schemas.routing import Route, post, put, read

MAPPING = read(
    "mapping",
    "/connections/{connection}/mapping",
    "The mapping tables, and the values that issues wait for",
    MappingView,
    edition="told",
)
MAPPING_PUT = put(
    "mapping_put",
    "/connections/{connection}/mapping",
    "Check the mapping tables against the trackers and save them; issues that waited go on",
    MappingBody,
    MappingView,
    role="admin",
    edition="needed",
)
MAPPING_SOLVE = post(
    "mapping_solve",
    "/connections/{connection}/mapping/solve",
    "Say what one value is here; all issues that wait for it go on",
    MappingSolution,
    MappingView,
    role="admin",
)
MAPPING_SUGGEST = read(
    "mapping_suggest",
    "/connections/{connection}/mapping/suggestions",
    "Tables to begin with, from what both trackers tell",
    MappingSuggestions,
)

MAPPING_ROUTES: tuple[Route[Any, Any, Any], ...] = (
    MAPPING,
    MAPPING_PUT,
    MAPPING_SOLVE,
    MAPPING_SUGGEST,
)

"""Converters between the canonical tree of rich text and the trackers' markups."""

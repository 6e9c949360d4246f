"""What a decoder raises for bytes that are not what they should be."""

import msgspec

MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Invalid UTF-8 and deep nesting come as Python's own errors, not as msgspec's."""

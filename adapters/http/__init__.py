"""The HTTP toolkit that every tracker's client is made of."""

from adapters.http.call import Answer, Call, Method, Refusal, segment
from adapters.http.client import Decoder, TrackerHttp
from adapters.http.dialect import Dialect, Limit
from adapters.http.params import (
    AboveZero,
    AtLeastOne,
    FileParams,
    Form,
    HttpParams,
    NotNegative,
)
from adapters.http.settings import HttpSettings
from adapters.http.tls import TLS_SETTINGS, tls_context
from adapters.http.waits import Pause, retry_after

__all__ = [
    "TLS_SETTINGS",
    "AboveZero",
    "Answer",
    "AtLeastOne",
    "Call",
    "Decoder",
    "Dialect",
    "FileParams",
    "Form",
    "HttpParams",
    "HttpSettings",
    "Limit",
    "Method",
    "NotNegative",
    "Pause",
    "Refusal",
    "TrackerHttp",
    "retry_after",
    "segment",
    "tls_context",
]

"""The parameters of a request: a form in its body, or the query of its URL."""

from typing import Final
from urllib.parse import parse_qsl

from tornado.web import HTTPError, RequestHandler

from models.access.limits import PUBLIC_BYTES
from upcoach.services.base.oauth_errors import invalid_request
from upcoach.services.base.request_parameters import MOST, Parameters

FORM: Final = "application/x-www-form-urlencoded"


def form_parameters(handler: RequestHandler) -> Parameters:
    """The form in the body; parameters in the URL would be logged by others."""
    request = handler.request
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if request.query or media_type != FORM:
        raise invalid_request("Send a form, in the body.")
    if len(request.body) > PUBLIC_BYTES:
        raise HTTPError(413)
    return _parsed(request.body)


def query_parameters(handler: RequestHandler) -> Parameters:
    """The parameters in the URL."""
    return _parsed(handler.request.query.encode(errors="surrogateescape"))


def _parsed(raw: bytes) -> Parameters:
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST
        )
    except ValueError:
        raise invalid_request("This form cannot be read.") from None
    return Parameters(pairs)

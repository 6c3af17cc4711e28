"""Why a request of ours got no answer, in words for whoever chose where it went."""

import errno
import socket
import ssl
from typing import Final

from tornado.iostream import StreamClosedError
from tornado.simple_httpclient import HTTPStreamClosedError, HTTPTimeoutError

# The first kind that fits: a few of them are kinds of others.
_WORDS: Final[tuple[tuple[tuple[type[BaseException], ...], str], ...]] = (
    ((ssl.SSLError,), "no TLS connection could be made"),
    ((socket.gaierror,), "its name was not found"),
    ((ConnectionRefusedError,), "the connection was refused"),
    (
        (HTTPStreamClosedError, StreamClosedError, ConnectionError),
        "the connection was closed before there was an answer",
    ),
    ((HTTPTimeoutError, TimeoutError), "it did not answer in time"),
)


def reason_of(failure: BaseException) -> str:
    """What went wrong, without the words of the operating system and of libraries.

    Examples
    --------
    >>> reason_of(ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"))
    'the connection was refused'
    >>> reason_of(OSError(errno.ENETUNREACH, "Network is unreachable"))
    'it cannot be reached (ENETUNREACH)'

    """
    if isinstance(failure, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {failure.verify_message}"
    for kinds, words in _WORDS:
        if isinstance(failure, kinds):
            return words
    if isinstance(failure, OSError) and failure.errno is not None:
        return f"it cannot be reached ({errno.errorcode.get(failure.errno, failure.errno)})"
    return str(failure) or type(failure).__name__  # of ours

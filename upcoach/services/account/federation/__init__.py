"""Federated login with OpenID providers.

Reading order
-------------
1.  `providers`: which providers there are; all that is special about one is in its row.
2.  `discovery`: where a provider answers and what it signs with, fetched and kept for a while.
3.  `id_tokens`: whether an ID token holds, and whom it speaks of: a `Subject`.
4.  `linking`: which account is the subject's, and when it must not be.
5.  `authorization_flow`: the way through a browser.  `federation` has all of it in one place.

What comes from outside is fetched by a `Fetch`: https, no redirects, seconds, kilobytes.
"""

from upcoach.services.account.federation.federation import Federation
from upcoach.services.account.federation.providers import Provider, providers_of

__all__ = ["Federation", "Provider", "providers_of"]

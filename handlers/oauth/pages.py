"""The pages of the authorization server: plain HTML, without a script."""

from html import escape

from models.client import Client, scope_named


def page(title: str, body: str) -> str:
    """A page; *body* is HTML."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><main><h1>{escape(title)}</h1>{body}</main></html>"
    )


def message(title: str, words: str) -> str:
    """A page that says something."""
    return page(title, f"<p>{escape(words)}</p>")


def login(action: str, hidden: dict[str, str], who: str, hint: str = "", words: str = "") -> str:
    """A form to log in with, in order to go on to *who*."""
    alert = f'<p role="alert">{escape(words)}</p>' if words else ""
    fields = (
        '<p><label>E-mail <input name="email" type="email" autocomplete="username" required '
        f'value="{escape(hint)}"></label></p>'
        '<p><label>Password <input name="password" type="password" '
        'autocomplete="current-password" required></label></p>'
        "<p><button>Log in</button></p>"
    )
    return page(f"Log in to go on to {who}", alert + _form(action, hidden, fields))


def consent(
    action: str, hidden: dict[str, str], client: Client, permissions: tuple[str, ...], note: str
) -> str:
    """A form to agree with, permission by permission."""
    lines = "".join(map(_permission, permissions))
    fields = (
        f"<p>{escape(note)}</p><p>It may:</p><ul>{lines}</ul>"
        '<p><button name="answer" value="yes">Allow</button> '
        '<button name="answer" value="no">Do not allow</button></p>'
    )
    return page(f"{client.name} asks for access", _form(action, hidden, fields))


def user_code(action: str, hidden: dict[str, str], code: str = "", words: str = "") -> str:
    """A form for the code that a device shows."""
    alert = f'<p role="alert">{escape(words)}</p>' if words else ""
    fields = (
        '<p><label>Code <input name="user_code" autocomplete="off" autocapitalize="characters" '
        f'required value="{escape(code)}"></label></p><p><button>Go on</button></p>'
    )
    return page("Connect a device", alert + _form(action, hidden, fields))


def confirmation(action: str, hidden: dict[str, str]) -> str:
    """A form that asks whether to log out."""
    return page("Log out?", _form(action, hidden, "<p><button>Log out</button></p>"))


def _permission(name: str) -> str:
    found = scope_named(name)
    assert found is not None, name
    return (
        f'<li><label><input type="checkbox" name="allow:{escape(name)}" value="yes" checked> '
        f"{escape(found.meaning)}</label></li>"
    )


def _form(action: str, hidden: dict[str, str], fields: str) -> str:
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in hidden.items()
    )
    return f'<form method="post" action="{escape(action)}">{kept}{fields}</form>'

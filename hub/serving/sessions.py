"""Whether this hub can read the sessions of the others on its database: all must sign with the same SECRET_KEY."""

import structlog
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.signing import BadSignature, loads

log = structlog.get_logger("hub.serve")
OTHER_KEY = (
    "the newest session was signed with another SECRET_KEY: all hubs of a database must have the same, or who logs in"
    " at one is a stranger at the others"
)


def tell_of_another_secret_key() -> None:
    """Say in the log, and in no other way, that the newest session is none to this hub: a key may also be new."""
    newest = Session.objects.order_by("-expire_date").first()
    store = SessionStore()
    try:
        if newest:
            loads(newest.session_data, serializer=store.serializer, salt=store.key_salt)
    except BadSignature:
        log.warning(OTHER_KEY)

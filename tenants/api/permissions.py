"""What a caller's key may do: asked after the caller is known and before the rate limit (contract, order of checks)."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from hub.api.errors import ApiError
from tenants.scopes import NOTHING, Scope, may_not


class KeyScope(BasePermission):
    """Lets a request through whose key has one of the scopes that its view `needs` for the action; else ApiError 403.

    An action of which the view does not say what it needs is nobody's. A method without an action is a 405 later.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if str(request.method).lower() in view.action_map:
            refuse_beyond(view.caller.scopes, view.needs.get(view.action, NOTHING))
        return True


def refuse_beyond(scopes: Scope, needed: Scope) -> None:
    """Raise ApiError 403 where a key's scopes have none of those that would do; it names them."""
    if not scopes & needed:
        raise ApiError(403, may_not(needed))

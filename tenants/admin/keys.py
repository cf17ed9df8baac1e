"""The admin of API keys: made and rolled with their text shown once, revoked for good."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import action, display

from hub.middleware.compression import keep_plain
from hub.middleware.requests import HubRequest
from tenants.admin.configuration import ConfigurationAdmin
from tenants.admin.forms import RollForm
from tenants.admin.key_forms import CUSTOM, KeyForm
from tenants.admin.list_filters import ChoiceFilter, TenantFilter
from tenants.admin.once import KEY, MadeAlready, make_once, to_made
from tenants.admin.sections import moment, time_column
from tenants.audit.events import actor_of, record
from tenants.keys import DeadKey, beginning, create_key, edit_key, revoke_key, roll_key, suggested_expiry, unused_keys
from tenants.models import ApiKey, AuditKind
from tenants.networks import Network, in_words

STATES = {"live": "success", "expiring": "warning", "expired": "", "revoked": "danger"}
MOST_NAMED = 2  # networks, in the list
DEAD = {"expired", "revoked"}
CHOSEN = ["access", "allowed_scopes", "allowed_networks"]
CREATED = time_column("created_at", "Created", "created_at")
EXPIRES = time_column("expires_at", "Expires", "expires_at")
REVOKED = time_column("revoked_at", "Revoked")
STAYS_DEAD = "A key that no longer works can't be changed or rolled. Create a new one."


def two_lines(first: str, second: str) -> str:
    """Write a cell with a quiet second line, where there is one."""
    return format_html('{}<br><small class="health-quiet">{}</small>', first, second) if second else first


def in_short(networks: Sequence[Network]) -> str:
    """Name the first networks, and say how many more there are."""
    more = len(networks) - MOST_NAMED
    return in_words(networks[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


class UseFilter(ChoiceFilter):
    """Live keys that nobody seems to need."""

    title = "use"
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("unused", "Unused: never in 30 days, or not for 90")]

    def chosen(self, queryset: QuerySet[ApiKey], value: str) -> QuerySet[ApiKey]:
        return unused_keys(queryset)


class NewKeyRequest(HubRequest):
    """A request that adds a key, between the two hooks that make the key and answer. For typing alone."""

    key_text: str


@admin.register(ApiKey)
class ApiKeyAdmin(ConfigurationAdmin):
    """A tenant's keys. Only the first characters of one are stored: its text is in one answer and nowhere else."""

    form = KeyForm
    list_display = [
        "label",
        "prefix_shown",
        "tenant",
        "may_shown",
        "state",
        "use",
        CREATED,
        "last_used",
        EXPIRES,
    ]
    list_select_related = ["tenant"]
    list_filter = [TenantFilter, UseFilter]
    search_fields = ["label", "prefix"]
    actions_row = ("roll", "revoke")
    actions_detail = ("roll", "revoke", "audit")
    audited_by = "api_key"
    conditional_fields = {"allowed_scopes": f"access == '{CUSTOM}'"}

    class Media:
        css = {"all": ["tenants/tenants.css"]}

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        if obj is None:
            return ["tenant", "label", *CHOSEN, "expires_at", "once"]
        chosen = CHOSEN if self.state(obj) not in DEAD else ["scopes_shown", "whence"]
        return [
            "tenant",
            "label",
            "prefix_shown",
            "state",
            *chosen,
            "expires_at" if chosen == CHOSEN else EXPIRES,
            CREATED,
            "last_used",
            REVOKED,
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[Any]:
        shown = ["tenant", "prefix_shown", "state", CREATED, "last_used", REVOKED]
        kept = ["label", EXPIRES, "scopes_shown", "whence", *CHOSEN]
        return [] if obj is None else shown if self.state(obj) not in DEAD else [*shown, *kept]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_changeform_initial_data(request), "expires_at": suggested_expiry()}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        """Return the keys, each with whether it `is_unused`."""
        found: QuerySet[ApiKey] = super().get_queryset(request)
        return found.annotate(is_unused=Exists(unused_keys(ApiKey.objects.filter(pk=OuterRef("pk")))))

    @display(description="Use", label={"unused": "warning"})  # type: ignore[untyped-decorator]
    def use(self, key: Any) -> tuple[str, str] | None:
        if not key.is_unused:
            return None
        return "unused", "not for 90 days" if key.last_used_at else "never used"

    @display(description="Key")  # type: ignore[untyped-decorator]
    def prefix_shown(self, key: ApiKey) -> str:
        return f"{beginning(key)}…"

    @display(description="May")  # type: ignore[untyped-decorator]
    def may_shown(self, key: ApiKey) -> str:
        return two_lines(key.may, f"from {in_short(key.networks)}" if key.networks else "")

    @display(description="May")  # type: ignore[untyped-decorator]
    def scopes_shown(self, key: ApiKey) -> str:
        return key.may

    @display(description="Networks")  # type: ignore[untyped-decorator]
    def whence(self, key: ApiKey) -> str:
        return key.whence

    @display(description="Last used", ordering="last_used_at")  # type: ignore[untyped-decorator]
    def last_used(self, key: ApiKey) -> str | None:
        if key.last_used_at is None:
            return None
        return two_lines(
            moment(key.last_used_at), " · ".join(filter(None, (key.last_used_address, key.last_used_route)))
        )

    @display(description="State", label=STATES)  # type: ignore[untyped-decorator]
    def state(self, key: ApiKey) -> str:
        if key.revoked_at:
            return "revoked"
        if key.expires_at is None:
            return "live"
        return "expired" if key.expires_at <= timezone.now() else "expiring"

    def save_model(self, request: NewKeyRequest, obj: Any, form: Any, change: bool) -> None:
        """Store what was changed of a key; make a new key, and keep its text for `response_add`."""
        said = {"label": obj.label, "expires_at": obj.expires_at}
        if change:
            edit_key(obj, **said, **form.narrowing)
            return
        chosen = {"scopes": form.cleaned_data["scopes"], "networks": form.cleaned_data["allowed_networks"]}
        once, by = form.cleaned_data["once"], actor_of(request)
        made, request.key_text = make_once(
            request, obj.tenant, once, lambda: create_key(obj.tenant, **said, **chosen, by=by)
        )
        for name in ("pk", "prefix", "created_at", "scopes", "networks"):
            setattr(obj, name, getattr(made, name))

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Show the form, or save it; a key that has ended meanwhile is left as it is, and one is made once."""
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except MadeAlready as already:
            return to_made(self, request, already, KEY)
        except DeadKey:
            messages.error(request, STAYS_DEAD)
            return HttpResponseRedirect(request.path)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> list[str]:
        return [] if add else form.changes

    def log_change(self, request: HttpRequest, obj: Any, message: list[str]) -> None:
        if message:
            record(
                AuditKind.KEY_CHANGED, actor_of(request), tenant_id=obj.tenant_id, api_key_id=obj.pk, details=message
            )

    def response_add(self, request: NewKeyRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        return self._show_text(request, obj, request.key_text)

    def _show_text(self, request: HttpRequest, key: ApiKey, text: str, old: ApiKey | None = None) -> HttpResponse:
        """Answer with the key's text, this once: an address to come back to would need it kept somewhere."""
        about: dict[str, Any] = {"key": key, "text": text, "old": old, "old_prefix": beginning(old) if old else ""}
        shown = self.page(request, "tenants/key_shown.html", f"Key “{key.label}”", key, **about)
        return keep_plain(shown)

    @action(description="Roll", url_path="roll", icon="autorenew")  # type: ignore[untyped-decorator]
    def roll(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Replace a key by a new one; the old one goes on working as long as the form says."""
        key = self.found(request, object_id)
        form = RollForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._roll(request, key, form)
        if self.state(key) in DEAD:
            return self._refuse(request, key, STAYS_DEAD)
        return self.page(request, "tenants/key_roll.html", f"Roll “{key.label}”", key, form=form, key=key)

    def _roll(self, request: HttpRequest, key: ApiKey, form: RollForm) -> HttpResponse:
        said: dict[str, Any] = {"overlap": form.overlap, "expires_at": form.expires_at, "by": actor_of(request)}
        try:
            fresh, text = make_once(request, key.tenant, form.cleaned_data["once"], lambda: roll_key(key, **said))
        except MadeAlready as already:
            return to_made(self, request, already, KEY)
        except DeadKey:
            return self._refuse(request, key, STAYS_DEAD)
        key.refresh_from_db()
        return self._show_text(request, fresh, text, old=key)

    @action(description="Revoke", url_path="revoke", icon="block")  # type: ignore[untyped-decorator]
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Revoke a key, after a question."""
        key = self.found(request, object_id)
        if key.revoked_at:
            return self._refuse(request, key, "This key is revoked already.")
        if request.method != "POST":
            return self.page(request, "tenants/key_revoke.html", f"Revoke “{key.label}”", key, key=key)
        revoke_key(key, by=actor_of(request))
        messages.success(request, f"{key} is revoked: no request with it is let in any more.")
        return self._to_list(key)

    def _refuse(self, request: HttpRequest, key: ApiKey, reason: str) -> HttpResponse:
        messages.error(request, reason)
        return self._to_list(key)

    def _to_list(self, key: ApiKey) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('admin:tenants_apikey_changelist')}?tenant={key.tenant_id}")

"""The look of the admin, as django-unfold takes it."""

from django.templatetags.static import static
from django.urls import reverse_lazy

BLUE = {
    "50": "#eff6ff",
    "100": "#dbeafe",
    "200": "#bfdbfe",
    "300": "#93c5fd",
    "400": "#60a5fa",
    "500": "#3b82f6",
    "600": "#2563eb",
    "700": "#1d4ed8",
    "800": "#1e40af",
    "900": "#1e3a8a",
    "950": "#172554",
}
UNFOLD = {
    "SITE_TITLE": "Data hub",
    "SITE_HEADER": "Data hub",
    "SITE_SYMBOL": "hub",
    "SITE_URL": None,
    "SHOW_HISTORY": False,  # changesets are the history
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "tenants.admin.home.add_health",
    "STYLES": [lambda request: static("hub/admin.css")],
    "SCRIPTS": [
        lambda request: static("hub/once.js"),
        lambda request: static("hub/keyboard.js"),
        lambda request: static("hub/unsaved.js"),
    ],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("hub/favicon.svg")}],
    "COLORS": {"primary": BLUE},
    "ACCOUNT": {
        "navigation": [
            {"title": "Log-in and security", "link": reverse_lazy("mfa_index")},
            {"title": "Sessions", "link": reverse_lazy("usersessions_list")},
            {"title": "Your tenants", "link": reverse_lazy("own_tenants")},
            {"title": "Change password", "link": reverse_lazy("admin:password_change")},
        ]
    },
}

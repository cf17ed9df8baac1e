"""Django settings: the environment first (hub/environment.py), every default runs."""

from pathlib import Path

from hub import databases
from hub.admin import theme
from hub.environment import read_environment
from hub.servers import mail_server

ENVIRONMENT = read_environment()
DEBUG = ENVIRONMENT.DEBUG
SECRET_KEY = ENVIRONMENT.secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = ENVIRONMENT.SECRET_KEY_FALLBACKS
ERASURE_KEY = ENVIRONMENT.secret("ERASURE_KEY")
ALLOWED_HOSTS = ENVIRONMENT.ALLOWED_HOSTS

INSTALLED_APPS = [
    "hub.apps.HubConfig",  # first: its templates stand in for the theme's
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "hub.apps.HubAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular_sidecar",  # Swagger UI's files
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "tenants",
    "customers",
    "orders",
    "products",
]

MIDDLEWARE = [
    "hub.middleware.tracing.TraceMiddleware",
    "hub.middleware.transport.TransportMiddleware",
    "tenants.api.recording.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "hub.middleware.security.SecurityHeadersMiddleware",
    "hub.middleware.compression.CompressionMiddleware",
    "hub.middleware.paths.ExactPathMiddleware",
    "hub.middleware.bodies.BodyBoundMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hub.middleware.pages.Sessions",
    "hub.middleware.hosts.HostMiddleware",
    "hub.middleware.pages.CsrfTokens",
    "tenants.admin.access.Members",
    "tenants.devices.Devices",
    "hub.middleware.pages.Messages",
    "allauth.account.middleware.AccountMiddleware",
    "tenants.accounts.required.FactorRequired",
    "tenants.admin.zones.TimeZones",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tenants.admin.errors.RefusalPages",
]
LOG_ADDRESSES = ENVIRONMENT.LOG_ADDRESSES
if LOG_ADDRESSES != "off":
    MIDDLEWARE.insert(1, "tenants.api.addresses.AddressMiddleware")

ROOT_URLCONF = "hub.urls"
WSGI_APPLICATION = "hub.wsgi.application"
APPEND_SLASH = False  # a redirect would turn a partner's POST into a GET
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


DATABASES = {"default": databases.primary(ENVIRONMENT)}
DATABASE_ROUTERS: list[str] = []
if ENVIRONMENT.READ_DATABASE_URL:
    DATABASES["replica"] = databases.replica(ENVIRONMENT)
    DATABASE_ROUTERS.append("tenants.reading.ReplicaRouter")

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "tenants.passwords.GuessableValidator"},
    {"NAME": "tenants.audit.passwords.RecordedPassword"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]  # by user name or e-mail
PASSWORD_RESET_TIMEOUT = 3600

# allauth gives factors, sessions and OpenID; nobody signs up, and attempts are counted by tenants.attempts alone.
ACCOUNT_ADAPTER = "tenants.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "mfa")
MFA_ADAPTER = "tenants.accounts.adapters.FactorAdapter"
MFA_RATE_LIMITS = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RECOVERY_CODE_DIGITS = 12
MFA_TOTP_ISSUER = "Data hub"
MFA_TOTP_TOLERANCE = 1  # codes, before and after: a phone's clock may be half a minute wrong
MFA_FORMS = {
    "add_webauthn": "tenants.accounts.forms.PasskeyForm",
    "authenticate": "tenants.accounts.forms.CodeForm",
    "authenticate_webauthn": "tenants.accounts.forms.PasskeyFactorForm",
    "login_webauthn": "tenants.accounts.forms.PasskeyLoginForm",
    "reauthenticate": "tenants.accounts.forms.CodeAgainForm",
    "reauthenticate_webauthn": "tenants.accounts.forms.PasskeyAgainForm",
}
REQUIRE_MFA = ENVIRONMENT.REQUIRE_MFA
SOCIALACCOUNT_ADAPTER = "tenants.accounts.adapters.OpenIdAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "oidc",
                "name": "OpenID",
                "client_id": ENVIRONMENT.OIDC_CLIENT_ID,
                "secret": ENVIRONMENT.OIDC_CLIENT_SECRET,
                "settings": {"server_url": ENVIRONMENT.OIDC_ISSUER},
            }
        ]
        if ENVIRONMENT.OIDC_ISSUER
        else [],
    }
}
# A code of an authenticator is good once: what was used is remembered where every process sees it.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "tenants_used_codes"}}

MAIL = mail_server(ENVIRONMENT.EMAIL_URL)
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = ENVIRONMENT.EMAIL_FROM

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # served from the packages themselves, unless collected (hub/serving/static.py)

HTTPS = ENVIRONMENT.HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
if HTTPS:  # names that a browser takes from this host over TLS alone, not from a neighbour below the same domain
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
CSRF_FAILURE_VIEW = "tenants.accounts.stale.csrf_failure"
CSRF_TRUSTED_ORIGINS = ENVIRONMENT.CSRF_TRUSTED_ORIGINS
# Pages are sent to https. The API refuses (tenants.api.authentication): a key that was sent in clear must be noticed.
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(?!admin\b|static/|\.well-known/|docs/?$|openapi\.json$|$)"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS, SECURE_HSTS_PRELOAD = ENVIRONMENT.HSTS_SUBDOMAINS, ENVIRONMENT.HSTS_PRELOAD
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURITY_CONTACT = ENVIRONMENT.SECURITY_CONTACT

SILENCED_SYSTEM_CHECKS = [
    "security.W003",  # Django's CsrfViewMiddleware is there as a subclass, hub.middleware.pages.CsrfTokens
    "security.W009",  # SECRET_KEY may have 32 to 49 characters: hub.environment refuses fewer, and makes 64
    "security.W025",  # the same of SECRET_KEY_FALLBACKS
    "security.W005",  # HSTS_SUBDOMAINS is for whoever runs all hosts below the hub's name to say
    "security.W021",  # HSTS_PRELOAD, too: it takes months to undo
    # Without HTTPS, as on one machine, there is no TLS that these could be about; serving.md says what HTTPS=true does.
    *([] if HTTPS else ["security.W004", "security.W008", "security.W010"]),
]

# Bytes of a body by the beginning of its path (hub.middleware.bodies); the first that fits counts.
BODY_BOUNDS = (
    ("/admin/customers/customer/paste-list", 8 * 1024 * 1024),  # a file of 5 MB, and a page more than that is told so
    ("/admin", 2_621_440),
    ("", 10 * 1024 * 1024),
)
# The same of bodies that are files, by the whole path: they are taken as they come (hub.middleware.streaming).
BODY_STREAMS: tuple[tuple[str, int], ...] = ((r"/imports/[^/]+(/[^/]+)?/?", 5 * 1024**3),)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # of what Django reads at once: no endpoint of the API has it read

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["hub.api.responses.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "hub.api.responses.AlwaysJson",
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "EXCEPTION_HANDLER": "hub.api.errors.answer_exception",
    "UNAUTHENTICATED_USER": None,
}

# Requests a minute and an hour: of a tenant by its tier, and of those who have no tenant.
# A new tenant has the standard tier, which is the documents' (001, "Rate limits").
RATE_TIERS = {"standard": (100, 5_000), "growth": (300, 15_000), "scale": (1_000, 50_000)}
RATE_LIMITS = {"address": (ENVIRONMENT.ADDRESS_PER_MINUTE, ENVIRONMENT.ADDRESS_PER_HOUR)}
# Wrong passwords that cost no waiting, and the seconds in which one is forgiven, which are the longest wait, too.
# At most so many guesses a day: 96 from a browser that has logged in before, 96 at a name from one network, and by all
# strangers together 1,440 from one network, at whatever names, and 1,440 at one name.
LOGIN_BUDGETS = {
    "device": (5, 900),
    "name and network": (5, 900),
    "network": (20, 60),
    "name": (100, 60),
    "old password": (5, 900),
    "page": (30, 6),  # that costs something whoever asks for it: what a passkey signs, the way to an OpenID provider
}
TRUSTED_PROXIES = ENVIRONMENT.PROXIES
AUDIT_DAYS = ENVIRONMENT.AUDIT_DAYS
CHANGESET_DAYS = ENVIRONMENT.CHANGESET_DAYS
FILES = Path(ENVIRONMENT.FILES) if ENVIRONMENT.FILES else None  # tenants.imports.store
WEBHOOK_LOOPBACK = ENVIRONMENT.WEBHOOK_LOOPBACK
# What a process of the web server does beside answering.
BESIDE_ANSWERS = [
    "hub.spans.exporting",
    "hub.metrics.tally.counting",
    "hub.sql.aside.asking",
    "tenants.system.readiness.knowing",
    "tenants.requests.writer.writing",
]
# The queue's tasks: imported by what works and answers (hub.serving.loading), and by no command when it starts.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
PROCRASTINATE_IMPORT_PATHS = ["tenants.tasks", "customers.tasks"]
# Beside these, the modules that are reached by a name in a text alone (tests/system/test_starting.py finds them).
REACHED_BY_NAME = [
    *(f"{app}.{module}" for app in ("customers", "orders", "products") for module in ("columns", "taking")),
    "customers.dialects.custobar.taking",
    "customers.searching.watching",
    "tenants.accounts.stale",
    "tenants.admin.errors",
    "tenants.admin.home",
    "tenants.audit.passwords",
]
METRICS_TOKEN = ENVIRONMENT.METRICS_TOKEN
# What the background worker does beside its jobs, as long as it runs.
BESIDE_JOBS = [
    "hub.spans.exporting",
    "hub.metrics.tally.counting",
    "tenants.webhooks.worker.delivering",
    "tenants.imports.worker.importing",
    "tenants.admin.export_worker.exporting",
    "customers.searching.worker.keeping",
]
# Pages of the admin that are of no model, by the end of their address, and what the apps add to that of the system.
ADMIN_PAGES = {"system": "tenants.admin.system.system_page"}
WATCHED = ["customers.searching.watching.words_kept"]
# What the staff of the demo's first shop do with its customers.
DEMO_STAFF = {"hear": "customers.demo.hear_objections", "work": "customers.demo.work"}
# What keeps a restored copy from writing to anybody (`restore --as-copy`): the app and the name of its SQL.
QUIET_COPY = ("tenants", "quiet_copy")

LOGGING_CONFIG = "hub.logs.configure"
LOGGING = {"level": ENVIRONMENT.LOG_LEVEL}
UNFOLD = theme.UNFOLD

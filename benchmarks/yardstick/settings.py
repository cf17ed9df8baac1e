"""Settings as `startproject` makes them, with what a careful project adds: kept connections, a token, a throttle."""

from hub.environment import read_environment
from hub.postgres.server import EmbeddedServer

DATABASE = "yardstick"
SECRET_KEY = "yardstick"  # noqa: S105 — signs nothing
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "benchmarks.yardstick.urls"
BODY_BOUNDS = (("", 10 * 1024 * 1024),)  # what the web server collects
BODY_STREAMS = ()
WSGI_APPLICATION = "benchmarks.yardstick.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "rest_framework",
    "rest_framework.authtoken",
    "benchmarks.yardstick",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

_server = EmbeddedServer(read_environment().HUB_DATA).settings(DATABASE)
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": DATABASE,
        "USER": _server["user"],
        "HOST": _server["host"],
        "OPTIONS": {"passfile": _server["passfile"]},
        "CONN_MAX_AGE": None,
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": "1000000/min"},
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

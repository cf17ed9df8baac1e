"""The first demo shop as its programs and its staff left it, for `manage.py demo`: all of it done the hub's own way."""

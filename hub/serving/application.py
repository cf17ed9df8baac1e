"""The WSGI application as `manage.py serve` has it: unlike hub.wsgi it asks nothing of the database when it starts."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
application = get_wsgi_application()

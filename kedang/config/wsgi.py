"""WSGI entry point."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from kedang.kernel import collector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kedang.config.settings")
with collector.loading():
    application = get_wsgi_application()
    # The pages too, so that nobody waits for them at the first question.
    import_module(settings.ROOT_URLCONF)

"""WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from kedang.kernel import collector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kedang.config.settings")
with collector.loading():
    application = get_wsgi_application()
    # The pages too, so that nobody waits for them at the first question.
    get_resolver().url_patterns  # noqa: B018

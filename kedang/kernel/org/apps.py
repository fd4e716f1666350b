"""Django application: 组织."""

from django.apps import AppConfig


class OrgConfig(AppConfig):
    """Registers the app under the label ``org``."""

    name = "kedang.kernel.org"
    label = "org"
    verbose_name = "组织"

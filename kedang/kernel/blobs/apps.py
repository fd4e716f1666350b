"""Django application: 文件."""

from django.apps import AppConfig


class BlobsConfig(AppConfig):
    """Registers the app under the label ``blobs``."""

    name = "kedang.kernel.blobs"
    label = "blobs"
    verbose_name = "文件"

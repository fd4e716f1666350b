"""Settings of the bare server: the product's database, and no middleware, no session, no context processor."""

from pathlib import Path

from kedang.config import env

DATA_DIR = env.data_folder(Path(__file__).resolve().parents[2])
SECRET_KEY = "the floor signs nothing"
ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES = {"default": env.database(DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS: list[str] = []
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "bench.floor.urls"
TEMPLATES = [
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [Path(__file__).parent], "OPTIONS": {}}
]
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

"""Settings of the test runs: a throw-away data folder and the engine named by KEDANG_TEST_DB."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_folder = Path(tempfile.mkdtemp(prefix="kedang-test-"))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["KEDANG_DATA"] = str(_folder)
os.environ["KEDANG_SECRET_KEY"] = "tests only, never a real key"
os.environ.pop("KEDANG_DATABASE_URL", None)

from tests.support import pg  # noqa: E402  (the environment must be set before settings are read)

TEST_DB = os.environ.get("KEDANG_TEST_DB", "sqlite")
if TEST_DB == "postgres" and (_url := pg.shared_url()):
    os.environ["KEDANG_DATABASE_URL"] = _url

from kedang.config.settings import *  # noqa: E402, F403
from kedang.config.settings import DATABASES  # noqa: E402

# Argon2 is slow on purpose; every fixture person would pay for it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["*"]
LOGGING = {"version": 1, "disable_existing_loggers": False}

if "sqlite3" in DATABASES["default"]["ENGINE"]:
    # A file, not memory: browser tests and threads then have real connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
else:
    # Nobody can be connected to it. A session of the server's own in template1 would keep a worker from making its database.
    DATABASES["default"]["TEST"] = {"TEMPLATE": "template0"}

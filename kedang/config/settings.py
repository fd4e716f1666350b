"""Settings: read from the environment; nothing here is specific to a company (that is in packs)."""

import os
from pathlib import Path

from csp.constants import NONE, SELF

from kedang.config import env

BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = env.data_folder(BASE_DIR)
ATTACHMENT_DIR = DATA_DIR / "attachments"
PACK_DIRS = [BASE_DIR / "packs", *map(Path, env.words("KEDANG_PACKS", default=[]))]

DEBUG = env.flag("KEDANG_DEBUG")
SECRET_KEY = env.secret_key(DATA_DIR)
ALLOWED_HOSTS = env.words("KEDANG_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
# Behind a reverse proxy with TLS the cookies must be marked secure and the origins named.
HTTPS = env.flag("KEDANG_HTTPS")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if host != "*"] if HTTPS else []

INSTALLED_APPS = [
    "kedang.kernel",
    "kedang.kernel.workdays",
    "kedang.kernel.org",
    "kedang.kernel.ledger",
    "kedang.kernel.blobs",
    "kedang.kernel.jobs",
    "kedang.kernel.norms",
    "kedang.kernel.approvals",
    "kedang.kernel.delivery",
    "kedang.kernel.briefs",
    "kedang.customers",
    "kedang.engagement",
    "kedang.records",
    "kedang.trade",
    "kedang.reports",
    "kedang.web",
    "kedang.api",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.dingtalk",
    "allauth.socialaccount.providers.feishu",
    "kedang.web.wecom",
    "allauth.mfa",
]

MIDDLEWARE = [
    # First: /healthz must be answered under any host name, and without a session.
    "kedang.web.health.Health",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kedang.web.compression.Compressed",
    "csp.middleware.CSPMiddleware",
    "kedang.web.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "kedang.api.middleware.Machines",
    "allauth.account.middleware.AccountMiddleware",
    "kedang.web.middleware.SignedIn",
    "kedang.web.middleware.Answers",
    # Last: it turns a locked sign-in into an answer after everything else has run.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "kedang.config.urls"
WSGI_APPLICATION = "kedang.config.wsgi.application"

LOADERS = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            # What the app of template_partials would set up; that loads all of Django's admin at every start.
            "loaders": [("template_partials.loader.Loader", [("django.template.loaders.cached.Loader", LOADERS)])],
            "libraries": {"partials": "template_partials.templatetags.partials"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "kedang.web.shell.shell",
            ],
        },
    },
    # The rows of long lists, in templates of their own (web/jinja.py).
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {"environment": "kedang.web.jinja.environment"},
    },
]

DATABASES = {"default": env.database(DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people and sign-in -----------------------------------------------------
AUTH_USER_MODEL = "org.Person"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "kedang.web.passwords.UserAttributeSimilarityValidator"},
    {"NAME": "kedang.web.passwords.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/start/"
LOGOUT_REDIRECT_URL = LOGIN_URL

AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_USERNAME_FORM_FIELD = "username"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "kedang.web.views.accounts.locked"
CSRF_FAILURE_VIEW = "kedang.web.views.accounts.csrf_failed"

# Outside identities and second factors (web/identities.py). Nobody signs up; the sign-in page stays our own.
ACCOUNT_ADAPTER = "kedang.web.identities.Accounts"
SOCIALACCOUNT_ADAPTER = "kedang.web.identities.Identities"
MFA_ADAPTER = "kedang.web.identities.Factors"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True  # the adapter puts them on record instead
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_STORE_TOKENS = False
# A form that posts may not be redirected outside (form-action of the content policy); the state is checked either way.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
SOCIALACCOUNT_PROVIDERS = env.sign_in_providers()
OIDC_EMPLOYEE_CLAIM = os.environ.get("KEDANG_OIDC_EMPLOYEE_CLAIM", "").strip()
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "authenticate": "kedang.web.forms.factors.Authenticate",
    "reauthenticate": "kedang.web.forms.factors.Reauthenticate",
    "activate_totp": "kedang.web.forms.factors.ActivateTotp",
    "add_webauthn": "kedang.web.forms.factors.AddKey",
}
ACCOUNT_FORMS = {"reauthenticate": "kedang.web.forms.factors.Password"}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
SECOND_FACTOR = env.one_of("KEDANG_SECOND_FACTOR", ["", "admins", "all"])

SESSION_ENGINE = "kedang.web.session_store"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- headers ----------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- language and time ------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

# --- files ------------------------------------------------------------------
STATIC_URL = "/static/"
# Static files are served straight from the packages (whitenoise's finders); `collectstatic` is only
# for installations that let a web server in front serve them.
# Pictures of the handbook, which is written and photographed in the repository.
STATICFILES_DIRS = [("handbook", BASE_DIR / "docs" / "screenshots")]
STATIC_ROOT = os.environ.get("KEDANG_STATIC_ROOT") or None
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": ATTACHMENT_DIR}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
# Streams to the attachment store, hashed and cut at the limit on the way; nothing is held in memory.
FILE_UPLOAD_HANDLERS = ["kedang.web.uploads.ToStore"]
# Requests a minute and API token, counted by each web process.
API_RATE = env.whole("KEDANG_API_RATE", default=600)
UPLOAD_LIMIT = env.megabytes("KEDANG_UPLOAD_LIMIT_MB", default=50)
BACKUP = env.backup()

# --- reaching people ----------------------------------------------------------
SITE_URL = env.site_url()
globals().update(env.mail_server())
# Hosts, host:port or networks inside the company that robots and webhooks may be sent to; else public addresses only.
OUTBOUND_ALLOW = env.words("KEDANG_OUTBOUND_ALLOW", default=[])

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO" if DEBUG else "WARNING"},
}

"""The site's addresses: the web pages and the API mount here when their url modules exist."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = []
if find_spec("kedang.api.urls"):
    urlpatterns.append(path("api/", include("kedang.api.urls")))
if find_spec("kedang.web.urls"):
    urlpatterns.append(path("", include("kedang.web.urls")))

handler404 = "kedang.web.views.errors.not_found"
handler500 = "kedang.web.views.errors.broken"

"""Addresses of the API. ninja's own are mounted without a namespace, each under a name that begins with api_."""

from django.urls import include, path

from kedang.api import documents
from kedang.api.api import api

urlpatterns = [
    path("v1/openapi.json", documents.openapi, name="api_openapi"),
    path("v1/docs/", documents.page, name="api_docs"),
    path("v1/", include([one for one in api.urls[0] if one.name != "api-root"])),
    path("<path:rest>", documents.unknown, name="api_unknown"),
]

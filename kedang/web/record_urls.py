"""Addresses of files, items, catalogue, loans and destruction."""

from django.urls import path

from kedang.web.views import content, uploads

urlpatterns = [
    path("uploads/", uploads.take, name="uploads"),
    path("forms/record/<int:pk>/files/<int:blob>/", content.form_content, name="form_content"),
]

"""Addresses of files, items, catalogue, loans and destruction."""

from django.urls import path

from kedang.web.views import content, items, uploads

urlpatterns = [
    path("uploads/", uploads.take, name="uploads"),
    path("forms/record/<int:pk>/files/<int:blob>/", content.form_content, name="form_content"),
    path("customers/<int:pk>/catalogue/", items.catalogue, name="catalogue"),
    path("customers/<int:pk>/items/<int:item>/", items.one, name="item"),
    path("customers/<int:pk>/items/<int:item>/files/<int:blob>/", items.content, name="item_content"),
    path("customers/<int:pk>/items/<int:item>/files/<int:blob>/show/", items.picture, name="item_picture"),
]

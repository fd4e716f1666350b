"""Addresses of asking to read, grants, and registers of forms."""

from django.urls import path

from kedang.web.views import permits, registers

urlpatterns = [
    path("customers/<int:pk>/ask/", permits.ask_file, name="customer_ask"),
    path("grants/", permits.index, name="grants"),
    path("grants/<int:pk>/", permits.detail, name="grant"),
    path("grants/<int:pk>/revoke/", permits.revoke, name="grant_revoke"),
    path("registers/", registers.index, name="registers"),
    path("registers/<str:form>/", registers.register, name="register"),
    path("registers/<str:form>/ask/", permits.ask_forms, name="register_ask"),
    path("registers/<str:form>/export/", registers.export_forms, name="register_export"),
    path("registers/<str:form>/disclose/", registers.disclose, name="register_disclose"),
]

"""Addresses of API tokens and webhooks."""

from django.urls import path

from kedang.web.views import machines

urlpatterns = [
    path("account/tokens/", machines.tokens, name="tokens"),
    path("account/tokens/new/", machines.token_new, name="token_new"),
    path("account/tokens/<int:pk>/revoke/", machines.token_revoke, name="token_revoke"),
    path("account/webhooks/", machines.webhooks, name="webhooks"),
    path("account/webhooks/new/", machines.webhook_new, name="webhook_new"),
    path("account/webhooks/<int:pk>/", machines.webhook, name="webhook"),
    path("account/webhooks/<int:pk>/<str:what>/", machines.webhook_do, name="webhook_do"),
    path("account/deliveries/<int:pk>/resend/", machines.delivery_resend, name="delivery_resend"),
]

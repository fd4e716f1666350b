"""Addresses of working through lists: filters, saved views, bulk deeds, the board, stars."""

from django.urls import path

from kedang.web.views import board, bulk, customers, exporting, filtering, saving

urlpatterns = [
    path("lists/<str:name>/export/", exporting.export_any, name="list_export"),
    path("customers/recheck/", customers.recheck, name="customer_recheck"),
    path("customers/filter/", filtering.dialog, name="customer_filter"),
    path("customers/views/new/", saving.new, name="customer_view_new"),
    path("customers/views/<int:pk>/", saving.edit, name="customer_view_edit"),
    path("customers/views/<int:pk>/<str:what>/", saving.mark, name="customer_view_mark"),
    path("customers/picked/", bulk.bar, name="customer_picked"),
    path("customers/bulk/<int:pk>/", bulk.result, name="customer_bulk_result"),
    path("customers/bulk/<str:action>/", bulk.prepare, name="customer_bulk"),
    path("customers/<int:pk>/star/", customers.star, name="customer_star"),
    path("customers/<int:pk>/move/", board.move, name="customer_move"),
    path("customers/<int:pk>/duties/", customers.duties, name="customer_duties"),
]

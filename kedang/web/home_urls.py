"""Addresses of 首页, the figures behind it, 逾期待办 of one's people, and frozen reports."""

from django.urls import path

from kedang.web.views import frozen, home, overdue

urlpatterns = [
    path("start/", home.start, name="start"),
    path("home/", home.page, name="home"),
    path("home/cards/<str:key>/", home.card, name="home_card"),
    path("home/rows/<str:key>/", home.rows, name="home_rows"),
    path("home/settings/", home.settings, name="home_settings"),
    path("home/overdue/", overdue.index, name="home_overdue"),
    path("home/overdue/picked/", overdue.bar, name="home_overdue_picked"),
    path("home/overdue/do/<str:action>/", overdue.do, name="home_overdue_do"),
    path("home/reports/", frozen.index, name="home_reports"),
    path("home/reports/freeze/", frozen.freeze, name="home_freeze"),
    path("home/reports/<int:pk>/", frozen.one, name="home_report"),
    path("home/reports/<int:pk>/print/", frozen.paper, name="home_report_print"),
]

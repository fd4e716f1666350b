"""Addresses of being reached: one's settings, deputies and calendar, the links in messages, robots and what was sent."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from kedang.web.views import deputies, reaching, robots

urlpatterns = [
    path("account/deputies/", deputies.index, name="deputies"),
    path("account/deputies/<int:pk>/end/", deputies.end, name="deputy_end"),
    path("account/reaching/", reaching.settings, name="reaching"),
    path("account/reaching/calendar/", reaching.renew_feed, name="feed_renew"),
    path("account/reaching/calendar/end/", reaching.end_feed, name="feed_end"),
    path("calendar/<str:secret>.ics", login_not_required(reaching.calendar_feed), name="calendar_feed"),
    # kernel/delivery words its links by these addresses
    path("to/notice/<int:pk>/", reaching.to_notice, name="to_notice"),
    path("to/duty/<int:pk>/", reaching.to_duty, name="to_duty"),
    path("to/approval/<int:pk>/", reaching.to_approval, name="to_approval"),
    path("manage/robots/new/", robots.new, name="robot_new"),
    path("manage/robots/<int:pk>/end/", robots.end, name="robot_end"),
    path("manage/robots/<int:pk>/test/", robots.test, name="robot_test"),
    path("manage/sending/<int:pk>/resend/", robots.resend, name="sending_resend"),
]

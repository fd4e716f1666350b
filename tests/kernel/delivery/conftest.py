"""The small regulation under which messages go out, and what stands outside to receive them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kedang.kernel import clock
from kedang.kernel.delivery import planning
from kedang.kernel.models import Notice, Pulse
from kedang.kernel.org.models import Person
from tests.support.company import Company
from tests.support.outside import MailServer, Target, mail_server, target

Under = Callable[..., Company]
PACK = """
pack: telling
version: 1
title: 通知测试办法
issuer: 示例公司
effective: 2026-01-01
roles:
  sales: {name: 业务员, post: salesperson}
  head: {name: 部门经理, post: head, of: file.unit}
  gm: {name: 总经理, post: general_manager}
access:
  sales: {list: 本人, open: 本人}
  head: {list: 本部门, open: 本部门}
  gm: {list: 全部, open: 全部}
clauses:
  "1": {text: 登记后两个工作日内拜访。}
  "2": {text: 逾期未拜访的，上报直接上级。}
  "3": {text: 建档须经部门经理同意。}
  "4": {text: 放入公海立即通知。}
routes:
  head_only: [{role: head}]
norms:
  - {id: visit, clause: "1", kind: duty, name: 登记后拜访, opens: {event: customer.registered}, bearer: file.owner, done: {event: visit.recorded, for: customer}, due: {within: 2 working_days}, remind: [1 working_day]}
  - {id: up, clause: "2", kind: consequence, breach: visit, do: [{escalate: superior}, {notify: bearer}]}
  - {id: agree, clause: "3", kind: approval, action: customer.update, route: head_only, then: run}
  - {id: pool, clause: "4", kind: consequence, event: customer.released, do: [{notify: head, urgent: true}]}
"""


@pytest.fixture
def company(under: Under) -> Company:
    made = under(PACK)
    for number, person in enumerate(made.people.values()):
        Person.objects.filter(pk=person.pk).update(email=f"p{number}@corp.test", phone=f"1380000{number:04d}")
        person.refresh_from_db()
    Person.objects.filter(pk=made["何内勤"].pk).update(is_admin=True)
    made["何内勤"].refresh_from_db()
    Notice.objects.all().delete()
    Pulse.objects.create(name=planning.PULSE, at=clock.now(), through=clock.today())  # this morning's digest is out
    return made


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    """A mail server in use."""
    with mail_server() as made:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", made.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_TIMEOUT = 1
        settings.SITE_URL = "https://kd.corp.test"
        yield made


@pytest.fixture
def outside(settings: Any) -> Iterator[Target]:
    with target() as made:
        settings.OUTBOUND_ALLOW = ["127.0.0.1"]
        yield made

"""The people whose clients post, under a small house regulation: each filing opens a duty, each reading of others' files asks."""

from __future__ import annotations

import secrets
from datetime import date
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password

from kedang.customers.models import ORGANISATION
from kedang.kernel.actions import packs, perform
from kedang.kernel.norms import store
from kedang.kernel.org import changes as org
from kedang.kernel.org import standard
from kedang.kernel.org.models import Person

PACK = Path(__file__).parent / "pack"
CAST = {"first": "salesperson", "second": "salesperson", "asker": "salesperson", "voter": "head"}
"""Login and post of each client."""


def make() -> str:
    """One department in the empty database, the regulations in force; the password of everybody."""
    password = secrets.token_urlsafe(12)
    posts = standard.create_posts()
    unit = org.create_unit("业务部", org.create_unit("公司"))
    for login, post in CAST.items():
        person = org.create_person(
            username=login, name={"first": "甲", "second": "乙", "asker": "丙", "voter": "丁"}[login]
        )
        org.appoint(person, posts[post], unit, start=date(2025, 1, 1))
    # Hashed once: argon2 is slow on purpose.
    Person.objects.update(password=make_password(password))
    for folder in (Path(settings.BASE_DIR) / "packs" / "baseline", PACK):
        row = packs.load(folder)
        packs.put_in_force(row, row.effective_from, None)
    store.forget()
    first = Person.objects.get(username="first")
    perform("customer.register", by=first, name="最先建档的厂", kind=ORGANISATION, source="展会")
    return password

"""Single-use links with which people set their own password. The secret is made by whoever shows it and never stored."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from kedang.kernel import clock
from kedang.kernel.org.models import PasswordLink, Person

LASTS = timedelta(hours=72)


def new_secret() -> str:
    """A secret to show once; only its digest goes into a deed."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """What is kept of a secret. Nothing slow is needed: it has 256 bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(person: Person, digest: str, *, by: Person | None, lasts: timedelta = LASTS) -> PasswordLink:
    """A new link; those before it end."""
    now = clock.now()
    PasswordLink.objects.filter(person=person, used_at=None, ended_at=None).update(ended_at=now)
    kind = PasswordLink.Kind.RESET if person.last_login else PasswordLink.Kind.SETUP
    return PasswordLink.objects.create(
        person=person, kind=kind, digest=digest, issued_by=by, issued_at=now, expires_at=now + lasts
    )


def latest(person: Person) -> PasswordLink | None:
    """The person's newest link that can still be used; of whom it is and until when, never the secret."""
    rows = PasswordLink.objects.filter(person=person, used_at=None, ended_at=None, expires_at__gte=clock.now())
    return rows.order_by("-issued_at").first()


def running(secret: str) -> PasswordLink | None:
    """The link of a secret, while it can be used: once, in time, by somebody who may sign in."""
    row = PasswordLink.objects.select_related("person").filter(digest=digest_of(secret)).first()
    if row is None or row.used_at or row.ended_at or row.expires_at < clock.now():
        return None
    return row if row.person.is_active and not row.person.left_on else None


def use(link: int, password: str) -> Person | None:
    """Set the password with a link; None when somebody was faster. Every session of the person ends with the old one."""
    now = clock.now()
    free = PasswordLink.objects.filter(pk=link, used_at=None, ended_at=None, expires_at__gte=now)
    if not free.update(used_at=now):
        return None
    person = Person.objects.get(pk=PasswordLink.objects.values_list("person", flat=True).get(pk=link))
    person.set_password(password)
    person.must_change_password = False
    person.save(update_fields=["password", "must_change_password"])
    return person


def take_away(person: Person) -> None:
    """No password any more: whoever is signed in with the old one is out with the next request."""
    person.set_unusable_password()
    person.must_change_password = False
    person.save(update_fields=["password", "must_change_password"])

"""Sessions in the database, as Django keeps them; reading one, which every request does, goes without composing a query."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from kedang.kernel.picking import pick


class SessionStore(db.SessionStore):
    """Django's own but for the reading."""

    def _get_session_from_db(self) -> Any:
        columns = ("session_key", "session_data", "expire_date")
        for found in pick(Session, columns, session_key=self.session_key, expire_date__gt=timezone.now()):
            return Session(*found)
        self._session_key = None
        return None

"""What people and administrators change about how somebody signs in: outside identities and second factors."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from kedang.kernel.actions.admin import PERSON, administrator, changed, locked_person
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.ledger import EventKind, kinds

WHAT = Field("what", "内容", "text", required=True, max=100)
kinds.register(
    EventKind("account.linked", "关联账号", "{actor}{what}", {"what": "text"}),
    EventKind("account.second_factor", "登录验证", "{actor}{what}", {"what": "text"}),
)


@action("account.link", "关联账号", args=[WHAT], about="", needs="none", events=("account.linked",), public=False)
def link(*, deed: Deed, what: str) -> int:
    """An outside identity now signs the person in; the row itself is the library's."""
    if deed.by is None or deed.on_behalf_of is not None:
        raise NotFound
    deed.record("account.linked", subject=f"person:{deed.by.pk}", data={"what": what})
    return deed.by.pk


@action(
    "account.unlink",
    "取消关联",
    args=[Field("account", "账号", "integer", required=True)],
    about="",
    needs="none",
    events=("account.linked",),
    public=False,
)
def unlink(*, deed: Deed, account: int) -> int:
    """An outside identity signs the person in no more. Who has no password keeps the last one."""
    row = SocialAccount.objects.select_for_update().filter(pk=account, user=deed.by).first()
    if row is None or deed.by is None or deed.on_behalf_of is not None:
        raise NotFound
    others = SocialAccount.objects.filter(user=deed.by).exclude(pk=row.pk).exists()
    if not deed.by.has_usable_password() and not others:
        raise Invalid("您还没有设过密码，取消后就不能登录了。请先请管理员签发设密码的链接。")
    row.delete()
    deed.record("account.linked", subject=f"person:{deed.by.pk}", data={"what": "取消关联外部账号"})
    return deed.by.pk


@action(
    "account.second_factor", "登录验证", args=[WHAT], about="", needs="none", events=("account.second_factor",),
    public=False,
)  # fmt: skip
def second_factor(*, deed: Deed, what: str) -> int:
    """A second factor was added, taken away or renewed; the row itself is the library's."""
    if deed.by is None or deed.on_behalf_of is not None:
        raise NotFound
    deed.record("account.second_factor", subject=f"person:{deed.by.pk}", data={"what": what})
    return deed.by.pk


@administrator("org.reset_factors", "清除登录验证", [PERSON], "org.changed")
def reset_factors(*, deed: Deed, person: int) -> int:
    """Somebody has lost his phone and his recovery codes: all second factors end, the password alone signs him in."""
    row = locked_person(person)
    if deed.by is not None and row.pk == deed.by.pk:
        raise Invalid({"person": "自己的登录验证请在“登录验证”里停用。"})
    if not Authenticator.objects.filter(user=row).delete()[0]:
        raise Invalid({"person": f"{row.name}没有开启登录验证。"})
    changed(deed, f"清除{row.name}的动态验证码、通行密钥和备用码", f"person:{row.pk}")
    return row.pk

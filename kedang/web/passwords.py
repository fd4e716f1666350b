"""Rules for passwords whose texts Django has not translated."""

from __future__ import annotations

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError


class MinimumLengthValidator(password_validation.MinimumLengthValidator):
    """Django's rule with our words."""

    def validate(self, password: str, user: object = None) -> None:
        """Refuse what is too short."""
        if len(password) < self.min_length:
            raise ValidationError(f"密码太短，至少 {self.min_length} 个字符。", code="password_too_short")

    def get_help_text(self) -> str:
        """What the form says beforehand."""
        return f"至少 {self.min_length} 个字符。"


class UserAttributeSimilarityValidator(password_validation.UserAttributeSimilarityValidator):
    """The same, over what we know of a person."""

    def __init__(self) -> None:
        super().__init__(user_attributes=("username", "name", "employee_no", "phone", "email"))

    def validate(self, password: str, user: object = None) -> None:
        """Refuse what could be guessed from the person."""
        try:
            super().validate(password, user)
        except ValidationError:
            raise ValidationError("密码与登录名、姓名或手机太相近。", code="password_too_similar") from None

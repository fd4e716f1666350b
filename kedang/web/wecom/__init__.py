"""企业微信 as a provider of django-allauth, which has none."""

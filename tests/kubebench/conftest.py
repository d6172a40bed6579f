"""Properties are about results, not about the time that a busy machine takes for them."""

from hypothesis import settings

settings.register_profile("kubebench", deadline=None)
settings.load_profile("kubebench")

"""One hypothesis profile for all: the machine's load never fails a test, and a run can be had again."""

from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

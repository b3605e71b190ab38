"""What is kept of who did what, and how staff work with people's data."""

from consultsuite.settings.environment import env

# Everything that was done is kept; attempts that were refused end by time.
REFUSALS_KEPT_DAYS: int = env.int("REFUSALS_KEPT_DAYS", default=180)

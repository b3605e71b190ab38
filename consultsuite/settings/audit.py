"""What is kept of who did what, and how staff work with people's data."""

from consultsuite.settings.environment import env

# Everything that was done is kept; attempts that were refused end by time.
REFUSALS_KEPT_DAYS: int = env.int("REFUSALS_KEPT_DAYS", default=180)

# The admin's own session, stricter than the product's (audit.middleware).
ADMIN_ENTRY_MINUTES: int = env.int("ADMIN_ENTRY_MINUTES", default=30)
ADMIN_IDLE_MINUTES: int = env.int("ADMIN_IDLE_MINUTES", default=15)
ADMIN_SESSION_HOURS: int = env.int("ADMIN_SESSION_HOURS", default=8)
# How long a reason for looking at somebody's data counts.
STAFF_LOOK_MINUTES: int = env.int("STAFF_LOOK_MINUTES", default=30)

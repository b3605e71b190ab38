"""The database backend (settings.DATABASES): Django looks for it in `base`."""

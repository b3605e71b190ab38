"""The permission table: everybody against every address, method and frame.

A new page gets a row in `pages.py`, a route of the API in `api.py`, a model in the admin where
`admin.py` says what is written there, a frame of the socket in `frames.py`. What a new address
names is added to the cast's things in `conftest.py`.
"""

"""How fast the product is, beside its peers. Outside the product: nothing here is imported by it.

To add a bench, write one module here with `run() -> Result`; its name is what `make bench B=name`
takes. It runs in a process of its own with an empty, migrated database (`bench.__main__`).
"""

"""The peer as a Django app."""

from django.apps import AppConfig


class StockConfig(AppConfig):
    """Its tables are made by the bench, not by migrations."""

    name = "bench.peers.stock"
    label = "bench_stock"

"""`python -m bench.peers.stock`: the peer on uvicorn, with every option that the product's has."""

import uvicorn

from consultsuite.web import collect_seldom, configuration

if __name__ == "__main__":
    config = configuration()
    config.app = "bench.peers.stock.asgi:application"
    config.load()
    collect_seldom()
    uvicorn.Server(config).run()

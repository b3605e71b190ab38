"""What goes wrong with the embedded services, in one sentence for a person."""


class EmbeddedError(RuntimeError):
    """A service could not be started, reached or stopped; the text says why and what to do."""

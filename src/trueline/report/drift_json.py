"""A drift as JSON, as its schema describes it."""

from trueline.model.results import Drift
from trueline.report.json_ import document


def render(found: Drift) -> str:
    """Indented by two, keys in the order of the model, a newline at the end."""
    return document(found)

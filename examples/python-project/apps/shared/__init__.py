"""What the apps share. It serves no URLs, so the gateway gives it no route."""

from typing import Any, Dict, List


def page(rows: List[Any], limit: int, offset: int) -> Dict[str, Any]:
    """One page of the rows, and how many there are in all."""
    return {"total": len(rows), "items": rows[offset:offset + limit]}

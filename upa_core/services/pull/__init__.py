"""Pull: changed people become segments, a round is sealed, the watermark moves."""

from upa_core.services.pull.result import PullResult
from upa_core.services.pull.sources import pull

__all__ = ["PullResult", "pull"]

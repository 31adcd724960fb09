"""Pull: changed people become segments, a round is sealed, the watermark moves."""

from upa_core.services.pull.directory import pull
from upa_core.services.pull.result import PullResult

__all__ = ["PullResult", "pull"]

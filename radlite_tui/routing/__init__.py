"""Words to task, task to model: what runs, how sure, and why.

`route_task` decides the task, `models.choose` the model and mode. May import `tasks` and `errors`; never the engine,
the assistant or a front end.
"""

from radlite_tui.routing.task import route_task, split_tag
from radlite_tui.routing.types import Routing

__all__ = ["Routing", "route_task", "split_tag"]

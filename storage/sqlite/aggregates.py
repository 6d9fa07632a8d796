"""Functions that our statements call and SQLite does not have."""

from bot.domain.audience import Waterfall
from storage.rows.values import to_json


class LowestIds:
    """An aggregate function: the first few ids of a group as a JSON list, in whatever order SQLite reads them."""

    def __init__(self) -> None:
        self._ids: list[int] = []

    def step(self, person_id: int) -> None:
        """Take one more row."""
        if len(self._ids) < Waterfall.SAMPLES_PER_STEP:
            self._ids.append(person_id)

    def finalize(self) -> str:
        """Give the ids."""
        return to_json(self._ids)

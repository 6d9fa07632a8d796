"""Jobs on a clock. APScheduler's one home; its jobs are rebuilt from our tables, it stores nothing of its own."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.domain.errors import FencedError
from bot.ports.records import DigestSchedule
from bot.ports.storage import Storage
from bot.runtime.housekeeping import Housekeeping
from bot.runtime.roles import SCHEDULER, SYNC, RoleLeases
from bot.runtime.syncing import Syncing

log = logging.getLogger(__name__)

Job = Callable[[], Awaitable[None]]

AGE_SECONDS = 10
NEWCOMERS_SECONDS = 5
SWEEP_SECONDS = 30
APPROVALS_SECONDS = 60
SYNC_SECONDS = 600
PURGE_SECONDS = 3_600
#: How often the digest jobs are compared with the table; also posts what a restart or a clock change left out.
DIGESTS_SECONDS = 30


class Scheduler:
    """Runs housekeeping, syncing and digests."""

    def __init__(self, store: Storage, housekeeping: Housekeeping, syncing: Syncing, leases: RoleLeases) -> None:
        self._store = store
        self._housekeeping = housekeeping
        self._syncing = syncing
        self._leases = leases
        self._scheduler = AsyncIOScheduler(timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None})
        self._digests: dict[int, DigestSchedule] = {}

    def start(self) -> None:
        """Start the clockwork in the running event loop."""
        self._every(AGE_SECONDS, self._housekeeping.age)
        self._every(NEWCOMERS_SECONDS, self._housekeeping.count_newcomers)
        self._every(SWEEP_SECONDS, self._housekeeping.sweep)
        self._every(APPROVALS_SECONDS, self._housekeeping.expire_approvals)
        self._every(PURGE_SECONDS, self._housekeeping.purge)
        self._every(SYNC_SECONDS, self._syncing.everything, role=SYNC)
        self._every(DIGESTS_SECONDS, self.rebuild_digests)
        self._scheduler.start()

    def stop(self) -> None:
        """Stop; jobs under way end with the event loop."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def sync_now(self) -> None:
        """Read Meta's side at once, if that is this process's business."""
        await _guarded(self._syncing.everything, partial(self._leases.holds, SYNC))()

    async def rebuild_digests(self) -> None:
        """Make the digest jobs those of the table, in each schedule's own zone, and catch up on what is due."""
        wanted = {schedule.id: schedule for schedule in await self._store.read(lambda tx: tx.digests.list())}
        for schedule_id in [known for known in self._digests if wanted.get(known) != self._digests[known]]:
            self._scheduler.remove_job(_job_id(schedule_id))
            del self._digests[schedule_id]
        for schedule_id, schedule in wanted.items():
            if schedule_id not in self._digests:
                self._add(self._housekeeping.post_digests, _trigger(schedule), _job_id(schedule_id))
                self._digests[schedule_id] = schedule
        await self._housekeeping.post_digests()

    def _every(self, seconds: int, job: Job, *, role: str = SCHEDULER) -> None:
        self._add(job, IntervalTrigger(seconds=seconds), job.__qualname__, role=role)

    def _add(self, job: Job, trigger: Any, job_id: str, *, role: str = SCHEDULER) -> None:
        is_ours = partial(self._leases.holds, role)
        self._scheduler.add_job(_guarded(job, is_ours), trigger, id=job_id, max_instances=1)


def _trigger(schedule: DigestSchedule) -> CronTrigger:
    hour, minute = schedule.at.split(":")
    day = "mon" if schedule.kind == "weekly" else "*"
    return CronTrigger(day_of_week=day, hour=int(hour), minute=int(minute), timezone=ZoneInfo(schedule.zone))


def _job_id(schedule_id: int) -> str:
    return f"digest {schedule_id}"


def _guarded(job: Job, is_ours: Callable[[], bool]) -> Job:
    """Put the edge around a job: it runs where its role is played; what goes wrong is logged and it runs again."""

    async def run() -> None:
        if not is_ours():
            return
        try:
            await job()
        except FencedError as lost:
            log.warning("%s", lost)
        except Exception:
            log.exception("the job %s failed and runs again at its next time", job.__qualname__)

    return run

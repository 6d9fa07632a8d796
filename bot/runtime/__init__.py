"""Everything that runs or waits: the sender, the planner, the card updater, the clock, the public listener."""

"""The outside world in a box: strict simulators of Meta and Slack. Imports nothing of ours."""

"""The playground: a page that gives the two simulators a face, so that a person can use the bot by hand.

It talks to the simulators only; the bot neither knows nor cares.
"""

from bot.simulator.playground.pages import PATH, plug_in, routes

__all__ = ["PATH", "plug_in", "routes"]

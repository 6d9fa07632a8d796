"""Between rows and the domain, pure and shared by all engines: structured values are JSON text, instants whole numbers.

A row is anything that gives a column by its name.
"""

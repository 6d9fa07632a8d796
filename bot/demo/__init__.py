"""The real bot between the two simulators: by hand in a browser, or as a story that plays itself."""

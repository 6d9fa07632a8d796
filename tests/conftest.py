"""What holds for every test: chance is repeatable to read, and no test is judged by how fast a machine is."""

from hypothesis import HealthCheck, settings

settings.register_profile("arauto", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("arauto")

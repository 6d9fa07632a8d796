"""The rules of campaigns, pure: no clock, no input or output, no vendor but the phone-number library.

Instants are whole milliseconds since 1970 UTC (`Millis`) and are always handed in.
"""

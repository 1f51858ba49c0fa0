"""The two twins: the simulated OI and OC as conversations without I/O, and their defects.

A twin takes an exchange and the time, and returns exchanges. The same object answers over a real server, in a fuzz
loop and on a virtual clock.
"""

"""The fuzzer: what nobody listed, drawn from the tables and the life cycle, shrunk to the smallest case that shows it.

Valid things must be accepted, invalid ones rejected with a code; nothing may crash, hang or change another order.
"""

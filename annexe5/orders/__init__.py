"""The order life cycle: which flow may follow which, by when, and what must match along the way.

Pure functions of the events of an order; the same oracle judges a live run, a resumed one and an archive.
"""

from annexe5.orders.cycle import Cycle, load_cycle
from annexe5.orders.events import Event
from annexe5.orders.oracle import Awaited, OrderJudgement, Paid, judge_order, judge_orders

__all__ = ["Awaited", "Cycle", "Event", "OrderJudgement", "Paid", "judge_order", "judge_orders", "load_cycle"]

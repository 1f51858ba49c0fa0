"""Files made from the generated network: any flow, any size, right or spoilt on purpose (``annexe5 generate``)."""

from __future__ import annotations

from annexe5.generation.flows import Generated, generate_flow, generate_set, write_flow
from annexe5.generation.plans import FlowPlan, load_plans
from annexe5.generation.spoil import Constat, Truth

__all__ = ["Constat", "FlowPlan", "Generated", "Truth", "generate_flow", "generate_set", "load_plans", "write_flow"]

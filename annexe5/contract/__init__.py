"""The contract as data: profile, flows, clauses, rejections, rules, file names, working days.

Ground floor of the house: it reads ``schemas/`` and knows no other part of the package but the shapes of
``annexe5.findings``.
"""

from annexe5.contract.paths import schemas_dir, suite_root

__all__ = ["schemas_dir", "suite_root"]

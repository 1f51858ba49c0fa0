"""``python -m annexe5``."""

from annexe5.cli import main

main()

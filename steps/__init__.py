"""Step definitions: thin, they speak to annexe5 and hold no logic."""

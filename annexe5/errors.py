"""The error tree. Every error says what to do; none of them is a verdict on the party under test.

Annexe5Error
 └─ ConfigurationError   exit 2: the suite, its data or its user is wrong
     ├─ ContractError    a file under schemas/ does not hold together
     ├─ TargetError      the target file, or the way to the party under test
     └─ UsageError       the command line
"""


class Annexe5Error(Exception):
    """Base of all errors raised on purpose."""


class ConfigurationError(Annexe5Error):
    """Something to mend before anything can be judged (exit code 2)."""


class ContractError(ConfigurationError):
    """A file of ``schemas/`` is malformed: the message names the file and the key."""


class TargetError(ConfigurationError):
    """The target file is wrong, or the party under test cannot be reached as it says."""


class UsageError(ConfigurationError):
    """The command line asks for something that does not exist."""

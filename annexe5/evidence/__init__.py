"""What two companies can share of a campaign: report, machine formats, redaction, certificate.

All of it is a pure function of what the campaign recorded (``annexe5.campaign.results``) and of the journal's bytes.
"""

from annexe5.evidence.pack import write_all

__all__ = ["write_all"]

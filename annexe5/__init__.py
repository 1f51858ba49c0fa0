"""annexe5: conformance suite for the FTTH flows of Annexe 5 (Covage co-investment offer, June 2017)."""

__version__ = "0.1.0"

"""What a campaign's folder holds, by name: what is shared, and what stays with whoever ran it."""

from __future__ import annotations

REPORT_FILE = "rapport.html"
JUNIT_FILE = "junit.xml"
JSON_FILE = "campagne.json"
SUMMARY_FILE = "resume.md"
SARIF_FILE = "constats.sarif"
PIECES_FOLDER = "preuves"
CONTESTATIONS_FOLDER = "contestations"
CERTIFICATE_FILE = "certificat.json"
ALLURE_FILE = "allure.html"

# What a certificate must cover.
EVIDENCE = (REPORT_FILE, JSON_FILE, JUNIT_FILE, SUMMARY_FILE, SARIF_FILE)

# Never shared: with the journal, they lead back from pseudonyms to values.
KEY_FILE = "pseudonymes.cle"
ALLURE_RESULTS = "allure-results"

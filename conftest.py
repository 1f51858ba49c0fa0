"""Wires pytest: features are collected as they are, steps and fixtures come from here."""

pytest_plugins = [
    "annexe5.campaign.gherkin",
    "annexe5.campaign.plugin",
    "annexe5.campaign.allure_bridge",
    "annexe5.campaign.fixtures",
    "annexe5.campaign.oc_fixtures",
    "annexe5.campaign.service_scene",
    "steps.acces",
    "steps.oc",
    "steps.oc_services",
    "steps.pm",
    "steps.pm_oc",
    "steps.services",
    "steps.sav",
    "steps.aide_commande",
    "steps.connexion",
    "steps.courriel",
    "steps.fuzz",
    "steps.oc_courriel",
]

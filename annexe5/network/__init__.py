"""A generated FTTH network: communes, addresses, buildings, PMs, PBOs, fibres, and the roles they play in a test."""

from __future__ import annotations

from annexe5.network.model import (
    Adresse,
    Batiment,
    BlocRoute,
    Commune,
    Escalier,
    Etage,
    Fibre,
    Gestionnaire,
    Ligne,
    Nro,
    Pbo,
    Pm,
    PrestationPm,
    Rdv,
    Route,
    Voie,
)
from annexe5.network.network import Network, Size, generate, largest, largest_pm, roles_from
from annexe5.network.persons import Client, client, est_fictif
from annexe5.network.roles import Role, RoleData, load_fields, load_roles

__all__ = [
    "Adresse", "Batiment", "BlocRoute", "Client", "Commune", "Escalier", "Etage", "Fibre", "Gestionnaire", "Ligne",
    "Network", "Nro", "Pbo", "Pm", "PrestationPm", "Rdv", "Role", "RoleData", "Route", "Size", "Voie", "client",
    "est_fictif", "generate", "largest", "largest_pm", "load_fields", "load_roles", "roles_from",
]  # fmt: skip

"""Steps of features/aide_commande: what the tool returns, against what the IPE says."""

from pytest_bdd import given, parsers, then, when

from annexe5.campaign.service_scene import ServiceScene


@given(parsers.parse('une adresse du rôle "{role}"'))
def address(services: ServiceScene, role: str):
    services.place(role)


@when(parsers.parse("l'OC demande la structure de l'adresse par {referential}"))
def structure_asked(services: ServiceScene, referential: str):
    services.ask_structure(referential)


@when(parsers.parse("l'OC demande la structure par {referential} inconnu"))
def nowhere_asked(services: ServiceScene, referential: str):
    services.ask_unknown("structure", referential)


@when("l'OC demande les communes d'un code postal inconnu")
def unknown_communes_asked(services: ServiceScene):
    services.ask_unknown("communes")


@when("l'OC demande les voies d'une commune inconnue")
def unknown_streets_asked(services: ServiceScene):
    services.ask_unknown("voies")


@when("l'OC demande les numéros d'une voie inconnue")
def unknown_numbers_asked(services: ServiceScene):
    services.ask_unknown("numeros")


@when("l'OC demande les bâtiments d'une adresse inconnue")
def unknown_buildings_asked(services: ServiceScene):
    services.ask_unknown("batiments")


@when("l'OC demande la zone arrière d'un PM inconnu")
def unknown_zone_asked(services: ServiceScene):
    services.ask_unknown("zone_arriere")


@when(parsers.parse("l'OC demande les bâtiments de l'adresse par {referential}"))
def buildings_asked_in(services: ServiceScene, referential: str):
    services.ask_buildings(referential)


@when("l'OC demande la structure sous un nom qui entoure son quadrigramme")
def asked_under_a_surrounding_name(services: ServiceScene):
    name = f"OPERATEUR {services.bench.target.codes.oc} FTTH"
    services.ask("structure", {"adresse": {"hexacle": services.row["CodeAdresseImmeuble"]}}, oc=name)


@when(parsers.parse('l\'OC demande la structure sous le nom "{name}"'))
def asked_under_a_name(services: ServiceScene, name: str):
    services.ask("structure", {"adresse": {"hexacle": services.row["CodeAdresseImmeuble"]}}, oc=name)


@when("l'OC demande les communes de son code postal")
def communes_asked(services: ServiceScene):
    services.ask_list("communes")


@when("l'OC demande les voies de sa commune")
def streets_asked(services: ServiceScene):
    services.ask_list("voies")


@when("l'OC demande les numéros de sa voie")
def numbers_asked(services: ServiceScene):
    services.ask_list("numeros")


@when("l'OC demande les bâtiments de l'adresse")
def buildings_asked(services: ServiceScene):
    services.ask_list("batiments")


@when("l'OC demande la zone arrière de son PM")
def zone_asked(services: ServiceScene):
    services.ask_list("zone_arriere")


@then("la structure concorde avec l'IPE")
def structure_agrees(services: ServiceScene):
    services.structure_agrees()


@then("chaque étage compte ses lignes")
def counters_agree(services: ServiceScene):
    services.counters_agree()


@then(parsers.parse('la liste "{listing}" contient, en "{concept}", la colonne {column} de l\'IPE'))
def listed(services: ServiceScene, listing: str, concept: str, column: str):
    services.listed(listing, concept, column)


@then("la prise de l'adresse y figure")
def outlet_shown(services: ServiceScene):
    services.outlet_shown()


@then("le service reconnaît l'OC")
def surrounded_name_accepted(services: ServiceScene):
    services.accepts_surrounded()

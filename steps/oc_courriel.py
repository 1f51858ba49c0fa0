"""Steps of features/oc/courriel: our mailboxes opposite the OC under test."""

from pytest_bdd import given, parsers, then, when

from annexe5.campaign.oc_mail import OcMailScene


@given(parsers.parse("notre boîte qui diffère {times:d} envois"))
def deferring(oc_mail: OcMailScene, times: int):
    oc_mail.defer(times)


@when(parsers.parse('l\'OC passe commande par courriel pour une adresse du rôle "{role}"'))
def ordered_by_mail(oc_mail: OcMailScene, role: str):
    oc_mail.order(role)


@then("les courriels de l'OC suivent le contrat")
def letters_conform(oc_mail: OcMailScene):
    oc_mail.conform()


@then("la commande est arrivée une seule fois")
def came_once(oc_mail: OcMailScene):
    oc_mail.came_once()


@then("l'OC sous-traité rend compte du raccordement")
def followed(oc_mail: OcMailScene):
    oc_mail.scene.subcontracted()
    oc_mail.scene.connect()


@then("aucun courriel hors flux n'arrive dans nos boîtes")
def nothing_free(oc_mail: OcMailScene):
    oc_mail.nothing_free()

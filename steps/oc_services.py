"""Steps of features/oc/services.feature: the OC under test before our web services."""

from pytest_bdd import given, parsers, then, when

from annexe5.campaign.oc_scene import OcScene
from annexe5.campaign.oc_service_scene import OcServiceScene

_PROCESS = {"réparation": "reparation", "dommage": "dommage"}


@given("un OC qui appelle l'aide à la prise de commande")
def help_used(oc_services: OcServiceScene):
    oc_services.uses("aide")


@given("un OC qui appelle le SAV")
def sav_used(oc_services: OcServiceScene):
    oc_services.uses("sav")


@given(parsers.parse('une commande de l\'OC en service sur une adresse du rôle "{role}"'))
def in_service(oc_scene: OcScene, role: str):
    oc_scene.ask_for(role)
    oc_scene.made_available()
    oc_scene.plug()
    oc_scene.says("MES")


@given("un ticket de réparation ouvert par l'OC")
def ticket_opened(oc_services: OcServiceScene):
    oc_services.tell("reparation")
    oc_services.opens("reparation")


@when(parsers.parse('l\'OC est invité à commander pour une adresse du rôle "{role}"'))
def invited(oc_services: OcServiceScene, role: str):
    oc_services.invite(role)


@when("le client de l'OC signale un défaut")
def fault_told(oc_services: OcServiceScene):
    oc_services.tell("reparation")


@when("l'OC constate un dommage sur la ligne")
def damage_seen(oc_services: OcServiceScene):
    oc_services.tell("dommage")


@when("l'OC est invité à suivre son ticket")
def follow(oc_services: OcServiceScene):
    oc_services.follow()


@when("notre OI annonce à l'OC des travaux programmés")
def works_announced(oc_services: OcServiceScene):
    oc_services.announce()


@then("l'OC prend l'avis de travaux")
def notice_taken(oc_services: OcServiceScene):
    oc_services.takes_notice()


@then("l'OC avait demandé à l'aide l'adresse de chaque commande")
def asked_before(oc_services: OcServiceScene):
    oc_services.asked_before()


@then("l'OC ne commande pas")
def does_not_order(oc_services: OcServiceScene):
    oc_services.does_not_order()


@then("ses requêtes suivent le contrat de service")
def well_formed(oc_services: OcServiceScene):
    oc_services.well_formed()


@then("l'OC n'envoie jamais plus de deux requêtes par seconde")
def keeps_pace(oc_services: OcServiceScene):
    oc_services.keeps_pace()


@then("l'OC n'ouvre aucun ticket")
def opens_nothing(oc_services: OcServiceScene):
    oc_services.opens_nothing()


@then(parsers.parse("l'OC ouvre un ticket de {process} sur l'accès"))
def opens(oc_services: OcServiceScene, process: str):
    oc_services.opens(_PROCESS[process])


@then("l'OC relit son ticket jusqu'à sa clôture")
def followed(oc_services: OcServiceScene):
    oc_services.followed()

"""Steps of features/sav: tickets on an access, from creation to closure."""

from pytest_bdd import given, parsers, then, when

from annexe5.campaign.service_scene import ServiceScene


@given(parsers.parse('un accès en service du rôle "{role}"'))
def access_in_service(services: ServiceScene, role: str):
    services.serve(role)


@given("un OC qui écoute les avis de travaux")
def listening(services: ServiceScene):
    services.listens()


@when("l'OI annonce des travaux programmés")
def works_announced(services: ServiceScene):
    services.announced()


@when("l'OC consulte l'avis par sa clé")
def notice_read(services: ServiceScene):
    services.read_notice()


@then(parsers.parse('l\'avis porte "{names}"'))
def notice_says(services: ServiceScene, names: str):
    services.notice_says(*names.split(" ou "))


@given("un ticket de réparation pris par l'OI")
def ticket_taken(services: ServiceScene):
    services.open_accepted("reparation")


@when("l'OC ouvre un ticket de réparation")
def ticket_opened(services: ServiceScene):
    services.open("reparation")


@when("l'OC prévient d'un dommage sur l'accès")
def damage_told(services: ServiceScene):
    services.open("dommage")


@when("l'OC ouvre un ticket sur un accès qui n'existe pas")
def ticket_on_nothing(services: ServiceScene):
    services.open_unknown()


@when("l'OC ouvre de nouveau le même ticket")
def ticket_opened_again(services: ServiceScene):
    services.open_again()


@when("l'OC consulte le ticket")
def ticket_read(services: ServiceScene):
    services.read()


@when("l'OC consulte un ticket qui n'existe pas")
def unknown_ticket_read(services: ServiceScene):
    services.read("TICKET-INCONNU")


@when("l'OC modifie un ticket qui n'existe pas")
def unknown_ticket_changed(services: ServiceScene):
    services.change_unknown()


@when("l'OC envoie un message sur le ticket")
def message_sent(services: ServiceScene):
    services.change(messageType="INFO", messageContent="LE CLIENT EST JOIGNABLE")


@when("l'OC demande un rendez-vous")
def appointment_asked(services: ServiceScene):
    services.ask_appointment()


@when("l'OC annule le ticket")
def ticket_cancelled(services: ServiceScene):
    services.change("CLOSE.CANCELLED")


@when("l'OC modifie le ticket d'après une version périmée")
def stale_change(services: ServiceScene):
    services.stale_change()


@when(parsers.parse('le ticket arrive à l\'état "{state}"'))
def state_awaited(services: ServiceScene, state: str):
    services.await_state(*state.split(" ou "))


@then(parsers.parse('le ticket est à l\'état "{state}"'))
def state_seen(services: ServiceScene, state: str):
    services.await_state(*state.split(" ou "))


@then(parsers.parse('le ticket porte "{name}"'))
def field_present(services: ServiceScene, name: str):
    services.ticket_has(name)


@then(parsers.parse('le champ "{name}" du ticket vaut "{value}"'))
def field_value(services: ServiceScene, name: str, value: str):
    services.ticket_has(name, *value.split(" ou "))

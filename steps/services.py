"""Steps shared by features/sav and features/aide_commande: the contract of service, faulty messages, the pace."""

from pytest_bdd import given, parsers, then, when

from annexe5.campaign.service_scene import ServiceScene


@given(parsers.parse('le service "{service}"'))
def service_chosen(services: ServiceScene, service: str):
    services.use(service)


@when("l'OC récupère le contrat de service")
def wsdl_fetched(services: ServiceScene):
    services.fetch_wsdl()


@when(parsers.parse("l'OC envoie une requête {defect}"))
def spoilt_sent(services: ServiceScene, defect: str):
    services.send_spoilt(defect)


@when(parsers.re(r"l'OC appelle (?P<operation>\w+)"))
def operation_called(services: ServiceScene, operation: str):
    services.call_operation(operation)


@when(parsers.parse("l'OC appelle {operation} par une requête {defect}"))
def operation_called_off_contract(services: ServiceScene, operation: str, defect: str):
    services.call_off_contract(operation, defect)


@then("le service répond selon le contrat, ou par une exception typée")
def answered(services: ServiceScene):
    services.answers()


@then("il se lit avec ses imports")
def wsdl_read(services: ServiceScene):
    services.fetch_wsdl()


@then("il concorde avec celui du contrat")
def wsdl_compared(services: ServiceScene):
    services.compare_wsdl()


@then(parsers.parse("il lie les opérations {names}"))
def operations_bound(services: ServiceScene, names: str):
    services.operations(names.split(", "))


@then("il est le même en http et en https")
def both_channels(services: ServiceScene):
    services.both_channels()


@then("le service répond par une faute SOAP")
def fault_answered(services: ServiceScene):
    services.fault()


@then("le service accepte")
def call_accepted(services: ServiceScene):
    services.accepted()


@then("le service refuse")
def call_refused(services: ServiceScene):
    services.refused()


@then(parsers.parse('le service refuse par "{exception}"'))
def call_refused_by(services: ServiceScene, exception: str):
    services.refused(exception)

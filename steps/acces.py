"""Steps of features/acces and features/transport: the OC's side of the ACCES 1.2 protocol."""

from pytest_bdd import given, parsers, then, when

from annexe5.campaign.scene import Scene

# --- Étant donné ---------------------------------------------------------------------------------------------


@given(parsers.parse('une commande sur une adresse du rôle "{role}"'))
def order_prepared(scene: Scene, role: str):
    scene.prepare(role)


@given(parsers.parse('{count:d} commandes sur des adresses du rôle "{role}"'))
def orders_prepared(scene: Scene, count: int, role: str):
    scene.prepare(role, count)


@given(parsers.parse('une commande de plus sur une adresse du rôle "{role}"'))
def one_more_order(scene: Scene, role: str):
    scene.prepare(role)


@given(parsers.re(r'sa colonne "(?P<column>[^"]+)" vaut "(?P<value>[^"]*)"'))
def column_changed(scene: Scene, column: str, value: str):
    scene.change(column, value)


@given("toutes ses colonnes sont en majuscules")
def columns_upper(scene: Scene):
    scene.upper()


@given(parsers.parse('une commande accusée OK sur une adresse du rôle "{role}"'))
def order_acknowledged(scene: Scene, role: str):
    scene.prepare(role)
    scene.place()
    scene.acknowledged()


@given(parsers.parse('une commande refusée au CR sur une adresse du rôle "{role}"'))
def order_refused(scene: Scene, role: str):
    order_acknowledged(scene, role)
    scene.hear("CR_KO", instead=["CR_OK", "CR_HOTLINE"])


@given(parsers.parse('une commande dotée d\'une route optique sur une adresse du rôle "{role}"'))
def order_routed(scene: Scene, role: str):
    order_acknowledged(scene, role)
    scene.routed()


@given(parsers.parse('une commande sous-traitée à l\'OC sur une adresse du rôle "{role}"'))
def order_subcontracted(scene: Scene, role: str):
    order_routed(scene, role)
    scene.work_order()


@given(parsers.parse('une ligne mise à disposition sur une adresse du rôle "{role}"'))
def line_available(scene: Scene, role: str):
    order_subcontracted(scene, role)
    scene.report("OK")
    scene.made_available()


@given(parsers.parse('une ligne mise à disposition en mode OI sur une adresse du rôle "{role}"'))
def line_available_by_oi(scene: Scene, role: str):
    order_routed(scene, role)
    scene.made_available()


@given(parsers.parse('une ligne mise à disposition sans ordre de travail sur une adresse du rôle "{role}"'))
def line_available_without_work_order(scene: Scene, role: str):
    order_routed(scene, role)
    scene.made_available()


@given("l'OC a confirmé la mise en service")
def in_service_already(scene: Scene):
    scene.in_service()


@given("une référence de commande que l'OI ne connaît pas")
def unknown_reference(scene: Scene):
    scene.unknown_order()


# --- Quand -----------------------------------------------------------------------------------------------------


@when("l'OC dépose la commande")
def place(scene: Scene):
    scene.place()


@when("l'OC repasse la commande pour le même rendez-vous")
def place_for_the_same_slot(scene: Scene):
    scene.place_again()


@when("l'OC dépose les commandes dans un même fichier")
def place_all(scene: Scene):
    scene.place_all()


@when("l'OC dépose deux fois la commande dans un même fichier")
def place_twice(scene: Scene):
    scene.place_twice()


@when("l'OC dépose la commande sans rien récupérer")
def place_without_collecting(scene: Scene):
    scene.place()


@when("l'OC dépose la commande sous un nom provisoire puis la renomme")
def place_by_rename(scene: Scene):
    scene.place()


@when(parsers.parse('l\'OC dépose un fichier "{kind}"'))
def place_odd(scene: Scene, kind: str):
    scene.deposit_odd(kind)


@when("l'OC confirme le raccordement")
def connection_done(scene: Scene):
    scene.report("OK")


@when("l'OC confirme le raccordement sous une autre référence de sous-traitance")
def connection_done_elsewhere(scene: Scene):
    scene.report("OK", work_order="AUTRE")


@when(parsers.parse("l'OC déclare l'échec du raccordement sous le code \"{code}\""))
def connection_failed(scene: Scene, code: str):
    scene.report("KO", code=code)


@when("l'OC confirme la mise en service")
def in_service(scene: Scene):
    scene.in_service()


@when("l'OC annule la commande")
def cancel(scene: Scene):
    scene.cancel()


@when(parsers.parse('l\'OC annule la commande sans remplir "{column}"'))
def cancel_without(scene: Scene, column: str):
    scene.cancel(without=column)


# --- Alors (dits aussi après Quand : une réponse entendue ouvre la suite) --------------------------------------------


@when("l'OI accuse réception OK")
@then("l'OI accuse réception OK")
def acknowledged(scene: Scene):
    scene.acknowledged()


@then("l'OI accuse réception OK de chaque commande")
def all_acknowledged(scene: Scene):
    scene.all_acknowledged()


@then(parsers.parse("l'OI accuse réception OK de {count:d} commandes"))
def some_acknowledged(scene: Scene, count: int):
    scene.all_acknowledged(count)


@then(parsers.parse("l'OI rejette la commande à l'AR sous le code \"{code}\""))
@then(parsers.parse("l'OI rejette la dernière commande à l'AR sous le code \"{code}\""))
def rejected_at_ar(scene: Scene, code: str):
    scene.rejected_at_ar(code)


@then("l'OI accepte la commande sur le rendez-vous libéré")
def slot_freed(scene: Scene):
    scene.slot_freed()


@then("l'OI donne la ligne sur la prise commandée")
def taken_over(scene: Scene):
    scene.taken_over()


@then(parsers.parse("l'OI rejette le doublon à l'AR sous le code \"{code}\""))
def repeated_rejected(scene: Scene, code: str):
    scene.repeated_rejected(code)


@then("l'OI affecte une route optique")
def routed(scene: Scene):
    scene.routed()


@then("l'OI affecte à chaque commande sa propre route optique")
def all_routed(scene: Scene):
    scene.all_routed()


@then(parsers.parse('l\'OI refuse la route sous le code "{code}"'))
def refused_at_cr(scene: Scene, code: str):
    scene.refused_at_cr(code)


@when("l'OI répond par un CR Hotline")
@then("l'OI répond par un CR Hotline")
def hotline(scene: Scene):
    scene.hotline()


@when("l'OI émet l'ordre de travail")
@then("l'OI émet l'ordre de travail")
def work_order(scene: Scene):
    scene.work_order()


@then("l'ordre de travail porte une référence de sous-traitance")
def work_order_reference(scene: Scene):
    scene.filled("ReferenceCommandeSousTraitantOI")


@when("l'OI notifie une nouvelle route")
@then("l'OI notifie une nouvelle route")
def reprovisioned(scene: Scene):
    scene.reprovisioned()


@then("la nouvelle route porte une vraie prise")
def true_outlet(scene: Scene):
    scene.true_outlet()


@then("la nouvelle route diffère de celle du CR")
def other_route(scene: Scene):
    scene.other_route()


@then("l'OI met la ligne à disposition")
def made_available(scene: Scene):
    scene.made_available()


@then("l'OI ne met pas la ligne à disposition")
def not_made_available(scene: Scene):
    scene.never("MAD_OK")


@then("la mise à disposition porte la prise de la route")
def outlet_of_the_route(scene: Scene):
    scene.holds_route_outlet()


@then("la route porte la prise commandée")
def outlet_ordered(scene: Scene):
    scene.holds("ReferencePrise", scene.order.row["ReferencePrise"])


@then(parsers.parse('le régime retenu est "{regimes}"'))
def regime_kept(scene: Scene, regimes: str):
    scene.holds("TypeCommandeRetenu", *regimes.split(" ou "))


@then("le refus porte un commentaire")
def refusal_commented(scene: Scene):
    scene.filled("Commentaire")


@then(parsers.parse("l'OI notifie l'échec du raccordement sous le code \"{code}\""))
def connection_failure_notified(scene: Scene, code: str):
    scene.connection_failed(code)


@when(parsers.parse("l'OI confirme l'annulation, typée \"{kind}\""))
@then(parsers.parse("l'OI confirme l'annulation, typée \"{kind}\""))
def cancelled(scene: Scene, kind: str):
    scene.cancelled(kind)


@then(parsers.parse("l'OI refuse l'annulation sous le code \"{code}\""))
def cancellation_refused(scene: Scene, code: str):
    scene.cancellation_refused(code)


@then(parsers.parse("l'OI n'émet aucun \"{flow}\""))
def flow_never_sent(scene: Scene, flow: str):
    scene.never_sends(flow)


@then("plus rien n'arrive pour la commande")
def silence(scene: Scene):
    scene.silence()


@then(parsers.parse('la commande est "{state}"'))
def state_is(scene: Scene, state: str):
    scene.state_is(state)


@then(parsers.parse('le délai "{delay}" est tenu'))
def deadline_kept(scene: Scene, delay: str):
    scene.in_time(delay)


@then("le fichier déposé n'est plus dans IN")
def taken(scene: Scene):
    scene.taken()


@then("l'AR attend dans OUT que l'OC le récupère")
def answer_waits(scene: Scene):
    scene.waits_in_out()


@then("tous les fichiers reçus de la commande sont dans leur dossier")
def right_folders(scene: Scene):
    scene.no_finding("DOS")


@then("tous les fichiers reçus de la commande portent un nom du contrat")
def right_names(scene: Scene):
    scene.no_finding("NOM")


@then("tous les fichiers reçus de la commande suivent le format de leur flux")
def right_tables(scene: Scene):
    scene.no_finding()

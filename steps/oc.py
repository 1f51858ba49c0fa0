"""Steps of features/oc: our OI opposite the OC under test, protocol ACCES 1.2."""

from pytest_bdd import given, parsers, then, when

from annexe5.campaign.oc_scene import OcScene

# --- Étant donné ---------------------------------------------------------------------------------------------


@given(parsers.parse('une commande passée par l\'OC sur une adresse du rôle "{role}"'))
@when(parsers.parse('l\'OC passe commande pour une adresse du rôle "{role}"'))
def ordered(oc_scene: OcScene, role: str):
    oc_scene.ask_for(role)


@given(parsers.parse('{count:d} commandes passées par l\'OC sur des adresses du rôle "{role}"'))
def ordered_together(oc_scene: OcScene, count: int, role: str):
    oc_scene.ask_for(role, count)


@given(parsers.parse('une commande de l\'OC sous-traitée sur une adresse du rôle "{role}"'))
def subcontracted(oc_scene: OcScene, role: str):
    oc_scene.ask_for(role)
    oc_scene.subcontracted()


@given(parsers.parse('une commande de l\'OC mise à disposition sur une adresse du rôle "{role}"'))
def made_available(oc_scene: OcScene, role: str):
    oc_scene.ask_for(role)
    oc_scene.made_available()


@given(parsers.parse('une commande de l\'OC mise à disposition sans ordre de travail sur une adresse du rôle "{role}"'))
def made_available_without_work_order(oc_scene: OcScene, role: str):
    oc_scene.ask_for(role)
    oc_scene.heard("MAD_OK")


@given(parsers.parse('notre OI retient son "{flow}"'))
@when(parsers.parse('notre OI retient son "{flow}"'))
def held(oc_scene: OcScene, flow: str):
    oc_scene.hold(flow)


@given(parsers.parse('notre OI refuse la prochaine étape "{stage}" sous le code "{code}"'))
def refusing(oc_scene: OcScene, stage: str, code: str):
    oc_scene.refuse(stage, code)


@given("notre OI laisse dans IN ce que l'OC y dépose")
def left_in_place(oc_scene: OcScene):
    oc_scene.leave_in_place()


@given("un OC en activité")
def active(oc_scene: OcScene):
    oc_scene.activity()


# --- Quand -----------------------------------------------------------------------------------------------------


@when("l'OC repasse commande pour la même adresse")
def ordered_again(oc_scene: OcScene):
    oc_scene.order_again()


@when("le technicien de l'OC a raccordé la ligne")
def visited(oc_scene: OcScene):
    oc_scene.visit()


@when(parsers.parse('le technicien de l\'OC a échoué sous le code "{code}"'))
def visit_failed(oc_scene: OcScene, code: str):
    oc_scene.visit(code)


@when("la box du client est en service")
def plugged(oc_scene: OcScene):
    oc_scene.plug()


@when("le client de l'OC renonce")
def given_up(oc_scene: OcScene):
    oc_scene.cancel()


@when(parsers.parse('notre OI laisse partir son "{flow}"'))
def released(oc_scene: OcScene, flow: str):
    oc_scene.release(flow)


@when(parsers.parse('notre OI change la route à "{kind}"'))
def route_changed(oc_scene: OcScene, kind: str):
    oc_scene.change_route(kind)


@when("notre OI met enfin la ligne à disposition")
def available_at_last(oc_scene: OcScene):
    oc_scene.make_available_at_last()


@when(parsers.parse('notre OI envoie d\'abord un "{flow}" "{kind}"'))
def spoilt_first(oc_scene: OcScene, flow: str, kind: str):
    oc_scene.send_spoilt(flow, kind)


@when(parsers.parse('notre OI envoie une seconde fois son "{flow}"'))
def sent_twice(oc_scene: OcScene, flow: str):
    oc_scene.send_again(flow)


@when(parsers.parse('notre OI envoie un "{flow}" sur la commande d\'un autre OC'))
def about_another(oc_scene: OcScene, flow: str):
    oc_scene.send_about_another(flow)


@when(parsers.parse('notre OI envoie un "{flow}" que rien n\'appelle'))
def out_of_turn(oc_scene: OcScene, flow: str):
    oc_scene.send_out_of_turn(flow)


@when("un fichier de notre OI arrive pendant la relève de l'OC")
def arriving_meanwhile(oc_scene: OcScene):
    oc_scene.arrives_meanwhile()


@when(parsers.parse('l\'OC a relevé le "{flow}"'))
@then(parsers.parse('l\'OC relève le "{flow}"'))
def heard(oc_scene: OcScene, flow: str):
    oc_scene.heard(*oc_scene.kinds(flow))


# --- Alors (dits aussi après Quand : ce que l'OC répond ouvre la suite) ----------------------------------------------


@when("l'OC rend compte du raccordement réussi")
@then("l'OC rend compte du raccordement réussi")
def reports_success(oc_scene: OcScene):
    oc_scene.says("CR_STOC_OK")


@when(parsers.parse("l'OC rend compte de l'échec sous le code \"{code}\""))
@then(parsers.parse("l'OC rend compte de l'échec sous le code \"{code}\""))
def reports_failure(oc_scene: OcScene, code: str):
    oc_scene.reports_failure(code)


@when("l'OC confirme que la ligne est en service")
@then("l'OC confirme que la ligne est en service")
def confirms(oc_scene: OcScene):
    oc_scene.says("MES")


@when("l'OC demande l'annulation")
@then("l'OC demande l'annulation")
def cancels(oc_scene: OcScene):
    oc_scene.says("ANNUL")


@then("le compte rendu cite l'ordre de travail et la prise de la route")
def cites(oc_scene: OcScene):
    oc_scene.cites_route()


@then("l'annulation libère le rendez-vous de la commande")
def frees_slot(oc_scene: OcScene):
    oc_scene.frees_slot()


@then("l'OC n'agit pas")
def quiet(oc_scene: OcScene):
    oc_scene.quiet()


@then(parsers.parse("l'OC n'agit pas : {reason}"))
def quiet_because(oc_scene: OcScene, reason: str):
    oc_scene.quiet(reason=reason)


@then("l'OC n'agit pas sans la vraie route")
def quiet_without_route(oc_scene: OcScene):
    oc_scene.quiet_without_route()


@then("l'OC n'agit pas sur la commande d'un autre")
def quiet_about_others(oc_scene: OcScene):
    oc_scene.quiet_about_others()


@then("l'OC n'insiste pas sous la même référence")
def does_not_insist(oc_scene: OcScene):
    oc_scene.does_not_insist()


@then("la nouvelle commande porte une autre référence")
@then("chaque commande porte sa propre référence")
def own_references(oc_scene: OcScene):
    oc_scene.distinct_references()


@then(parsers.parse("l'OC n'envoie qu'un \"{flow}\""))
def only_one(oc_scene: OcScene, flow: str):
    oc_scene.once(flow)


@then("les données sont en majuscules et telles que servies")
def as_served(oc_scene: OcScene):
    oc_scene.well_served()


@then(parsers.parse('ses fichiers "{flow}" portent le nom du contrat'))
def well_named(oc_scene: OcScene, flow: str):
    oc_scene.well_named(flow)


@then(parsers.parse('ses fichiers "{flow}" sont dans le dossier de dépose'))
def in_folder(oc_scene: OcScene, flow: str):
    oc_scene.in_folder(flow)


@then(parsers.parse('ses fichiers "{flow}" suivent le format du flux'))
def well_formed(oc_scene: OcScene, flow: str):
    oc_scene.well_formed(flow)


@then("l'OC supprime de OUT tout ce qu'il a récupéré")
def collected(oc_scene: OcScene):
    oc_scene.collected()


@then("l'OC ne supprime rien d'autre")
def nothing_else_deleted(oc_scene: OcScene):
    oc_scene.nothing_else_deleted()


@then("l'OC laisse son dépôt à notre OI")
def still_there(oc_scene: OcScene):
    oc_scene.still_there()


@then("la clé que l'OC a remise est une clé RSA de 1024 ou 2048 bits")
def key_fits(oc_scene: OcScene):
    oc_scene.key_fits()


@then(parsers.parse('tous les "{flow}" qu\'il a déposés sont nommés, rangés et écrits comme le contrat le dit'))
def all_right(oc_scene: OcScene, flow: str):
    oc_scene.flow_seen(flow)
    oc_scene.well_named(flow)
    oc_scene.in_folder(flow)
    oc_scene.well_formed(flow)


@then("toutes ses commandes vivent dans l'ordre du schéma")
def lives_in_order(oc_scene: OcScene):
    oc_scene.lives_in_order()

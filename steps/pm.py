"""Steps of features/pm: the OC's side of the PM 2.2 protocol."""

from pytest_bdd import given, parsers, then, when

from annexe5.campaign.pm_scene import PmScene

# --- Étant donné ---------------------------------------------------------------------------------------------


@given(parsers.re(r"(?:l'|le )(?P<flow>IPE|CPN) reçu de l'OI"))
def diffused(pm_scene: PmScene, flow: str):
    pm_scene.received(flow)


@given(parsers.parse('un PM "{role}"'))
def chosen(pm_scene: PmScene, role: str):
    pm_scene.choose(role)


@given(parsers.parse('une commande {kind} d\'un PM "{role}"'))
def order_prepared(pm_scene: PmScene, kind: str, role: str):
    pm_scene.choose(role)
    pm_scene.prepare(kind)


@given(parsers.re(r'sa colonne de PM "(?P<column>[^"]+)" vaut "(?P<value>[^"]*)"'))
def column_changed(pm_scene: PmScene, column: str, value: str):
    pm_scene.change(column, value)


@given(parsers.parse('un CR_MAD_Pm reçu pour un PM "{role}"'))
def reported_already(pm_scene: PmScene, role: str):
    order_prepared(pm_scene, "COFI", role)
    pm_scene.order()
    pm_scene.reported()


# --- Quand -----------------------------------------------------------------------------------------------------


@when(parsers.parse("{count:d} lundis matin sont passés"))
def mondays_gone(pm_scene: PmScene, count: int):
    pm_scene.weeks(count)


@when("l'OC dépose la commande de PM")
def ordered(pm_scene: PmScene):
    pm_scene.order()


@when("l'OC demande une mise à jour du même PM")
def ordered_again(pm_scene: PmScene):
    pm_scene.prepare("COFI")
    pm_scene.order()


@when(parsers.parse('l\'OC dépose un fichier PM "{kind}"'))
def odd_file(pm_scene: PmScene, kind: str):
    pm_scene.deposit_odd(kind)


@when("l'OC accuse réception du CR_MAD_Pm")
def report_acknowledged(pm_scene: PmScene):
    pm_scene.acknowledge_report()


@when(parsers.parse("l'OC annonce des travaux dans {days:d} jours ouvrés"))
def works_announced(pm_scene: PmScene, days: int):
    pm_scene.announce(days)


@when("l'OC notifie l'adduction avec photographie et fiche technique")
def works_done(pm_scene: PmScene):
    pm_scene.notify()


@when("l'OC notifie l'adduction sans photographie")
def works_without_photograph(pm_scene: PmScene):
    pm_scene.notify(photo=False)


@when("l'OC notifie l'adduction sans fiche technique")
def works_without_sheet(pm_scene: PmScene):
    pm_scene.notify(sheet=False)


@when(parsers.parse("l'OC notifie l'adduction {days:d} jours ouvrés après les travaux"))
def works_long_ago(pm_scene: PmScene, days: int):
    pm_scene.notify(days_ago=days)


# --- Alors -----------------------------------------------------------------------------------------------------


@then(parsers.parse('chaque "{flow}" reçu suit le format de son flux'))
def well_formed(pm_scene: PmScene, flow: str):
    pm_scene.no_finding(flow)


@then(parsers.parse('chaque "{flow}" reçu porte un nom du contrat'))
def well_named(pm_scene: PmScene, flow: str):
    pm_scene.no_finding(flow, "nom")


@then(parsers.parse('chaque "{flow}" reçu est dans son dossier'))
def well_placed(pm_scene: PmScene, flow: str):
    pm_scene.no_finding(flow, "dossier")


@then(parsers.parse("l'OI a diffusé un IPE daté de chacun des {count:d} lundis"))
def each_monday(pm_scene: PmScene, count: int):
    pm_scene.each_monday(count)


@then(parsers.parse("d'un IPE au suivant {kept}"))
def history_holds(pm_scene: PmScene, kept: str):
    pm_scene.history_holds(kept)


@then("chaque PM du CPN figure dans l'IPE")
def known_pms(pm_scene: PmScene):
    pm_scene.cpn_agrees()


@then("chaque PM ouvert selon l'IPE figure dans un CPN")
def opened_pms(pm_scene: PmScene):
    pm_scene.opened_pms_are_told()


@when("l'OI accuse réception OK de la commande de PM")
@then("l'OI accuse réception OK de la commande de PM")
def acknowledged(pm_scene: PmScene):
    pm_scene.acknowledged()


@then(parsers.parse('l\'OI rejette la commande de PM sous le code "{code}"'))
def rejected(pm_scene: PmScene, code: str):
    pm_scene.acknowledged(code)


@then("l'OI envoie le CR_MAD_Pm")
def reported(pm_scene: PmScene):
    pm_scene.reported()


@then("aucun CR_MAD_Pm ne vient")
def not_reported(pm_scene: PmScene):
    pm_scene.not_reported()


@then("le plan du PM accompagne le CR_MAD_Pm")
def planned(pm_scene: PmScene):
    pm_scene.planned()


@then("le CR_MAD_Pm s'accorde avec l'IPE et avec la commande")
def report_agrees(pm_scene: PmScene):
    pm_scene.report_agrees()


@then("les fichiers PM déposés ne sont plus dans IN")
def taken(pm_scene: PmScene):
    pm_scene.taken()


@when("l'OI envoie le CR_InfoSyndic avant les travaux")
@then("l'OI envoie le CR_InfoSyndic avant les travaux")
def manager_told(pm_scene: PmScene):
    pm_scene.manager_told()


@then("la réponse porte le gestionnaire")
def manager_named(pm_scene: PmScene):
    pm_scene.holds("GestionnaireImmeuble")


@when("l'OI répond à la notification d'adduction")
@then("l'OI répond à la notification d'adduction")
def adduction_answered(pm_scene: PmScene):
    pm_scene.adduction_answered()


@then("l'OI accepte l'adduction")
def adduction_accepted(pm_scene: PmScene):
    pm_scene.adduction_accepted()


@then(parsers.parse("l'OI refuse l'adduction sans {piece}"))
def adduction_incomplete(pm_scene: PmScene, piece: str):
    pm_scene.adduction_refused(piece)


@then("l'OI refuse l'adduction")
def adduction_refused(pm_scene: PmScene):
    pm_scene.adduction_refused()

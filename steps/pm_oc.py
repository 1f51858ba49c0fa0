"""Steps of features/oc/pm_*: our OI opposite the OC under test, protocol PM 2.2."""

from pytest_bdd import given, parsers, then, when

from annexe5.campaign.pm_oc_scene import PmOcScene

# --- Étant donné ---------------------------------------------------------------------------------------------


@given("notre OI a diffusé son IPE et son CPN")
def diffused(pm_oc_scene: PmOcScene):
    pm_oc_scene.diffuse()


@given(parsers.parse('un PM "{role}" de notre OI'))
def chosen(pm_oc_scene: PmOcScene, role: str):
    pm_oc_scene.choose(role)


# --- Quand -----------------------------------------------------------------------------------------------------


@when(parsers.parse("l'OC commande le PM en {kind}"))
def ordered(pm_oc_scene: PmOcScene, kind: str):
    pm_oc_scene.order(kind)


@when(parsers.parse('notre OI envoie un CR_MAD_Pm "{kind}"'))
def odd_report(pm_oc_scene: PmOcScene, kind: str):
    pm_oc_scene.send_odd_report(kind)


@when(parsers.parse("l'OC prévoit des travaux au PM dans {days:d} jours ouvrés"))
def works_planned(pm_oc_scene: PmOcScene, days: int):
    pm_oc_scene.plan_works(days)


@when(parsers.parse("les travaux de l'OC au PM ont débuté il y a {days:d} jours ouvrés"))
def works_begun(pm_oc_scene: PmOcScene, days: int):
    pm_oc_scene.works_done(days)


@when(parsers.parse('l\'OC ne peut accéder au PM : "{why}"'))
def access_denied(pm_oc_scene: PmOcScene, why: str):
    pm_oc_scene.trouble = why


# --- Alors -----------------------------------------------------------------------------------------------------


@then("la commande de l'OC est du PM et du type demandés")
def as_asked(pm_oc_scene: PmOcScene):
    pm_oc_scene.names_what_was_asked()


@then("le PM que cite l'OC figure dans l'IPE")
def known(pm_oc_scene: PmOcScene):
    pm_oc_scene.agrees("CROISE-PM-INCONNU")


@then("le dernier fichier PM de l'OC suit le format de son flux")
def well_formed(pm_oc_scene: PmOcScene):
    pm_oc_scene.no_finding()


@then("le dernier fichier PM de l'OC porte un nom du contrat")
def well_named(pm_oc_scene: PmOcScene):
    pm_oc_scene.no_finding("NOM")


@then("le dernier fichier PM de l'OC est dans son dossier")
def well_placed(pm_oc_scene: PmOcScene):
    pm_oc_scene.no_finding("DOS")


@then("la référence de commande de PM n'a jamais servi")
def new_reference(pm_oc_scene: PmOcScene):
    pm_oc_scene.reference_is_new()


@then("l'OC ne renvoie pas la commande de PM rejetée")
def insists_not(pm_oc_scene: PmOcScene):
    pm_oc_scene.insists_not()


@then("l'OC accuse réception du CR_MAD_Pm")
def acknowledged(pm_oc_scene: PmOcScene):
    pm_oc_scene.acknowledges()


@then("l'OC n'accuse pas réception du CR_MAD_Pm illisible")
def unread(pm_oc_scene: PmOcScene):
    pm_oc_scene.acknowledges_nothing()


@then("l'OC supprime les fichiers PM qu'il a récupérés")
def collected(pm_oc_scene: PmOcScene):
    pm_oc_scene.collected()


@then("les travaux sont annoncés 2 jours ouvrés à l'avance")
def announced_in_time(pm_oc_scene: PmOcScene):
    pm_oc_scene.agrees("INTERP-PREAVIS")


@then("l'adduction est notifiée dans les 15 jours ouvrés")
def notified_in_time(pm_oc_scene: PmOcScene):
    pm_oc_scene.agrees("ADDU-DELAI")


@then(parsers.parse("la notification est accompagnée d'une {piece}"))
def accompanied(pm_oc_scene: PmOcScene, piece: str):
    pm_oc_scene.accompanied(piece)


@then("l'OC le signale par courriel à la boîte d'échange")
def access_reported(pm_oc_scene: PmOcScene):
    pm_oc_scene.report_access(pm_oc_scene.trouble)

"""Steps of features/transport/courriel and features/pm/courriel: flows by mail, the OC's side."""

from pytest_bdd import parsers, then, when

from annexe5.campaign.pm_scene import PmScene
from annexe5.campaign.scene import Scene


@when("l'OC envoie la commande par courriel")
def order_mailed(scene: Scene):
    scene.mail_order()


@when(parsers.parse('l\'OC envoie la commande par courriel, codée en "{coding}"'))
def order_mailed_encoded(scene: Scene, coding: str):
    scene.mail_order(coding)


@when(parsers.re(r"l'OC envoie un courriel \"(?P<kind>[^\"]+)\""))
def odd_letter(scene: Scene, kind: str):
    scene.mail_order(kind)


@when(parsers.re(r"l'OC envoie un courriel \"(?P<kind>[^\"]+)\" à la boîte \"(?P<mailbox>[^\"]+)\""))
def odd_letter_to(scene: Scene, kind: str, mailbox: str):
    scene.mail_order(kind, mailbox=mailbox)


@when(parsers.parse('l\'OC prépare une autre commande sur une adresse du rôle "{role}"'))
def another_order(scene: Scene, role: str):
    scene.prepare(role)


@then("les courriels de l'OI suivent le contrat")
def letters_conform(scene: Scene):
    scene.letters_conform()


@then("aucun courriel hors flux n'arrive dans la boîte de l'OC")
def no_free_letter(scene: Scene):
    scene.no_free_letter()


@when("l'OC envoie la commande de PM par courriel")
def pm_order_mailed(pm_scene: PmScene):
    pm_scene.mail_order()


@when("l'OC notifie l'adduction par courriel avec photographie et fiche technique")
def adduction_mailed(pm_scene: PmScene):
    pm_scene.mail_notification()


@when("l'OC notifie l'adduction par courriel sans photographie")
def adduction_mailed_without_photograph(pm_scene: PmScene):
    pm_scene.mail_notification(photo=False)

"""Steps of features/transport/connexion: the account and the host key."""

from pytest_bdd import given, then, when

from annexe5.campaign.scene import Scene


@given("l'OC connecté au serveur de l'OI")
def connected(scene: Scene):
    scene.bench.look_around()


@when("l'OC se connecte avec un autre mot de passe")
def other_password(scene: Scene):
    scene.try_other_password()


@then("le serveur refuse la connexion")
def refused(scene: Scene):
    scene.login_refused()


@then("l'empreinte de la clé d'hôte est celle déclarée")
def host_key(scene: Scene):
    scene.host_key_declared()


@then("les dossiers du protocole ACCES existent")
def folders(scene: Scene):
    scene.bench.look_around()


@then("le canal est chiffré, ou le rapport le dit")
def not_in_clear(scene: Scene):
    scene.not_in_clear()

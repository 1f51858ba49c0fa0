"""Steps of features/transport/connexion, cles and comptes: the host key, the keys and passwords, the account."""

from pytest_bdd import given, parsers, then, when

from annexe5.campaign.account_scene import AccountScene
from annexe5.campaign.scene import Scene

# --- Étant donné ---------------------------------------------------------------------------------------------


@given("l'OC connecté au serveur de l'OI")
def connected(account: AccountScene):
    account.bench.folders_stand()


# --- Quand -----------------------------------------------------------------------------------------------------


@when("l'OC se connecte avec un autre mot de passe")
def other_password(account: AccountScene):
    account.try_other_password()


@when(parsers.parse("l'OC se connecte avec sa clé RSA de {bits:d} bits"))
def own_key(account: AccountScene, bits: int):
    account.try_key(bits)


@when("l'OC se connecte avec une clé qu'il n'a pas remise")
def foreign_key(account: AccountScene):
    account.try_foreign_key()


@when("l'OC donne plusieurs mots de passe faux de suite")
def wrong_passwords(account: AccountScene):
    account.lock_out()


@when("l'OC cherche à sortir de son compte")
def climbs(account: AccountScene):
    account.leave()


@when("l'OC dépose plus que son quota")
def overruns(account: AccountScene):
    account.overrun()


# --- Alors -----------------------------------------------------------------------------------------------------


@then("le serveur refuse la connexion")
def refused(account: AccountScene):
    account.refused()


@then("le compte s'ouvre")
def opened(account: AccountScene):
    account.key_accepted()


@then("l'empreinte de la clé d'hôte est celle déclarée")
def host_key(account: AccountScene):
    account.host_key_declared()


@then("le serveur signe autrement qu'en SHA-1")
def signature(account: AccountScene):
    account.signs_well()


@then("le serveur offre la connexion par clé")
def means(account: AccountScene):
    account.means_offered()


@then("même le bon mot de passe est refusé")
def locked(account: AccountScene):
    account.locked()


@then("le compte se rouvre de lui-même, le délai passé")
def reopened(account: AccountScene):
    account.opens_again()


@then(parsers.parse("aucun {kind} ne mène hors du compte"))
def held(account: AccountScene, kind: str):
    account.held(kind)


@then("le compte sert toujours")
@then("les dossiers du protocole ACCES existent")
def folders(account: AccountScene):
    account.bench.folders_stand()


@then("le canal est chiffré, ou le rapport le dit")
def not_in_clear(scene: Scene):
    scene.not_in_clear()

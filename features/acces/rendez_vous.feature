# language: fr
@acces @oi @mode_oi
Fonctionnalité: Rendez-vous du plan de charge
  Une commande raccordée par l'OI cite le rendez-vous réservé au plan de charge (IdRdv, DateInstall). L'annexe annonce ces
  échanges sans leur donner d'onglet : le protocole les permet, un manquement n'est qu'une réserve.

  @ACC-17 @ACC-18
  Scénario: L'annulation libère le rendez-vous
    Étant donné une ligne mise à disposition sans ordre de travail sur une adresse du rôle "eligible_mode_oi"
    Quand l'OC annule la commande
    Et l'OI confirme l'annulation, typée "RESIL"
    Et l'OC repasse la commande pour le même rendez-vous
    Alors l'OI accepte la commande sur le rendez-vous libéré

  @ACC-17
  Plan du scénario: Un rendez-vous qui ne vaut pas est refusé à l'AR
    Étant donné une commande sur une adresse du rôle "<rôle>"
    Quand l'OC dépose la commande
    Alors l'OI rejette la commande à l'AR sous le code "<code>"

    Exemples:
      | rôle              | code   |
      | rdv_non_reserve   | FRDV03 |
      | rdv_etat_invalide | FRDV04 |
      | rdv_autre_adresse | FRDV06 |

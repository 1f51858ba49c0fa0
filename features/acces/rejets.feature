# language: fr
@acces @oi @rejet
Fonctionnalité: Cas de rejet de commande
  Les causes et codes de l'annexe 5f, un exemple par code qu'une commande ou l'état du réseau peut provoquer. Le code
  fait foi ; un libellé qui dérive est une réserve.

  @ACC-04 @ACC-15
  Plan du scénario: La commande est rejetée à l'AR
    Étant donné une commande sur une adresse du rôle "<rôle>"
    Quand l'OC dépose la commande
    Alors l'OI rejette la commande à l'AR sous le code "<code>"
    Et plus rien n'arrive pour la commande

    Exemples: l'adresse
      | rôle                    | code   |
      | adresse_inconnue        | FADR01 |
      | batiment_absent         | FADR02 |
      | escalier_absent         | FADR03 |
      | etage_absent            | FADR04 |
      | adresse_non_commandable | FIMP10 |
      | adresse_gelee           | FIMP11 |

    Exemples: la prise
      | rôle              | code   |
      | pto_requise       | FIMP01 |
      | pto_inexistante   | FIMP02 |
      | pto_autre_adresse | FIMP03 |
      | pto_deja_affectee | FIMP19 |

    Exemples: le PM et sa prestation
      | rôle                     | code   |
      | prestation_pm_inexistante | FIMP04 |
      | prestation_pm_incoherente | FIMP05 |
      | prestation_pm_type_refuse | FIMP06 |
      | pm_inexistant             | FIMP07 |
      | pm_incoherent             | FIMP08 |
      | pm_non_ouvert             | FIMP09 |

    Exemples: le rendez-vous
      | rôle                  | code   |
      | rdv_modifications_max | FRDV01 |
      | rdv_sans_creneau      | FRDV02 |
      | rdv_non_reserve       | FRDV03 |
      | rdv_etat_invalide     | FRDV04 |
      | rdv_non_ftth          | FRDV05 |
      | rdv_autre_adresse     | FRDV06 |

  @ACC-04 @ACC-15
  Plan du scénario: La commande mal remplie est rejetée à l'AR
    Étant donné une commande sur une adresse du rôle "eligible"
    Et sa colonne "<colonne>" vaut "<valeur>"
    Quand l'OC dépose la commande
    Alors l'OI rejette la commande à l'AR sous le code "<code>"

    Exemples:
      | colonne             | valeur     | code   |
      | TypeCommandeDemande | VENTE      | FIMP12 |
      | TypeRacco           |            | FIMP15 |
      | DateCommandePrise   | 20171301   | FIMP16 |
      | TypeRacco           | DIRECT     | FIMP16 |
      | PriseExistante      | X          | FIMP16 |

  @ACC-05 @ACC-15
  Plan du scénario: La route est refusée au CR
    Étant donné une commande accusée OK sur une adresse du rôle "<rôle>"
    Alors l'OI refuse la route sous le code "<code>"

    Exemples:
      | rôle               | code   |
      | pto_existante      | FIMP18 |
      | pbo_sature         | FINT01 |
      | pbo_sature_virtuel | FINT02 |
      | infra_tiers        | FINT11 |

  @ACC-05 @ACC-15
  Scénario: Un motif libre est accompagné d'un commentaire
    Étant donné une commande accusée OK sur une adresse du rôle "motif_libre"
    Alors l'OI refuse la route sous le code "FAUT01"
    Et le refus porte un commentaire

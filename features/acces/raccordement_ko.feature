# language: fr
@acces @oi
Fonctionnalité: Raccordement en échec
  Un raccordement en échec est notifié : par l'OI (Notif_Racc_Ko) quand il raccorde, par l'OC (CR_STOC KO) en mode STOC.

  @ACC-14 @ACC-15 @ACC-18
  Plan du scénario: L'échec du technicien de l'OI est notifié
    Étant donné une commande dotée d'une route optique sur une adresse du rôle "terrain_<code>"
    Alors l'OI notifie l'échec du raccordement sous le code "<code>"

    Exemples: le client
      | code   |
      | FCLI01 |
      | FCLI02 |
      | FCLI03 |
      | FCLI04 |
      | FCLI05 |
      | FCLI06 |
      | FCLI07 |

    Exemples: la production
      | code   |
      | FIMP17 |
      | FINT04 |
      | FINT05 |
      | FINT06 |
      | FINT07 |
      | FINT08 |
      | FINT09 |
      | FINT10 |
      | FINT12 |
      | FINT13 |

  @ACC-09 @ACC-12 @ACC-13
  Plan du scénario: L'échec déclaré par l'OC laisse la commande annulable
    Étant donné une commande sous-traitée à l'OC sur une adresse du rôle "eligible"
    Quand l'OC déclare l'échec du raccordement sous le code "<code>"
    Et l'OC annule la commande
    Alors l'OI confirme l'annulation, typée "ANNUL"

    Exemples:
      | code   |
      | FCLI07 |
      | FINT03 |
      | FIMP18 |
      | FAUT01 |

  @ACC-10 @ACC-15
  Scénario: Un CR STOC qui ne cite pas l'ordre de travail n'est pas mis à disposition
    Étant donné une commande sous-traitée à l'OC sur une adresse du rôle "eligible"
    Quand l'OC confirme le raccordement sous une autre référence de sous-traitance
    Alors l'OI ne met pas la ligne à disposition

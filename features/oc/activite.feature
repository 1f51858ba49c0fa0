# language: fr
@acces @oc
Fonctionnalité: Ce que l'OC fait de lui-même
  Vaut aussi d'un OC que la suite ne pilote pas : elle regarde ce qu'il fait jusqu'à ce qu'il se taise.

  @TRA-01 @TRA-08 @ACC-01 @ACC-02
  Plan du scénario: Chaque flux déposé est en règle
    Étant donné un OC en activité
    Alors tous les "<flux>" qu'il a déposés sont nommés, rangés et écrits comme le contrat le dit

    @NAM-06
    Exemples: la commande
      | flux      |
      | Cmd_Acces |

    @NAM-11
    Exemples: le raccordement
      | flux    |
      | CR_STOC |

    @NAM-13
    Exemples: la mise en service
      | flux             |
      | CR_MES_LigneFTTH |

    @NAM-14
    Exemples: l'annulation
      | flux        |
      | Annul_Acces |

  @ACC-03 @ACC-16
  Scénario: Les flux de chaque commande se suivent dans l'ordre
    Étant donné un OC en activité
    Alors toutes ses commandes vivent dans l'ordre du schéma

  @TRA-10
  Scénario: Ce qui est récupéré est supprimé, et rien d'autre
    Étant donné un OC en activité
    Alors l'OC supprime de OUT tout ce qu'il a récupéré
    Et l'OC ne supprime rien d'autre

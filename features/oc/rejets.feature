# language: fr
@acces @oc @rejet
Fonctionnalité: Réaction de l'OC aux rejets
  Un rejet est définitif pour la référence rejetée : l'OC n'insiste pas, et repasse commande sous une référence neuve.

  @ACC-03 @ACC-16
  Plan du scénario: Une commande rejetée à l'AR est laissée là
    Étant donné notre OI refuse la prochaine étape "AR" sous le code "<code>"
    Et une commande passée par l'OC sur une adresse du rôle "eligible"
    Quand l'OC a relevé le "AR_Cmd_Acces"
    Alors l'OC n'insiste pas sous la même référence
    Quand l'OC repasse commande pour la même adresse
    Alors la nouvelle commande porte une autre référence
    Et l'OC relève le "AR_Cmd_Acces"

    Exemples: l'adresse
      | code   |
      | FADR01 |
      | FADR03 |

    Exemples: le traitement
      | code   |
      | FIMP02 |
      | FIMP07 |
      | FIMP11 |
      | FIMP13 |
      | FIMP15 |

    Exemples: le rendez-vous
      | code   |
      | FRDV03 |

  @ACC-03 @ACC-16
  Plan du scénario: Une route refusée au CR n'est suivie de rien
    Étant donné notre OI refuse la prochaine étape "CR" sous le code "<code>"
    Et une commande passée par l'OC sur une adresse du rôle "eligible"
    Quand l'OC a relevé le "AR_Cmd_Acces"
    Et l'OC a relevé le "CR_Cmd_Acces"
    Alors l'OC n'insiste pas sous la même référence
    Quand l'OC repasse commande pour la même adresse
    Alors la nouvelle commande porte une autre référence

    Exemples:
      | code   |
      | FIMP18 |
      | FINT01 |
      | FINT11 |
      | FAUT01 |

  @ACC-12 @ACC-16
  Scénario: Une route refusée peut être annulée
    Étant donné notre OI refuse la prochaine étape "CR" sous le code "FINT11"
    Et une commande passée par l'OC sur une adresse du rôle "eligible"
    Quand l'OC a relevé le "AR_Cmd_Acces"
    Et l'OC a relevé le "CR_Cmd_Acces"
    Et le client de l'OC renonce
    Alors l'OC demande l'annulation

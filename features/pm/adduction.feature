# language: fr
@pm @oi @sftp
Fonctionnalité: Notification d'adduction
  Les travaux faits, l'OC les notifie avec une photographie et une fiche technique ; l'OI répond par CR_NotifAdduction.

  @nominal @PM-12
  Scénario: Une adduction complète est acceptée
    Étant donné un PM "ouvert"
    Quand l'OC notifie l'adduction avec photographie et fiche technique
    Alors l'OI répond à la notification d'adduction
    Et l'OI accepte l'adduction

  @PM-01 @PM-12
  Scénario: Le CR_NotifAdduction suit le format de son flux
    Étant donné un PM "ouvert"
    Quand l'OC notifie l'adduction avec photographie et fiche technique
    Et l'OI répond à la notification d'adduction
    Alors chaque "CR_NotifAdduction" reçu suit le format de son flux

  @PM-12
  Plan du scénario: Une adduction incomplète reçoit une réponse
    Étant donné un PM "ouvert"
    Quand l'OC notifie l'adduction sans <pièce>
    Alors l'OI répond à la notification d'adduction
    Et l'OI refuse l'adduction sans <pièce>

    Exemples:
      | pièce           |
      | photographie    |
      | fiche technique |

  @PM-12
  Scénario: L'adduction d'un PM inconnu est refusée
    Étant donné un PM "inconnu"
    Quand l'OC notifie l'adduction avec photographie et fiche technique
    Alors l'OI répond à la notification d'adduction
    Et l'OI refuse l'adduction

  @PM-12
  Scénario: Une adduction notifiée hors délai reçoit une réponse
    Étant donné un PM "ouvert"
    Quand l'OC notifie l'adduction 16 jours ouvrés après les travaux
    Alors l'OI répond à la notification d'adduction

# language: fr
@pm @oi @mail
Fonctionnalité: Flux PM par courriel
  La commande d'informations PM, les notifications de travaux et leurs documents s'échangent par courriel automatisé, à
  la boîte PM.

  @nominal @PM-04 @MAIL-01
  Plan du scénario: La commande envoyée par courriel est accusée OK
    Étant donné une commande <type> d'un PM "ouvert"
    Quand l'OC envoie la commande de PM par courriel
    Alors l'OI accuse réception OK de la commande de PM

    Exemples:
      | type |
      | COFI |
      | UNIT |

  @PM-05 @MAIL-01
  Scénario: La commande envoyée par courriel a son CR_MAD_Pm
    Étant donné une commande COFI d'un PM "ouvert"
    Quand l'OC envoie la commande de PM par courriel
    Alors l'OI envoie le CR_MAD_Pm

  @nominal @PM-12 @MAIL-01
  Scénario: L'adduction notifiée par courriel, photographie et fiche jointes, est acceptée
    Étant donné un PM "ouvert"
    Quand l'OC notifie l'adduction par courriel avec photographie et fiche technique
    Alors l'OI répond à la notification d'adduction
    Et l'OI accepte l'adduction

  @PM-12 @MAIL-01
  Scénario: L'adduction notifiée par courriel sans photographie reçoit une réponse
    Étant donné un PM "ouvert"
    Quand l'OC notifie l'adduction par courriel sans photographie
    Alors l'OI répond à la notification d'adduction
    Et l'OI refuse l'adduction sans photographie

# language: fr
@pm @oc
Fonctionnalité: L'OC commande un PM et accuse réception de sa mise à disposition
  Commande d'informations PM (Cmd_Info_Pm) en cofinancement ou en location unitaire, accusé de réception du CR_MAD_Pm
  (annexe 5, protocole PM 2.2).

  @nominal @PM-03
  Plan du scénario: La commande est du PM et du type demandés
    Étant donné un PM "ouvert" de notre OI
    Quand l'OC commande le PM en <type>
    Alors la commande de l'OC est du PM et du type demandés

    Exemples:
      | type |
      | COFI |
      | UNIT |

  @PM-03
  Scénario: Le PM commandé figure dans l'IPE
    Étant donné notre OI a diffusé son IPE et son CPN
    Et un PM "ouvert" de notre OI
    Quand l'OC commande le PM en COFI
    Alors le PM que cite l'OC figure dans l'IPE

  @PM-01 @PM-03
  Scénario: La commande suit le format de son flux
    Étant donné un PM "ouvert" de notre OI
    Quand l'OC commande le PM en COFI
    Alors le dernier fichier PM de l'OC suit le format de son flux

  @NAM-01 @NAM-03
  Scénario: La commande porte le nom du contrat
    Étant donné un PM "ouvert" de notre OI
    Quand l'OC commande le PM en COFI
    Alors le dernier fichier PM de l'OC porte un nom du contrat

  @TRA-06
  Scénario: La commande est dans le dossier de dépose PM
    Étant donné un PM "ouvert" de notre OI
    Quand l'OC commande le PM en COFI
    Alors le dernier fichier PM de l'OC est dans son dossier

  @PM-03
  Scénario: Chaque commande de PM a sa référence
    Étant donné un PM "ouvert" de notre OI
    Quand l'OC commande le PM en COFI
    Et l'OC commande le PM en COFI
    Alors la référence de commande de PM n'a jamais servi

  @PM-03
  Scénario: Une commande de PM rejetée est laissée là
    Étant donné un PM "fermé" de notre OI
    Quand l'OC commande le PM en COFI
    Alors l'OC ne renvoie pas la commande de PM rejetée

  @nominal @PM-07
  Plan du scénario: L'OC accuse réception du CR_MAD_Pm
    Étant donné un PM "ouvert" de notre OI
    Quand l'OC commande le PM en <type>
    Alors l'OC accuse réception du CR_MAD_Pm

    Exemples:
      | type |
      | COFI |
      | UNIT |

  @PM-07
  Plan du scénario: L'OC n'accuse pas réception d'un CR_MAD_Pm illisible
    Étant donné un PM "ouvert" de notre OI
    Quand l'OC commande le PM en COFI
    Et notre OI envoie un CR_MAD_Pm "<anomalie>"
    Alors l'OC n'accuse pas réception du CR_MAD_Pm illisible

    Exemples:
      | anomalie          |
      | vide              |
      | en UTF-16         |
      | avec un octet nul |

  @TRA-10
  Scénario: L'OC supprime les fichiers PM qu'il a récupérés
    Étant donné notre OI a diffusé son IPE et son CPN
    Et un PM "ouvert" de notre OI
    Quand l'OC commande le PM en COFI
    Alors l'OC supprime les fichiers PM qu'il a récupérés

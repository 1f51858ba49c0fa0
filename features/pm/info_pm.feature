# language: fr
@pm @oi @sftp
Fonctionnalité: Commande d'informations PM et mise à disposition
  L'OC commande un PM, en cofinancement (COFI) ou en location unitaire (UNIT) ; l'OI accuse réception, puis envoie le
  CR_MAD_Pm, liste de toutes les adresses déployées, accompagné du plan du PM (annexe 5d).

  Règle: La commande acceptée

    @nominal @PM-04
    Plan du scénario: La commande d'un PM ouvert est accusée OK
      Étant donné une commande <type> d'un PM "ouvert"
      Quand l'OC dépose la commande de PM
      Alors l'OI accuse réception OK de la commande de PM

      Exemples:
        | type |
        | COFI |
        | UNIT |

    @nominal @PM-05
    Plan du scénario: Le CR_MAD_Pm suit la commande, plan à côté
      Étant donné une commande <type> d'un PM "ouvert"
      Quand l'OC dépose la commande de PM
      Alors l'OI envoie le CR_MAD_Pm
      Et le plan du PM accompagne le CR_MAD_Pm

      Exemples:
        | type |
        | COFI |
        | UNIT |

    @PM-01 @PM-05
    Scénario: Le CR_MAD_Pm suit le format de son flux
      Étant donné un CR_MAD_Pm reçu pour un PM "ouvert"
      Alors chaque "CR_MAD_Pm" reçu suit le format de son flux

    @PM-05
    Scénario: Le CR_MAD_Pm dit du PM et de ses adresses ce que dit l'IPE
      Étant donné un CR_MAD_Pm reçu pour un PM "ouvert"
      Alors le CR_MAD_Pm s'accorde avec l'IPE et avec la commande

    @NAM-04
    Scénario: Le CR_MAD_Pm porte le nom du contrat
      Étant donné un CR_MAD_Pm reçu pour un PM "ouvert"
      Alors chaque "CR_MAD_Pm" reçu porte un nom du contrat

    @TRA-07
    Scénario: Le CR_MAD_Pm est dans le dossier de retrait PM
      Étant donné un CR_MAD_Pm reçu pour un PM "ouvert"
      Alors chaque "CR_MAD_Pm" reçu est dans son dossier

    @PM-06
    Scénario: Une mise à jour garde la date de première mise à disposition
      Étant donné un CR_MAD_Pm reçu pour un PM "ouvert"
      Quand l'OC demande une mise à jour du même PM
      Alors l'OI envoie le CR_MAD_Pm
      Et le CR_MAD_Pm s'accorde avec l'IPE et avec la commande

    @TRA-10
    Scénario: L'accusé de réception du CR_MAD_Pm est pris par l'OI
      Étant donné un CR_MAD_Pm reçu pour un PM "ouvert"
      Quand l'OC accuse réception du CR_MAD_Pm
      Alors les fichiers PM déposés ne sont plus dans IN

  Règle: La commande rejetée

    @PM-04
    Plan du scénario: La commande d'un PM qui ne peut être livré est rejetée
      Étant donné une commande <type> d'un PM "<PM>"
      Quand l'OC dépose la commande de PM
      Alors l'OI rejette la commande de PM sous le code "<code>"

      Exemples:
        | type | PM      | code   |
        | COFI | inconnu | FIMP07 |
        | UNIT | inconnu | FIMP07 |
        | COFI | fermé   | FIMP09 |

    @PM-04
    Plan du scénario: La commande mal remplie est rejetée
      Étant donné une commande COFI d'un PM "ouvert"
      Et sa colonne de PM "<colonne>" vaut "<valeur>"
      Quand l'OC dépose la commande de PM
      Alors l'OI rejette la commande de PM sous le code "<code>"

      Exemples:
        | colonne        | valeur    | code   |
        | TypeCommandePM | LOCA      | FIMP12 |
        | DateCommandePM |           | FIMP15 |
        | ReferencePM    | 77000000R | FIMP16 |

    @PM-04
    Scénario: Une référence de commande déjà employée est rejetée
      Étant donné une commande COFI d'un PM "ouvert"
      Quand l'OC dépose la commande de PM
      Et l'OI accuse réception OK de la commande de PM
      Et l'OC dépose la commande de PM
      Alors l'OI rejette la commande de PM sous le code "FIMP13"

    @PM-05
    Scénario: Une commande rejetée n'a pas de CR_MAD_Pm
      Étant donné une commande COFI d'un PM "fermé"
      Quand l'OC dépose la commande de PM
      Alors aucun CR_MAD_Pm ne vient

  Règle: Les fichiers que rien ne permet de lire

    @TRA-01 @TRA-10
    Plan du scénario: Un fichier PM illisible n'arrête pas le serveur
      Étant donné une commande COFI d'un PM "ouvert"
      Quand l'OC dépose un fichier PM "<anomalie>"
      Et l'OC dépose la commande de PM
      Alors l'OI envoie le CR_MAD_Pm

      Exemples:
        | anomalie             |
        | vide                 |
        | en UTF-16            |
        | au nom d'un autre OC |

# language: fr
@aide_commande @oi
Fonctionnalité: L'aide à la prise de commande rend ce que dit l'IPE
  Six questions, sur des adresses que l'IPE publie.

  @OPC-03 @OPC-09
  Plan du scénario: La structure d'une adresse se demande par <référentiel>
    Étant donné une adresse du rôle "eligible"
    Et le service "opc-3.0"
    Quand l'OC demande la structure de l'adresse par <référentiel>
    Alors la structure concorde avec l'IPE
    Et chaque étage compte ses lignes

    Exemples:
      | référentiel            |
      | Hexaclé                |
      | Rivoli                 |
      | Hexaclé voie           |
      | identifiant d'immeuble |

  @OPC-04 @OPC-09
  Scénario: Les communes d'un code postal contiennent celle de l'adresse
    Étant donné une adresse du rôle "eligible"
    Et le service "opc-3.0"
    Quand l'OC demande les communes de son code postal
    Alors la liste "communes" contient, en "code_insee", la colonne CodeInseeImmeuble de l'IPE

  @OPC-05 @OPC-09
  Scénario: Les voies d'une commune contiennent celle de l'adresse
    Étant donné une adresse du rôle "eligible"
    Et le service "opc-3.0"
    Quand l'OC demande les voies de sa commune
    Alors la liste "voies" contient, en "code_rivoli", la colonne CodeVoieRivoliImmeuble de l'IPE

  @OPC-06 @OPC-09
  Scénario: Les numéros d'une voie contiennent celui de l'adresse
    Étant donné une adresse du rôle "eligible"
    Et le service "opc-3.0"
    Quand l'OC demande les numéros de sa voie
    Alors la liste "numeros" contient, en "hexacle", la colonne CodeAdresseImmeuble de l'IPE

  @OPC-07 @OPC-09
  Scénario: Les bâtiments d'une adresse contiennent le sien
    Étant donné une adresse du rôle "eligible"
    Et le service "opc-3.0"
    Quand l'OC demande les bâtiments de l'adresse
    Alors la liste "batiments" contient, en "nom", la colonne Batiment de l'IPE

  @OPC-08 @OPC-09
  Scénario: La zone arrière d'un PM contient l'adresse
    Étant donné une adresse du rôle "eligible"
    Et le service "opc-3.0"
    Quand l'OC demande la zone arrière de son PM
    Alors la liste "adresses" contient, en "hexacle", la colonne CodeAdresseImmeuble de l'IPE

  @OPC-07 @OPC-09
  Plan du scénario: Les bâtiments d'une adresse se demandent par <référentiel>
    Étant donné une adresse du rôle "eligible"
    Et le service "opc-3.0"
    Quand l'OC demande les bâtiments de l'adresse par <référentiel>
    Alors la liste "batiments" contient, en "nom", la colonne Batiment de l'IPE

    Exemples:
      | référentiel            |
      | Rivoli                 |
      | Hexaclé voie           |
      | identifiant d'immeuble |

  @OPC-03 @OPC-09
  Plan du scénario: En <service>, la structure se demande par référence de prise
    Étant donné une adresse du rôle "pto_connue"
    Et le service "<service>"
    Quand l'OC demande la structure de l'adresse par prise
    Alors la structure concorde avec l'IPE
    Et la prise de l'adresse y figure

    Exemples:
      | service       |
      | opc-3.0       |
      | structure-2.0 |

  @OPC-10
  Plan du scénario: La version 2.0 rend la même structure par <référentiel>
    Étant donné une adresse du rôle "eligible"
    Et le service "structure-2.0"
    Quand l'OC demande la structure de l'adresse par <référentiel>
    Alors la structure concorde avec l'IPE
    Et chaque étage compte ses lignes

    Exemples:
      | référentiel            |
      | Hexaclé                |
      | Rivoli                 |
      | Hexaclé voie           |
      | identifiant d'immeuble |

# language: fr
@aide_commande @oi
Fonctionnalité: Ce que l'aide à la prise de commande refuse
  Chaque opération, dans chaque version : une requête hors contrat, une référence inconnue.

  @OPC-01
  Plan du scénario: En <service>, une requête <opération> <défaut> est refusée
    Étant donné une adresse du rôle "eligible"
    Et le service "<service>"
    Quand l'OC appelle <opération> par une requête <défaut>
    Alors le service refuse

    Exemples:
      | service       | opération                          | défaut                   |
      | opc-3.0       | obtentionStructureAdresseOperation | incomplète               |
      | opc-3.0       | obtentionStructureAdresseOperation | avec un élément étranger |
      | opc-3.0       | obtentionCommunesOperation         | incomplète               |
      | opc-3.0       | obtentionCommunesOperation         | avec un élément étranger |
      | opc-3.0       | obtentionVoiesOperation            | incomplète               |
      | opc-3.0       | obtentionVoiesOperation            | avec un élément étranger |
      | opc-3.0       | obtentionNumerosOperation          | incomplète               |
      | opc-3.0       | obtentionNumerosOperation          | avec un élément étranger |
      | opc-3.0       | obtentionBatimentsOperation        | incomplète               |
      | opc-3.0       | obtentionBatimentsOperation        | avec un élément étranger |
      | opc-3.0       | obtentionZoneArrierePmOperation    | incomplète               |
      | opc-3.0       | obtentionZoneArrierePmOperation    | avec un élément étranger |
      | structure-2.0 | obtentionStructureAdresseOperation | incomplète               |
      | structure-2.0 | obtentionStructureAdresseOperation | avec un élément étranger |

  @OPC-03
  Plan du scénario: En <service>, la structure par <référentiel> inconnu est refusée
    Étant donné le service "<service>"
    Quand l'OC demande la structure par <référentiel> inconnu
    Alors le service refuse

    Exemples:
      | service       | référentiel            |
      | opc-3.0       | Hexaclé                |
      | opc-3.0       | Rivoli                 |
      | opc-3.0       | Hexaclé voie           |
      | opc-3.0       | identifiant d'immeuble |
      | opc-3.0       | prise                  |
      | structure-2.0 | Hexaclé                |
      | structure-2.0 | Rivoli                 |
      | structure-2.0 | Hexaclé voie           |
      | structure-2.0 | identifiant d'immeuble |
      | structure-2.0 | prise                  |

  @OPC-04
  Scénario: Un code postal inconnu est refusé
    Étant donné le service "opc-3.0"
    Quand l'OC demande les communes d'un code postal inconnu
    Alors le service refuse

  @OPC-05
  Scénario: Une commune inconnue est refusée
    Étant donné le service "opc-3.0"
    Quand l'OC demande les voies d'une commune inconnue
    Alors le service refuse

  @OPC-06
  Scénario: Une voie inconnue est refusée
    Étant donné le service "opc-3.0"
    Quand l'OC demande les numéros d'une voie inconnue
    Alors le service refuse

  @OPC-07
  Scénario: Les bâtiments d'une adresse inconnue sont refusés
    Étant donné le service "opc-3.0"
    Quand l'OC demande les bâtiments d'une adresse inconnue
    Alors le service refuse

  @OPC-08
  Scénario: La zone arrière d'un PM inconnu est refusée
    Étant donné le service "opc-3.0"
    Quand l'OC demande la zone arrière d'un PM inconnu
    Alors le service refuse

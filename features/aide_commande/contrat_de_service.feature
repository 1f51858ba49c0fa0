# language: fr
@aide_commande @oi
Fonctionnalité: Le contrat de service de l'aide à la prise de commande
  Adresse, WSDL, en-tête, versions.

  @OPC-01
  Scénario: Le WSDL de l'aide 3.0 lie les six opérations du contrat
    Étant donné le service "opc-3.0"
    Quand l'OC récupère le contrat de service
    Alors il se lit avec ses imports
    Et il lie les opérations obtentionStructureAdresseOperation, obtentionCommunesOperation, obtentionVoiesOperation, obtentionNumerosOperation, obtentionBatimentsOperation, obtentionZoneArrierePmOperation

  @OPC-01
  Scénario: Le service répond en http et en https
    Étant donné le service "opc-3.0"
    Quand l'OC récupère le contrat de service
    Alors il est le même en http et en https

  @OPC-01
  Scénario: Le WSDL de l'aide 3.0 est comparé à celui que la suite suppose
    Étant donné le service "opc-3.0"
    Quand l'OC récupère le contrat de service
    Alors il concorde avec celui du contrat

  @OPC-10
  Scénario: Le WSDL de la version 2.0 lie l'opération de structure
    Étant donné le service "structure-2.0"
    Quand l'OC récupère le contrat de service
    Alors il se lit avec ses imports
    Et il lie les opérations obtentionStructureAdresseOperation

  @OPC-01
  Plan du scénario: En <service>, une requête <défaut> est refusée par une faute
    Étant donné le service "<service>"
    Quand l'OC envoie une requête <défaut>
    Alors le service répond par une faute SOAP

    Exemples:
      | service       | défaut                   |
      | opc-3.0       | mal formée               |
      | opc-3.0       | avec une DTD             |
      | opc-3.0       | en SOAP 1.2              |
      | opc-3.0       | sans corps               |
      | opc-3.0       | d'une opération inconnue |
      | structure-2.0 | mal formée               |
      | structure-2.0 | avec une DTD             |
      | structure-2.0 | en SOAP 1.2              |
      | structure-2.0 | sans corps               |
      | structure-2.0 | d'une opération inconnue |

  @OPC-02
  Plan du scénario: En <service>, un opérateur commercial sans quadrigramme connu est refusé
    Étant donné une adresse du rôle "eligible"
    Et le service "<service>"
    Quand l'OC demande la structure sous le nom "OPERATEUR SANS QUADRIGRAMME"
    Alors le service refuse

    Exemples:
      | service       |
      | opc-3.0       |
      | structure-2.0 |

  @OPC-02
  Plan du scénario: En <service>, le quadrigramme de l'OC suffit pour être servi
    Étant donné une adresse du rôle "eligible"
    Et le service "<service>"
    Quand l'OC demande la structure de l'adresse par Hexaclé
    Alors le service accepte

    Exemples:
      | service       |
      | opc-3.0       |
      | structure-2.0 |

  @OPC-02
  Scénario: Un nom qui contient le quadrigramme de l'OC est reconnu
    Étant donné une adresse du rôle "eligible"
    Et le service "opc-3.0"
    Quand l'OC demande la structure sous un nom qui entoure son quadrigramme
    Alors le service reconnaît l'OC

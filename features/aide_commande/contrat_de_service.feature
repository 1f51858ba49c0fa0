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

  @OPC-01
  Plan du scénario: Une requête <défaut> est refusée par une faute
    Étant donné le service "opc-3.0"
    Quand l'OC envoie une requête <défaut>
    Alors le service répond par une faute SOAP

    Exemples:
      | défaut                   |
      | mal formée               |
      | avec une DTD             |
      | en SOAP 1.2              |
      | sans corps               |
      | d'une opération inconnue |

  @OPC-02
  Scénario: Un opérateur commercial sans quadrigramme connu est refusé
    Étant donné une adresse du rôle "eligible"
    Et le service "opc-3.0"
    Quand l'OC demande la structure sous le nom "OPERATEUR SANS QUADRIGRAMME"
    Alors le service refuse

  @OPC-02
  Scénario: Le nom de l'opérateur peut entourer son quadrigramme
    Étant donné une adresse du rôle "eligible"
    Et le service "opc-3.0"
    Quand l'OC demande la structure de l'adresse par Hexaclé
    Alors le service accepte

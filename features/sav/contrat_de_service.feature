# language: fr
@sav @oi
Fonctionnalité: Le contrat de service du SAV
  Adresse, WSDL, en-tête, versions : ce dont un OC a besoin avant d'ouvrir son premier ticket.

  @SAV-03 @SAV-04
  Scénario: Le WSDL du SAV 2.1 se récupère à son adresse et se lit
    Étant donné le service "sav-2.1"
    Quand l'OC récupère le contrat de service
    Alors il se lit avec ses imports
    Et il lie les opérations createTroubleTicketByValue, setTroubleTicketByValue, getTroubleTicketByKey

  @SAV-04 @SAV-02
  Scénario: Le WSDL du SAV 2.1 concorde avec celui du contrat
    Étant donné le service "sav-2.1"
    Quand l'OC récupère le contrat de service
    Alors il concorde avec celui du contrat

  @SAV-01
  Scénario: Le service répond en http et en https
    Étant donné le service "sav-2.1"
    Quand l'OC récupère le contrat de service
    Alors il est le même en http et en https

  @SAV-07
  Plan du scénario: La version <service> est disponible
    Étant donné le service "<service>"
    Quand l'OC récupère le contrat de service
    Alors il se lit avec ses imports

    Exemples:
      | service |
      | sav-2.1 |
      | sav-3.0 |

  @SAV-04
  Scénario: Le WSDL du SAV 3.0 concorde avec celui du contrat et lie ses opérations
    Étant donné le service "sav-3.0"
    Quand l'OC récupère le contrat de service
    Alors il concorde avec celui du contrat
    Et il lie les opérations createTroubleTicketByValue, setTroubleTicketByValue, getTroubleTicketByKey

  @SAV-04 @SAV-05
  Plan du scénario: En <service>, une requête <défaut> est refusée par une faute
    Étant donné le service "<service>"
    Quand l'OC envoie une requête <défaut>
    Alors le service répond par une faute SOAP

    Exemples:
      | service | défaut                   |
      | sav-2.1 | mal formée               |
      | sav-2.1 | avec une DTD             |
      | sav-2.1 | en SOAP 1.2              |
      | sav-2.1 | sans corps               |
      | sav-2.1 | d'une opération inconnue |
      | sav-2.1 | d'une action inconnue    |
      | sav-3.0 | mal formée               |
      | sav-3.0 | avec une DTD             |
      | sav-3.0 | en SOAP 1.2              |
      | sav-3.0 | sans corps               |
      | sav-3.0 | d'une opération inconnue |
      | sav-3.0 | d'une action inconnue    |

  @SAV-02
  Plan du scénario: En <service>, une requête sans l'en-tête interop est refusée
    Étant donné le service "<service>"
    Quand l'OC envoie une requête sans en-tête interop
    Alors le service répond par une faute SOAP

    Exemples:
      | service |
      | sav-2.1 |
      | sav-3.0 |

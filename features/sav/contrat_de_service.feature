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

  @SAV-04 @SAV-05
  Plan du scénario: Une requête <défaut> est refusée par une faute
    Étant donné le service "sav-2.1"
    Quand l'OC envoie une requête <défaut>
    Alors le service répond par une faute SOAP

    Exemples:
      | défaut                   |
      | mal formée               |
      | avec une DTD             |
      | en SOAP 1.2              |
      | sans corps               |
      | d'une opération inconnue |
      | d'une action inconnue    |

  @SAV-02
  Scénario: Une requête sans l'en-tête interop est refusée
    Étant donné le service "sav-2.1"
    Quand l'OC envoie une requête sans en-tête interop
    Alors le service répond par une faute SOAP

# language: fr
@sav @oi
Fonctionnalité: Chaque opération du SAV, dans chaque version
  Les trois opérations obligatoires sur un accès en service, les opérations d'introspection, et ce qui doit être refusé.

  Règle: Les opérations obligatoires servent un accès en service

    @SAV-08 @SAV-04
    Plan du scénario: En <service>, createTroubleTicketByValue prend un ticket
      Étant donné un accès en service du rôle "en_service"
      Et le service "<service>"
      Quand l'OC ouvre un ticket de réparation
      Alors le service accepte

      Exemples:
        | service |
        | sav-2.1 |
        | sav-3.0 |

    @SAV-08 @SAV-04
    Plan du scénario: En <service>, setTroubleTicketByValue prend un message
      Étant donné un accès en service du rôle "en_service"
      Et le service "<service>"
      Et un ticket de réparation pris par l'OI
      Quand l'OC envoie un message sur le ticket
      Alors le service accepte

      Exemples:
        | service |
        | sav-2.1 |
        | sav-3.0 |

    @SAV-08 @SAV-04
    Plan du scénario: En <service>, une demande de rendez-vous reçoit sa réponse
      Étant donné un accès en service du rôle "en_service"
      Et le service "<service>"
      Et un ticket de réparation pris par l'OI
      Quand l'OC demande un rendez-vous
      Alors le service accepte
      Et le champ "messageType" du ticket vaut "REPONSE RDV ou PROPOSITION DE RDV"

      Exemples:
        | service |
        | sav-2.1 |
        | sav-3.0 |

    @SAV-08 @SAV-04
    Plan du scénario: En <service>, getTroubleTicketByKey rend le ticket
      Étant donné un accès en service du rôle "en_service"
      Et le service "<service>"
      Et un ticket de réparation pris par l'OI
      Quand l'OC consulte le ticket
      Alors le service accepte
      Et le ticket porte "serviceProviderTroubleTicketKey"

      Exemples:
        | service |
        | sav-2.1 |
        | sav-3.0 |

    @SAV-08 @SAV-04
    Scénario: En 3.0 aussi, un défaut est pris en charge, réparé et clos
      Étant donné un accès en service du rôle "en_service"
      Et le service "sav-3.0"
      Et un ticket de réparation pris par l'OI
      Quand le ticket arrive à l'état "CLOSED"
      Alors le ticket porte "troubleTicketClosureCode"
      Et le ticket porte "troubleTicketClosureLabel"

    @SAV-10 @SAV-04
    Plan du scénario: En <service>, l'OC prévient d'un dommage qui est suivi jusqu'à sa clôture
      Étant donné un accès en service du rôle "en_service"
      Et le service "<service>"
      Quand l'OC prévient d'un dommage sur l'accès
      Alors le service accepte
      Et le ticket est à l'état "CLOSED"

      Exemples:
        | service |
        | sav-2.1 |
        | sav-3.0 |

  Règle: Les opérations d'introspection répondent, ou disent qu'elles ne sont pas servies

    @SAV-04
    Plan du scénario: En <service>, <opération> suit le contrat de service
      Étant donné le service "<service>"
      Quand l'OC appelle <opération>
      Alors le service répond selon le contrat, ou par une exception typée

      Exemples:
        | service | opération                        |
        | sav-2.1 | getTroubleTicketPrivateData    |
        | sav-2.1 | getTroubleTicketPublicData     |
        | sav-2.1 | getSupportedOptionalOperations |
        | sav-2.1 | getManagedEntityTypes            |
        | sav-2.1 | getEventTypes                    |
        | sav-2.1 | getEventDescriptor               |
        | sav-2.1 | getUpdateProcedureTypes          |
        | sav-2.1 | getNamedQueryTypes               |
        | sav-2.1 | getTroubleTicketItemTypes        |
        | sav-2.1 | getTroubleTicketTypes            |
        | sav-3.0 | getTroubleTicketPrivateData    |
        | sav-3.0 | getTroubleTicketPublicData     |
        | sav-3.0 | getSupportedOptionalOperations |
        | sav-3.0 | getManagedEntityTypes            |
        | sav-3.0 | getEventTypes                    |
        | sav-3.0 | getEventDescriptor               |
        | sav-3.0 | getUpdateProcedureTypes          |
        | sav-3.0 | getNamedQueryTypes               |
        | sav-3.0 | getTroubleTicketItemTypes        |
        | sav-3.0 | getTroubleTicketTypes            |

  Règle: Une requête qui n'est pas du contrat est refusée

    @SAV-04
    Plan du scénario: En <service>, une requête <opération> <défaut> est refusée
      Étant donné le service "<service>"
      Quand l'OC appelle <opération> par une requête <défaut>
      Alors le service refuse

      Exemples:
        | service | opération                        | défaut                       |
        | sav-2.1 | createTroubleTicketByValue     | incomplète                   |
        | sav-2.1 | setTroubleTicketByValue          | incomplète                   |
        | sav-2.1 | getTroubleTicketByKey            | incomplète                   |
        | sav-2.1 | getEventDescriptor               | incomplète                   |
        | sav-2.1 | createTroubleTicketByValue     | avec une valeur hors liste |
        | sav-2.1 | setTroubleTicketByValue          | avec une valeur hors liste |
        | sav-2.1 | createTroubleTicketByValue     | avec un élément étranger   |
        | sav-2.1 | setTroubleTicketByValue          | avec un élément étranger   |
        | sav-2.1 | getTroubleTicketByKey            | avec un élément étranger   |
        | sav-2.1 | getTroubleTicketPrivateData    | avec un élément étranger   |
        | sav-2.1 | getTroubleTicketPublicData     | avec un élément étranger   |
        | sav-2.1 | getSupportedOptionalOperations | avec un élément étranger   |
        | sav-2.1 | getManagedEntityTypes            | avec un élément étranger   |
        | sav-2.1 | getEventTypes                    | avec un élément étranger   |
        | sav-2.1 | getEventDescriptor               | avec un élément étranger   |
        | sav-2.1 | getUpdateProcedureTypes          | avec un élément étranger   |
        | sav-2.1 | getNamedQueryTypes               | avec un élément étranger   |
        | sav-2.1 | getTroubleTicketItemTypes        | avec un élément étranger   |
        | sav-2.1 | getTroubleTicketTypes            | avec un élément étranger   |
        | sav-3.0 | createTroubleTicketByValue     | incomplète                   |
        | sav-3.0 | setTroubleTicketByValue          | incomplète                   |
        | sav-3.0 | getTroubleTicketByKey            | incomplète                   |
        | sav-3.0 | getEventDescriptor               | incomplète                   |
        | sav-3.0 | createTroubleTicketByValue     | avec une valeur hors liste |
        | sav-3.0 | setTroubleTicketByValue          | avec une valeur hors liste |
        | sav-3.0 | createTroubleTicketByValue     | avec un élément étranger   |
        | sav-3.0 | setTroubleTicketByValue          | avec un élément étranger   |
        | sav-3.0 | getTroubleTicketByKey            | avec un élément étranger   |
        | sav-3.0 | getTroubleTicketPrivateData    | avec un élément étranger   |
        | sav-3.0 | getTroubleTicketPublicData     | avec un élément étranger   |
        | sav-3.0 | getSupportedOptionalOperations | avec un élément étranger   |
        | sav-3.0 | getManagedEntityTypes            | avec un élément étranger   |
        | sav-3.0 | getEventTypes                    | avec un élément étranger   |
        | sav-3.0 | getEventDescriptor               | avec un élément étranger   |
        | sav-3.0 | getUpdateProcedureTypes          | avec un élément étranger   |
        | sav-3.0 | getNamedQueryTypes               | avec un élément étranger   |
        | sav-3.0 | getTroubleTicketItemTypes        | avec un élément étranger   |
        | sav-3.0 | getTroubleTicketTypes            | avec un élément étranger   |

    @SAV-08
    Plan du scénario: En <service>, un ticket inconnu n'est pas modifié
      Étant donné le service "<service>"
      Quand l'OC modifie un ticket qui n'existe pas
      Alors le service refuse par "objectNotFoundException"

      Exemples:
        | service |
        | sav-2.1 |
        | sav-3.0 |

    @SAV-08
    Plan du scénario: En <service>, un second ticket sur le même accès est refusé tant que le premier court
      Étant donné un accès en service du rôle "en_service"
      Et le service "<service>"
      Et un ticket de réparation pris par l'OI
      Quand l'OC ouvre un ticket de réparation
      Alors le service refuse par "createException"

      Exemples:
        | service |
        | sav-2.1 |
        | sav-3.0 |

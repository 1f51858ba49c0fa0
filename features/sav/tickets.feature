# language: fr
@sav @oi
Fonctionnalité: Tickets d'incident sur un accès
  De la création à la clôture, sur des accès en service seulement.

  Règle: Un ticket ne vise qu'un accès en service

    @SAV-11 @SAV-08
    Scénario: Avant le CR de mise en service, l'OI refuse le ticket
      Étant donné une ligne mise à disposition sur une adresse du rôle "eligible"
      Et le service "sav-2.1"
      Quand l'OC ouvre un ticket de réparation
      Alors le service refuse par "createException"

    @SAV-11 @SAV-08
    Scénario: Après le CR de mise en service, l'OI prend le ticket
      Étant donné une ligne mise à disposition sur une adresse du rôle "eligible"
      Et l'OC a confirmé la mise en service
      Et le service "sav-2.1"
      Quand l'OC ouvre un ticket de réparation
      Alors le service accepte
      Et le ticket est à l'état "QUEUED ou OPENACTIVE"

    @SAV-08
    Scénario: Un accès que l'OC ne détient pas est refusé
      Étant donné le service "sav-2.1"
      Quand l'OC ouvre un ticket sur un accès qui n'existe pas
      Alors le service refuse par "createException"

  Règle: Un ticket vit selon son cycle

    @SAV-08
    Scénario: Un défaut est pris en charge, réparé et clos
      Étant donné une ligne mise à disposition sur une adresse du rôle "eligible"
      Et l'OC a confirmé la mise en service
      Et le service "sav-2.1"
      Et un ticket de réparation pris par l'OI
      Quand le ticket arrive à l'état "CLOSED"
      Alors le ticket porte "troubleTicketClosureCode"
      Et le ticket porte "troubleTicketClosureLabel"

    @SAV-08
    Scénario: L'OC annule un ticket qui n'est pas encore pris en charge
      Étant donné une ligne mise à disposition sur une adresse du rôle "eligible"
      Et l'OC a confirmé la mise en service
      Et le service "sav-2.1"
      Et un ticket de réparation pris par l'OI
      Quand l'OC annule le ticket
      Alors le service accepte
      Et le ticket est à l'état "CLOSE.CANCELLED"
      Et le champ "troubleTicketClosureCode" du ticket vaut "ERR07 ou STT02"

    @SAV-08
    Scénario: Un message de l'OC est pris
      Étant donné une ligne mise à disposition sur une adresse du rôle "eligible"
      Et l'OC a confirmé la mise en service
      Et le service "sav-2.1"
      Et un ticket de réparation pris par l'OI
      Quand l'OC envoie un message sur le ticket
      Alors le service accepte

    @SAV-08
    Scénario: Une demande de rendez-vous reçoit sa réponse
      Étant donné une ligne mise à disposition sur une adresse du rôle "eligible"
      Et l'OC a confirmé la mise en service
      Et le service "sav-2.1"
      Et un ticket de réparation pris par l'OI
      Quand l'OC demande un rendez-vous
      Alors le service accepte
      Et le champ "messageType" du ticket vaut "REPONSE RDV ou PROPOSITION DE RDV"

    @SAV-08
    Scénario: La même référence de l'OC ne sert pas deux fois
      Étant donné une ligne mise à disposition sur une adresse du rôle "eligible"
      Et l'OC a confirmé la mise en service
      Et le service "sav-2.1"
      Et un ticket de réparation pris par l'OI
      Quand l'OC ouvre de nouveau le même ticket
      Alors le service refuse

    @SAV-08
    Scénario: Un ticket inconnu n'est pas trouvé
      Étant donné le service "sav-2.1"
      Quand l'OC consulte un ticket qui n'existe pas
      Alors le service refuse par "objectNotFoundException"

    @SAV-08
    Scénario: Une modification d'après une version périmée demande une resynchronisation
      Étant donné une ligne mise à disposition sur une adresse du rôle "eligible"
      Et l'OC a confirmé la mise en service
      Et le service "sav-2.1"
      Et un ticket de réparation pris par l'OI
      Quand l'OC modifie le ticket d'après une version périmée
      Alors le service refuse par "ossResyncRequiredException"

  Règle: Les deux versions servent les mêmes accès

    @SAV-07 @SAV-08
    Scénario: Un ticket s'ouvre aussi dans l'autre version
      Étant donné une ligne mise à disposition sur une adresse du rôle "eligible"
      Et l'OC a confirmé la mise en service
      Et le service "sav-3.0"
      Quand l'OC ouvre un ticket de réparation
      Alors le service accepte
      Et le ticket est à l'état "QUEUED ou OPENACTIVE"

  Règle: L'OC prévient des dommages qu'il constate

    @SAV-10
    Scénario: Un dommage constaté est pris par l'OI
      Étant donné une ligne mise à disposition sur une adresse du rôle "eligible"
      Et l'OC a confirmé la mise en service
      Et le service "sav-2.1"
      Quand l'OC prévient d'un dommage sur l'accès
      Alors le service accepte

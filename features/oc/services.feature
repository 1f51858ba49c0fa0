# language: fr
@sav @aide_commande @oc
Fonctionnalité: L'OC devant les web services de l'OI
  Il interroge l'aide avant de commander, n'ouvre de ticket que sur un accès en service, et garde le rythme convenu.

  Règle: L'OC interroge l'aide avant de commander

    @OPC-11
    Scénario: L'adresse de chaque commande a été demandée à l'aide auparavant
      Étant donné un OC qui appelle l'aide à la prise de commande
      Quand l'OC passe commande pour une adresse du rôle "eligible"
      Alors l'OC avait demandé à l'aide l'adresse de chaque commande

    @OPC-11
    Scénario: Une adresse que l'aide dit fermée n'est pas commandée
      Étant donné un OC qui appelle l'aide à la prise de commande
      Quand l'OC est invité à commander pour une adresse du rôle "adresse_non_commandable"
      Alors l'OC ne commande pas

    @OPC-02
    Scénario: L'OC se nomme par son quadrigramme
      Étant donné un OC qui appelle l'aide à la prise de commande
      Quand l'OC passe commande pour une adresse du rôle "eligible"
      Alors ses requêtes suivent le contrat de service

    @SAV-06
    Scénario: Plusieurs commandes de suite ne font pas plus de deux requêtes par seconde
      Étant donné un OC qui appelle l'aide à la prise de commande
      Et 6 commandes passées par l'OC sur des adresses du rôle "eligible"
      Alors l'OC n'envoie jamais plus de deux requêtes par seconde

  Règle: L'OC n'ouvre de ticket que sur un accès en service

    @SAV-11
    Scénario: Avant le CR de mise en service, aucun ticket n'est ouvert
      Étant donné un OC qui appelle le SAV
      Et une commande de l'OC mise à disposition sur une adresse du rôle "eligible"
      Quand le client de l'OC signale un défaut
      Alors l'OC n'ouvre aucun ticket

    @SAV-11 @SAV-04 @SAV-02
    Scénario: Après le CR de mise en service, l'OC ouvre un ticket de réparation sur l'accès
      Étant donné un OC qui appelle le SAV
      Et une commande de l'OC en service sur une adresse du rôle "eligible"
      Quand le client de l'OC signale un défaut
      Alors l'OC ouvre un ticket de réparation sur l'accès
      Et ses requêtes suivent le contrat de service

    @SAV-04
    Scénario: L'OC suit son ticket sous la clé que l'OI lui a donnée
      Étant donné un OC qui appelle le SAV
      Et une commande de l'OC en service sur une adresse du rôle "eligible"
      Et un ticket de réparation ouvert par l'OC
      Quand l'OC est invité à suivre son ticket
      Alors l'OC relit son ticket jusqu'à sa clôture
      Et l'OC n'envoie jamais plus de deux requêtes par seconde

    @SAV-10
    Scénario: L'OC prévient d'un dommage constaté sur la ligne
      Étant donné un OC qui appelle le SAV
      Et une commande de l'OC en service sur une adresse du rôle "eligible"
      Quand l'OC constate un dommage sur la ligne
      Alors l'OC ouvre un ticket de dommage sur l'accès

  Règle: L'OC prend les avis de travaux programmés

    @SAV-04
    Scénario: Un avis de travaux est pris sur le port que l'OC tient
      Étant donné un OC qui appelle le SAV
      Quand notre OI annonce à l'OC des travaux programmés
      Alors l'OC prend l'avis de travaux

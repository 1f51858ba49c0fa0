# language: fr
@transport @acces @oi
Fonctionnalité: Échange des fichiers ACCES par le serveur de l'OI
  Dépose dans IN, récupération dans OUT, suppression par celui qui récupère, noms et formats du contrat.

  @TRA-01 @TRA-10
  Scénario: L'OI supprime le fichier qu'il a récupéré
    Étant donné une commande sur une adresse du rôle "eligible"
    Quand l'OC dépose la commande
    Et l'OI accuse réception OK
    Alors le fichier déposé n'est plus dans IN

  @TRA-10
  Scénario: L'OI ne supprime pas ce que l'OC n'a pas encore récupéré
    Étant donné une commande sur une adresse du rôle "eligible"
    Quand l'OC dépose la commande sans rien récupérer
    Alors l'AR attend dans OUT que l'OC le récupère

  @TRA-09
  Scénario: Les réponses ACCES sont dans le dossier de retrait ACCES
    Étant donné une commande sous-traitée à l'OC sur une adresse du rôle "eligible"
    Alors tous les fichiers reçus de la commande sont dans leur dossier

  @NAM-07 @NAM-08 @NAM-09
  Scénario: L'AR, le CR et l'ordre de travail portent les noms du contrat
    Étant donné une commande sous-traitée à l'OC sur une adresse du rôle "eligible"
    Alors tous les fichiers reçus de la commande portent un nom du contrat

  @NAM-10
  Scénario: Le reprovisioning porte le nom du contrat
    Étant donné une commande sous-traitée à l'OC sur une adresse du rôle "reprov_a_chaud"
    Quand l'OI notifie une nouvelle route
    Alors tous les fichiers reçus de la commande portent un nom du contrat

  @NAM-12
  Scénario: La mise à disposition porte le nom du contrat
    Étant donné une ligne mise à disposition sur une adresse du rôle "eligible"
    Alors tous les fichiers reçus de la commande portent un nom du contrat

  @NAM-15
  Scénario: Le CR d'annulation porte le nom du contrat
    Étant donné une commande sous-traitée à l'OC sur une adresse du rôle "eligible"
    Quand l'OC annule la commande
    Et l'OI confirme l'annulation, typée "ANNUL"
    Alors tous les fichiers reçus de la commande portent un nom du contrat

  @ACC-01
  Scénario: Les fichiers de l'OI suivent le format de leur flux
    Étant donné une ligne mise à disposition sur une adresse du rôle "eligible"
    Alors tous les fichiers reçus de la commande suivent le format de leur flux

  @ACC-02 @ACC-04
  Scénario: Une commande telle que servie, en majuscules, est acceptée
    Étant donné une commande sur une adresse du rôle "eligible"
    Et toutes ses colonnes sont en majuscules
    Quand l'OC dépose la commande
    Alors l'OI accuse réception OK

  @TRA-01
  Scénario: Un fichier déposé sous un nom provisoire puis renommé est pris une seule fois
    Étant donné une commande sur une adresse du rôle "eligible"
    Quand l'OC dépose la commande sous un nom provisoire puis la renomme
    Alors l'OI accuse réception OK

  @TRA-01
  Plan du scénario: Un fichier illisible n'arrête pas le serveur
    Étant donné une commande sur une adresse du rôle "eligible"
    Quand l'OC dépose un fichier "<anomalie>"
    Et l'OC dépose la commande
    Alors l'OI accuse réception OK

    Exemples:
      | anomalie               |
      | vide                   |
      | en-tête seule          |
      | séparé par des virgules |
      | en UTF-16              |
      | avec un octet nul      |
      | au nom inconnu         |
      | au nom d'un autre OC   |

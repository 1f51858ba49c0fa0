# language: fr
@transport @acces @oc
Fonctionnalité: L'OC sur le serveur de l'OI
  L'OC récupère et supprime ce que l'OI dépose dans OUT, et rien d'autre ; l'OI seul vide IN.

  @TRA-10
  Scénario: L'OC supprime ce qu'il a récupéré
    Étant donné une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Alors l'OC supprime de OUT tout ce qu'il a récupéré
    Et l'OC ne supprime rien d'autre

  @TRA-10
  Scénario: Un fichier arrivé pendant la relève n'est pas supprimé sans être lu
    Étant donné une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Quand un fichier de notre OI arrive pendant la relève de l'OC
    Et le technicien de l'OC a raccordé la ligne
    Et l'OC rend compte du raccordement réussi
    Alors l'OC relève le "CR_MAD_LigneFTTH"
    Et l'OC supprime de OUT tout ce qu'il a récupéré
    Et l'OC ne supprime rien d'autre

  @TRA-10
  Scénario: L'OC laisse dans IN ce qu'il y a déposé
    Étant donné une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Et notre OI laisse dans IN ce que l'OC y dépose
    Quand le technicien de l'OC a raccordé la ligne
    Alors l'OC laisse son dépôt à notre OI
    Et l'OC rend compte du raccordement réussi

  @TRA-05
  Scénario: L'OC remet une clé publique du contrat et s'en sert
    Étant donné une commande passée par l'OC sur une adresse du rôle "eligible"
    Alors la clé que l'OC a remise est une clé RSA de 1024 ou 2048 bits

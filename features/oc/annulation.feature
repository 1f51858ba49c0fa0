# language: fr
@acces @oc @annulation
Fonctionnalité: Annulation et résiliation par l'OC
  L'OC peut annuler une commande, mise à disposition ou non, par Annul_Acces ; une commande annulée est finie.

  @ACC-12
  Scénario: Une commande sous-traitée est annulée
    Étant donné une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Quand le client de l'OC renonce
    Alors l'OC demande l'annulation
    Et l'OC relève le "CR_Annulation_Acces"

  @ACC-12
  Scénario: Une ligne mise à disposition est résiliée
    Étant donné une commande de l'OC mise à disposition sur une adresse du rôle "eligible"
    Quand le client de l'OC renonce
    Alors l'OC demande l'annulation
    Et l'OC relève le "CR_Annulation_Acces"

  @ACC-12 @ACC-16
  Scénario: L'annulation n'est demandée qu'une fois
    Étant donné une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Quand le client de l'OC renonce
    Alors l'OC n'envoie qu'un "Annul_Acces"

  @ACC-12 @ACC-16
  Scénario: Une annulation refusée laisse vivre la commande
    Étant donné notre OI refuse la prochaine étape "ANNUL" sous le code "FIMP16"
    Et une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Quand le client de l'OC renonce
    Et l'OC demande l'annulation
    Et l'OC a relevé le "CR_Annulation_Acces"
    Et le technicien de l'OC a raccordé la ligne
    Alors l'OC rend compte du raccordement réussi

  @NAM-14 @TRA-08 @ACC-01
  Scénario: L'annulation est nommée, rangée et écrite comme le contrat le dit
    Étant donné une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Quand le client de l'OC renonce
    Et l'OC demande l'annulation
    Alors ses fichiers "Annul_Acces" portent le nom du contrat
    Et ses fichiers "Annul_Acces" sont dans le dossier de dépose
    Et ses fichiers "Annul_Acces" suivent le format du flux

  @ACC-12 @ACC-17
  Scénario: L'annulation libère le rendez-vous
    Étant donné une commande de l'OC mise à disposition sans ordre de travail sur une adresse du rôle "eligible_mode_oi"
    Quand le client de l'OC renonce
    Et l'OC demande l'annulation
    Alors l'annulation libère le rendez-vous de la commande

  @ACC-12 @ACC-16
  Plan du scénario: Rien ne fait revivre une commande annulée
    Étant donné une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Quand le client de l'OC renonce
    Et l'OC demande l'annulation
    Et l'OC a relevé le "CR_Annulation_Acces"
    Et notre OI envoie un "<flux>" que rien n'appelle
    Alors l'OC n'agit pas

    Exemples:
      | flux             |
      | Cmd_STOC         |
      | Notif_Reprov     |
      | CR_MAD_LigneFTTH |

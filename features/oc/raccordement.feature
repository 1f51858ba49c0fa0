# language: fr
@acces @oc @stoc
Fonctionnalité: Compte rendu du raccordement par l'OC
  Le raccordement final réalisé, l'OC en rend compte par CR_STOC : sur l'ordre de travail reçu, sur la route en vigueur,
  OK, ou KO avec son motif.

  @nominal @ACC-09
  Scénario: Le raccordement réussi est rendu sur l'ordre de travail et sur la route
    Étant donné une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Quand le technicien de l'OC a raccordé la ligne
    Alors l'OC rend compte du raccordement réussi
    Et le compte rendu cite l'ordre de travail et la prise de la route

  @nominal @NAM-11 @TRA-08 @ACC-01
  Scénario: Le compte rendu est nommé, rangé et écrit comme le contrat le dit
    Étant donné une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Quand le technicien de l'OC a raccordé la ligne
    Et l'OC rend compte du raccordement réussi
    Alors ses fichiers "CR_STOC" portent le nom du contrat
    Et ses fichiers "CR_STOC" sont dans le dossier de dépose
    Et ses fichiers "CR_STOC" suivent le format du flux

  @ACC-09 @ACC-16
  Scénario: Le compte rendu attend l'ordre de travail
    Étant donné notre OI retient son "Cmd_STOC"
    Et une commande passée par l'OC sur une adresse du rôle "eligible"
    Quand l'OC a relevé le "CR_Cmd_Acces"
    Et le technicien de l'OC a raccordé la ligne
    Alors l'OC n'agit pas : l'ordre de travail n'est pas encore parti
    Quand notre OI laisse partir son "Cmd_STOC"
    Alors l'OC rend compte du raccordement réussi

  @ACC-09 @ACC-16
  Scénario: Le raccordement n'est rendu qu'une fois
    Étant donné une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Quand le technicien de l'OC a raccordé la ligne
    Alors l'OC n'envoie qu'un "CR_STOC"

  @ACC-09 @ACC-14
  Plan du scénario: L'échec du technicien est notifié avec son motif
    Étant donné une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Quand le technicien de l'OC a échoué sous le code "<code>"
    Alors l'OC rend compte de l'échec sous le code "<code>"
    Et ses fichiers "CR_STOC" suivent le format du flux

    Exemples:
      | code   |
      | FCLI07 |
      | FINT04 |
      | FIMP18 |
      | FAUT01 |

  @ACC-09 @ACC-14
  Scénario: Après un échec repris à froid, le compte rendu suit la nouvelle route
    Étant donné une commande de l'OC sous-traitée sur une adresse du rôle "reprov_a_froid"
    Quand le technicien de l'OC a échoué sous le code "FINT04"
    Et l'OC rend compte de l'échec sous le code "FINT04"
    Et l'OC a relevé le "Notif_Reprov"
    Et le technicien de l'OC a raccordé la ligne
    Alors l'OC rend compte du raccordement réussi
    Et le compte rendu cite l'ordre de travail et la prise de la route

  @reprovisionnement @ACC-09
  Plan du scénario: Une route changée pendant le raccordement est suivie
    Étant donné une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Quand notre OI change la route à "<nature>"
    Et le technicien de l'OC a raccordé la ligne
    Alors l'OC rend compte du raccordement réussi
    Et le compte rendu cite l'ordre de travail et la prise de la route

    Exemples:
      | nature  |
      | CHAUD   |
      | TRAVAUX |

  @hotline @ACC-09
  Scénario: Après un CR Hotline le compte rendu attend la vraie route
    Étant donné notre OI retient son "Notif_Reprov"
    Et une commande de l'OC sous-traitée sur une adresse du rôle "pto_inconnue"
    Quand le technicien de l'OC a raccordé la ligne
    Alors l'OC n'agit pas sans la vraie route
    Quand notre OI laisse partir son "Notif_Reprov"
    Alors l'OC rend compte du raccordement réussi
    Et le compte rendu cite l'ordre de travail et la prise de la route

# language: fr
@acces @oc
Fonctionnalité: Confirmation de la mise en service par l'OC
  La box du client installée, l'OC confirme la mise en service par CR_MES : après la mise à disposition, jamais avant.

  @nominal @ACC-11
  Scénario: La mise en service suit la mise à disposition
    Étant donné une commande de l'OC mise à disposition sur une adresse du rôle "eligible"
    Quand la box du client est en service
    Alors l'OC confirme que la ligne est en service

  @nominal @NAM-13 @TRA-08 @ACC-01
  Scénario: La confirmation est nommée, rangée et écrite comme le contrat le dit
    Étant donné une commande de l'OC mise à disposition sur une adresse du rôle "eligible"
    Quand la box du client est en service
    Et l'OC confirme que la ligne est en service
    Alors ses fichiers "CR_MES_LigneFTTH" portent le nom du contrat
    Et ses fichiers "CR_MES_LigneFTTH" sont dans le dossier de dépose
    Et ses fichiers "CR_MES_LigneFTTH" suivent le format du flux

  @ACC-11 @ACC-16
  Scénario: La mise en service n'est confirmée qu'une fois
    Étant donné une commande de l'OC mise à disposition sur une adresse du rôle "eligible"
    Quand la box du client est en service
    Alors l'OC n'envoie qu'un "CR_MES_LigneFTTH"

  @ACC-11 @ACC-16
  Scénario: La confirmation attend la mise à disposition
    Étant donné notre OI retient son "CR_MAD_LigneFTTH"
    Et une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Quand le technicien de l'OC a raccordé la ligne
    Et l'OC rend compte du raccordement réussi
    Et la box du client est en service
    Alors l'OC n'agit pas : la ligne n'est pas encore mise à disposition
    Quand notre OI laisse partir son "CR_MAD_LigneFTTH"
    Alors l'OC confirme que la ligne est en service

  @ACC-11 @ACC-16
  Scénario: Une mise à disposition refusée n'est pas confirmée
    Étant donné notre OI refuse la prochaine étape "MAD" sous le code "FINT10"
    Et une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Quand le technicien de l'OC a raccordé la ligne
    Et l'OC rend compte du raccordement réussi
    Et l'OC a relevé le "CR_MAD_LigneFTTH"
    Alors l'OC n'agit pas : la mise à disposition est refusée
    Quand notre OI met enfin la ligne à disposition
    Et la box du client est en service
    Alors l'OC confirme que la ligne est en service

  @mode_oi @ACC-11 @ACC-16
  Plan du scénario: Sans sous-traitance, l'OC confirme sans rendre compte d'un raccordement
    Étant donné une commande de l'OC mise à disposition sans ordre de travail sur une adresse du rôle "<rôle>"
    Quand la box du client est en service
    Alors l'OC confirme que la ligne est en service
    Et toutes ses commandes vivent dans l'ordre du schéma

    Exemples:
      | rôle             |
      | eligible_mode_oi |
      | eligible_mode_oc |

  @mode_oi @ACC-16
  Scénario: L'échec du technicien de l'OI n'est suivi d'aucune confirmation
    Étant donné une commande passée par l'OC sur une adresse du rôle "terrain_FCLI07"
    Alors l'OC relève le "Notif_Racc_Ko"
    Et l'OC n'agit pas : le raccordement par l'OI a échoué

# language: fr
@acces @oc
Fonctionnalité: Commandes de l'OC
  L'OC dépose une commande par client, sous une référence qu'il ne réemploie jamais, avec les données que l'OI lui sert.

  @nominal @TRA-01 @TRA-02 @NAM-06
  Scénario: La commande est un fichier nommé comme le contrat le dit
    Quand l'OC passe commande pour une adresse du rôle "eligible"
    Alors ses fichiers "Cmd_Acces" portent le nom du contrat

  @nominal @TRA-08
  Scénario: La commande est dans le dossier de dépose
    Quand l'OC passe commande pour une adresse du rôle "eligible"
    Alors ses fichiers "Cmd_Acces" sont dans le dossier de dépose

  @nominal @ACC-01
  Scénario: La commande suit le format de son flux
    Quand l'OC passe commande pour une adresse du rôle "eligible"
    Alors ses fichiers "Cmd_Acces" suivent le format du flux

  @nominal @ACC-02
  Plan du scénario: La commande reprend les données telles que servies
    Quand l'OC passe commande pour une adresse du rôle "<rôle>"
    Alors les données sont en majuscules et telles que servies

    Exemples:
      | rôle             |
      | eligible         |
      | pto_connue       |
      | eligible_mode_oi |

  @ACC-03
  Scénario: Plusieurs commandes ont chacune leur référence
    Étant donné 3 commandes passées par l'OC sur des adresses du rôle "eligible"
    Alors chaque commande porte sa propre référence

  @ACC-03 @NAM-06
  Scénario: D'un fichier à l'autre, ni la référence ni le nom ne resservent
    Étant donné une commande passée par l'OC sur une adresse du rôle "eligible"
    Quand l'OC passe commande pour une adresse du rôle "eligible"
    Alors chaque commande porte sa propre référence
    Et ses fichiers "Cmd_Acces" portent le nom du contrat

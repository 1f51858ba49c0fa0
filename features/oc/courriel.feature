# language: fr
@transport @acces @oc @mail
Fonctionnalité: Commandes de l'OC par courriel
  Un message automatique à la boîte ACCES : le fichier .csv pour seule pièce jointe, son nom en objet.
  Les anomalies et les demandes vont à la boîte des échanges.

  @nominal @TRA-01 @MAIL-02
  Scénario: La commande par courriel ne porte que son fichier, sous son nom en objet
    Quand l'OC passe commande par courriel pour une adresse du rôle "eligible"
    Alors les courriels de l'OC suivent le contrat

  @nominal @MAIL-02 @NAM-06
  Scénario: Le fichier joint porte le nom du contrat
    Quand l'OC passe commande par courriel pour une adresse du rôle "eligible"
    Alors ses fichiers "Cmd_Acces" portent le nom du contrat

  @nominal @MAIL-02
  Scénario: L'OC suit jusqu'au bout une commande passée par courriel
    Quand l'OC passe commande par courriel pour une adresse du rôle "eligible"
    Alors l'OC sous-traité rend compte du raccordement

  @robustesse @MAIL-02
  Plan du scénario: Un envoi différé par la boîte est repris, et la commande arrive une seule fois
    Étant donné notre boîte qui diffère <fois> envois
    Quand l'OC passe commande par courriel pour une adresse du rôle "eligible"
    Alors la commande est arrivée une seule fois

    Exemples:
      | fois |
      | 1    |
      | 2    |

  @MAIL-03 @MAIL-01
  Scénario: L'OC ne signale pas d'anomalie dans les boîtes des flux
    Quand l'OC passe commande par courriel pour une adresse du rôle "pm_inexistant"
    Alors aucun courriel hors flux n'arrive dans nos boîtes

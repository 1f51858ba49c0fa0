# language: fr
@pm @oi @sftp
Fonctionnalité: Annonce des travaux au PM
  L'OC annonce ses travaux au moins 2 jours ouvrés à l'avance (Notif_Interv_Prev).

  @nominal @TRA-01 @TRA-10
  Scénario: L'OI prend l'annonce des travaux
    Étant donné un PM "ouvert"
    Quand l'OC annonce des travaux dans 2 jours ouvrés
    Alors les fichiers PM déposés ne sont plus dans IN

  @TRA-01 @TRA-10
  Scénario: L'annonce d'un PM inconnu n'arrête pas le serveur
    Étant donné un PM "inconnu"
    Quand l'OC annonce des travaux dans 2 jours ouvrés
    Alors les fichiers PM déposés ne sont plus dans IN

  @TRA-10
  Scénario: Une annonce tardive est prise comme les autres
    Étant donné un PM "ouvert"
    Quand l'OC annonce des travaux dans 1 jours ouvrés
    Alors les fichiers PM déposés ne sont plus dans IN

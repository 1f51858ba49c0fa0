# language: fr
@sav @oi
Fonctionnalité: Les travaux programmés sont annoncés à l'OC
  L'OI appelle le port que l'OC tient ; l'OC retrouve l'avis chez l'OI.

  @SAV-09 @SAV-04
  Scénario: L'OI annonce ses travaux, leur date et les accès touchés
    Étant donné un OC qui écoute les avis de travaux
    Quand l'OI annonce des travaux programmés
    Alors l'avis porte "supplierPlannedActionDate"
    Et l'avis porte "listImpactCommercialId ou listImpactTechnicalId"

  @SAV-09
  Scénario: L'OC retrouve l'avis de travaux chez l'OI
    Étant donné un OC qui écoute les avis de travaux
    Et le service "sav-2.1"
    Quand l'OI annonce des travaux programmés
    Et l'OC consulte l'avis par sa clé
    Alors le service accepte
    Et le champ "troubleTicketType" du ticket vaut "3"

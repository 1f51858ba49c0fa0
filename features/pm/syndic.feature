# language: fr
@pm @oi @sftp
Fonctionnalité: Information du syndic
  À l'annonce de travaux au PM d'un immeuble géré, l'OI informe le gestionnaire et donne ses coordonnées à l'OC
  (CR_InfoSyndic), avant le jour annoncé.

  @nominal @PM-10
  Scénario: Les coordonnées du gestionnaire arrivent avant les travaux
    Étant donné un PM "en immeuble"
    Quand l'OC annonce des travaux dans 5 jours ouvrés
    Alors l'OI envoie le CR_InfoSyndic avant les travaux
    Et la réponse porte le gestionnaire

  @PM-10
  Scénario: Une annonce faite au plus tard laisse à l'OI le temps d'informer
    Étant donné un PM "en immeuble"
    Quand l'OC annonce des travaux dans 2 jours ouvrés
    Alors l'OI envoie le CR_InfoSyndic avant les travaux

  @PM-01 @PM-10
  Scénario: Le CR_InfoSyndic suit le format de son flux
    Étant donné un PM "en immeuble"
    Quand l'OC annonce des travaux dans 5 jours ouvrés
    Et l'OI envoie le CR_InfoSyndic avant les travaux
    Alors chaque "CR_InfoSyndic" reçu suit le format de son flux

  @NAM-01
  Scénario: Le CR_InfoSyndic porte un nom du protocole PM
    Étant donné un PM "en immeuble"
    Quand l'OC annonce des travaux dans 5 jours ouvrés
    Et l'OI envoie le CR_InfoSyndic avant les travaux
    Alors chaque "CR_InfoSyndic" reçu porte un nom du contrat

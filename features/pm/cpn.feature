# language: fr
@pm @oi @sftp
Fonctionnalité: Correspondance entre NRO et PM (CPN)
  Le CPN est le catalogue des liens NRO-PM disponibles, diffusé au fur et à mesure des ouvertures de PM.

  @nominal @PM-01 @PM-13
  Scénario: Le CPN suit le format de son flux
    Étant donné le CPN reçu de l'OI
    Alors chaque "CPN" reçu suit le format de son flux

  @NAM-05
  Scénario: Le CPN porte le nom du contrat
    Étant donné le CPN reçu de l'OI
    Alors chaque "CPN" reçu porte un nom du contrat

  @TRA-07
  Scénario: Le CPN est dans le dossier de retrait PM
    Étant donné le CPN reçu de l'OI
    Alors chaque "CPN" reçu est dans son dossier

  @PM-13
  Scénario: Le CPN ne cite que des PM de l'IPE
    Étant donné le CPN reçu de l'OI
    Alors chaque PM du CPN figure dans l'IPE

  @PM-13
  Scénario: Un PM qui s'ouvre est annoncé par un CPN
    Étant donné le CPN reçu de l'OI
    Quand 2 lundis matin sont passés
    Alors chaque PM ouvert selon l'IPE figure dans un CPN

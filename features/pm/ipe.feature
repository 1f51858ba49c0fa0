# language: fr
@pm @oi @sftp
Fonctionnalité: Informations préalables enrichies (IPE)
  L'OI diffuse l'IPE à l'ouverture du compte, puis chaque lundi matin ; d'un IPE au suivant, ce qui est acquis le reste
  (annexe 5, protocole PM 2.2).

  Règle: Chaque IPE

    @nominal @PM-01 @PM-02
    Scénario: L'IPE suit le format 2.2
      Étant donné l'IPE reçu de l'OI
      Alors chaque "IPE" reçu suit le format de son flux

    @NAM-01 @NAM-02
    Scénario: L'IPE porte le nom du contrat
      Étant donné l'IPE reçu de l'OI
      Alors chaque "IPE" reçu porte un nom du contrat

    @TRA-07
    Scénario: L'IPE est dans le dossier de retrait PM
      Étant donné l'IPE reçu de l'OI
      Alors chaque "IPE" reçu est dans son dossier

  Règle: Chaque lundi matin

    @nominal @PM-02
    Scénario: Un IPE est daté de chaque lundi
      Quand 2 lundis matin sont passés
      Alors l'OI a diffusé un IPE daté de chacun des 2 lundis

    @PM-02
    Plan du scénario: Un IPE ne défait pas le précédent
      Quand 2 lundis matin sont passés
      Alors d'un IPE au suivant <acquis>

      Exemples:
        | acquis                                       |
        | l'état d'une adresse ne recule pas           |
        | l'état d'un PM ne recule pas                 |
        | la première mise à disposition ne change pas |
        | une adresse abandonnée reste trois mois      |
        | un PM abandonné reste trois mois             |

# language: fr
@acces @oi
Fonctionnalité: Raccordement par l'OI
  En mode OI, l'OI réalise lui-même le raccordement et répond par CR_MAD, sans Cmd_STOC.

  @nominal @ACC-18
  Scénario: La mise à disposition vient sans ordre de travail
    Étant donné une commande accusée OK sur une adresse du rôle "eligible_mode_oi"
    Alors l'OI affecte une route optique
    Et l'OI met la ligne à disposition
    Et l'OI n'émet aucun "Cmd_STOC"

  @ACC-11 @ACC-18
  Scénario: La mise en service achève la commande en mode OI
    Étant donné une ligne mise à disposition en mode OI sur une adresse du rôle "eligible_mode_oi"
    Quand l'OC confirme la mise en service
    Alors la commande est "en service"

# language: fr
@acces @oi
Fonctionnalité: Raccordement par l'OC pour son compte
  En mode OC, l'OC raccorde la ligne sans que l'OI le lui sous-traite : l'OI donne la route et met à disposition, sans
  ordre de travail.

  @ACC-05 @ACC-10
  Scénario: En mode OC la ligne est mise à disposition sans ordre de travail
    Étant donné une commande accusée OK sur une adresse du rôle "eligible_mode_oc"
    Alors l'OI affecte une route optique
    Et l'OI met la ligne à disposition
    Et l'OI n'émet aucun "Cmd_STOC"

  @ACC-11 @ACC-10
  Scénario: La mise en service achève la commande en mode OC
    Étant donné une ligne mise à disposition sans ordre de travail sur une adresse du rôle "eligible_mode_oc"
    Quand l'OC confirme la mise en service
    Alors la commande est "en service"

# language: fr
@acces @oi
Fonctionnalité: Mise en œuvre d'une ligne FTTH en mode STOC
  L'OC commande, l'OI accuse réception, affecte une route optique et sous-traite le raccordement à l'OC, qui en rend
  compte ; l'OI met la ligne à disposition et l'OC confirme la mise en service (annexe 5, protocole ACCES 1.2).

  Règle: Le parcours nominal

    @nominal @ACC-04
    Scénario: La commande est accusée OK
      Étant donné une commande sur une adresse du rôle "eligible"
      Quand l'OC dépose la commande
      Alors l'OI accuse réception OK

    @nominal @ACC-05
    Scénario: La route optique suit l'accusé de réception
      Étant donné une commande accusée OK sur une adresse du rôle "eligible"
      Alors l'OI affecte une route optique
      Et le délai "CR_CMD" est tenu

    @nominal @ACC-07
    Scénario: L'ordre de travail suit la route optique
      Étant donné une commande dotée d'une route optique sur une adresse du rôle "eligible"
      Alors l'OI émet l'ordre de travail
      Et l'ordre de travail porte une référence de sous-traitance

    @nominal @ACC-09 @ACC-10
    Scénario: La mise à disposition suit le CR STOC OK
      Étant donné une commande sous-traitée à l'OC sur une adresse du rôle "eligible"
      Quand l'OC confirme le raccordement
      Alors l'OI met la ligne à disposition
      Et la mise à disposition porte la prise de la route

    @nominal @ACC-11 @ACC-16
    Scénario: La mise en service achève la commande
      Étant donné une ligne mise à disposition sur une adresse du rôle "eligible"
      Quand l'OC confirme la mise en service
      Alors la commande est "en service"

    @nominal @ACC-04 @ACC-05
    Scénario: Une prise existante de référence connue est réutilisée
      Étant donné une commande accusée OK sur une adresse du rôle "pto_connue"
      Alors l'OI affecte une route optique
      Et la route porte la prise commandée

    @nominal @ACC-05
    Plan du scénario: Chaque régime commercial est servi
      Étant donné une commande sur une adresse du rôle "eligible"
      Et sa colonne "TypeCommandeDemande" vaut "<régime>"
      Quand l'OC dépose la commande
      Alors l'OI affecte une route optique
      Et le régime retenu est "<retenu>"

      Exemples:
        | régime | retenu       |
        | LOCA   | LOCA         |
        | COFI   | COFI         |
        | AUTO   | LOCA ou COFI |

  Règle: Plusieurs commandes dans un fichier

    @ACC-03 @ACC-04
    Scénario: Chaque commande d'un même fichier est accusée
      Étant donné 3 commandes sur des adresses du rôle "eligible"
      Quand l'OC dépose les commandes dans un même fichier
      Alors l'OI accuse réception OK de chaque commande

    @ACC-03 @ACC-05
    Scénario: Chaque commande d'un même fichier reçoit sa route
      Étant donné 3 commandes sur des adresses du rôle "eligible"
      Quand l'OC dépose les commandes dans un même fichier
      Alors l'OI affecte à chaque commande sa propre route optique

    @ACC-03 @ACC-04 @ACC-15
    Scénario: Une commande fautive n'arrête pas les autres
      Étant donné 2 commandes sur des adresses du rôle "eligible"
      Et une commande de plus sur une adresse du rôle "adresse_inconnue"
      Quand l'OC dépose les commandes dans un même fichier
      Alors l'OI accuse réception OK de 2 commandes
      Et l'OI rejette la dernière commande à l'AR sous le code "FADR01"

    @ACC-04 @ACC-15
    Scénario: La même référence deux fois dans un fichier n'ouvre qu'une commande
      Étant donné une commande sur une adresse du rôle "eligible"
      Quand l'OC dépose deux fois la commande dans un même fichier
      Alors l'OI accuse réception OK
      Et l'OI rejette le doublon à l'AR sous le code "FIMP13"

    @ACC-04 @ACC-15
    Scénario: Une référence déjà employée est rejetée d'un fichier à l'autre
      Étant donné une commande accusée OK sur une adresse du rôle "eligible"
      Quand l'OC dépose la commande
      Alors l'OI rejette le doublon à l'AR sous le code "FIMP13"

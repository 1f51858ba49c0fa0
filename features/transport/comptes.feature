# language: fr
@transport @acces @oi @sftp
Fonctionnalité: Un compte par OC, fermé aux autres
  Un OC ne lit et n'écrit que dans sa propre arborescence. Le verrouillage et le quota sont supposés : l'annexe n'en dit
  rien, ils ne valent qu'une réserve.

  @TRA-11
  Plan du scénario: Rien ne mène hors du compte
    Étant donné l'OC connecté au serveur de l'OI
    Quand l'OC cherche à sortir de son compte
    Alors aucun <moyen> ne mène hors du compte

    Exemples:
      | moyen     |
      | chemin    |
      | lien      |
      | renommage |

  @TRA-03
  Scénario: Plusieurs mots de passe faux ferment le compte
    Étant donné l'OC connecté au serveur de l'OI
    Quand l'OC donne plusieurs mots de passe faux de suite
    Alors même le bon mot de passe est refusé
    Et le compte se rouvre de lui-même, le délai passé

  @TRA-01
  Scénario: Un dépôt plus gros que le quota est refusé entier
    Étant donné l'OC connecté au serveur de l'OI
    Quand l'OC dépose plus que son quota
    Alors le compte sert toujours

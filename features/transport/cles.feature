# language: fr
@transport @acces @oi @sftp
Fonctionnalité: Connexion par clé
  À côté du mot de passe, l'OC peut remettre une clé publique RSA de 1024 ou 2048 bits.

  @TRA-05
  Scénario: La connexion par clé est offerte à côté du mot de passe
    Étant donné l'OC connecté au serveur de l'OI
    Alors le serveur offre la connexion par clé

  @TRA-05
  Plan du scénario: La clé que l'OC a remise ouvre son compte
    Étant donné l'OC connecté au serveur de l'OI
    Quand l'OC se connecte avec sa clé RSA de <bits> bits
    Alors le compte s'ouvre

    Exemples:
      | bits |
      | 1024 |
      | 2048 |

  @TRA-03 @TRA-05
  Scénario: La clé d'un autre n'ouvre pas le compte
    Étant donné l'OC connecté au serveur de l'OI
    Quand l'OC se connecte avec une clé qu'il n'a pas remise
    Alors le serveur refuse la connexion

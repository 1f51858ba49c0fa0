# language: fr
@transport @acces @oi @mail
Fonctionnalité: Flux ACCES par courriel
  Une boîte pour les flux ACCES : des messages automatiques, le fichier .csv pour seule pièce jointe, son nom en objet.
  Les anomalies vont à la boîte des échanges.

  @TRA-01 @MAIL-02
  Scénario: Une commande envoyée par courriel est accusée
    Étant donné une commande sur une adresse du rôle "eligible"
    Quand l'OC envoie la commande par courriel
    Alors l'OI accuse réception OK

  @MAIL-02
  Scénario: Les réponses par courriel ne portent que leur fichier, sous son nom en objet
    Étant donné une commande sur une adresse du rôle "eligible"
    Quand l'OC envoie la commande par courriel
    Et l'OI accuse réception OK
    Alors les courriels de l'OI suivent le contrat

  @MAIL-02
  Plan du scénario: Une commande est lue quel que soit son codage de transfert
    Étant donné une commande sur une adresse du rôle "eligible"
    Et sa colonne "NomClient" vaut "ÉLODIE LEFÈVRE-NOËL"
    Quand l'OC envoie la commande par courriel, codée en "<codage>"
    Alors l'OI accuse réception OK

    Exemples:
      | codage           |
      | base64           |
      | quoted-printable |
      | 8bit             |

  @MAIL-02
  Plan du scénario: Un courriel fautif n'arrête pas la boîte
    Étant donné une commande sur une adresse du rôle "eligible"
    Quand l'OC envoie un courriel "<faute>"
    Et l'OC prépare une autre commande sur une adresse du rôle "eligible"
    Et l'OC envoie la commande par courriel
    Alors l'OI accuse réception OK

    Exemples:
      | faute                                    |
      | à deux pièces jointes                    |
      | dont le fichier est dans une archive     |
      | dont le fichier est dans le corps        |
      | dont l'objet n'est pas le nom du fichier |
      | sans pièce jointe                        |
      | à la pièce jointe vide                   |
      | enfermé dans un winmail.dat              |
      | d'un jeu de caractères inconnu           |

  @MAIL-03
  Scénario: L'OI ne signale pas d'anomalie dans la boîte des flux
    Étant donné une commande sur une adresse du rôle "eligible"
    Quand l'OC envoie un courriel "sans pièce jointe"
    Alors aucun courriel hors flux n'arrive dans la boîte de l'OC

  @MAIL-01
  Scénario: Un message libre à la boîte PM n'arrête pas la boîte
    Étant donné une commande sur une adresse du rôle "eligible"
    Quand l'OC envoie un courriel "signalant une anomalie" à la boîte "PM"
    Et l'OC prépare une autre commande sur une adresse du rôle "eligible"
    Et l'OC envoie la commande par courriel
    Alors l'OI accuse réception OK

# language: fr
@acces @oc @robustesse
Fonctionnalité: Fichiers de l'OI sur lesquels l'OC ne doit pas agir
  L'OC n'agit pas sur un fichier malformé, inattendu, répété, ou qui cite la commande d'un autre ; le bon fichier venu, il
  reprend son travail.

  @ACC-16
  Plan du scénario: Un ordre de travail malformé n'est pas exécuté
    Étant donné notre OI retient son "Cmd_STOC"
    Et une commande passée par l'OC sur une adresse du rôle "eligible"
    Quand l'OC a relevé le "CR_Cmd_Acces"
    Et le technicien de l'OC a raccordé la ligne
    Et notre OI envoie d'abord un "Cmd_STOC" "<anomalie>"
    Alors l'OC n'agit pas
    Quand notre OI laisse partir son "Cmd_STOC"
    Alors l'OC rend compte du raccordement réussi

    Exemples: les octets
      | anomalie          |
      | vide              |
      | en UTF-16         |
      | avec un octet nul |

    Exemples: la structure
      | anomalie                         |
      | en-tête seule                    |
      | séparé par des virgules          |
      | coupé en deux                    |
      | sans référence d'ordre de travail |

    Exemples: le nom
      | anomalie             |
      | au nom inconnu       |
      | au nom d'un autre OC |

  @ACC-16
  Scénario: Un ordre de travail reçu deux fois n'est exécuté qu'une fois
    Étant donné une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Quand le technicien de l'OC a raccordé la ligne
    Et l'OC rend compte du raccordement réussi
    Et notre OI envoie une seconde fois son "Cmd_STOC"
    Alors l'OC n'agit pas
    Et l'OC n'envoie qu'un "CR_STOC"

  @ACC-16
  Scénario: Une mise à disposition reçue deux fois n'est confirmée qu'une fois
    Étant donné une commande de l'OC mise à disposition sur une adresse du rôle "eligible"
    Quand la box du client est en service
    Et l'OC confirme que la ligne est en service
    Et notre OI envoie une seconde fois son "CR_MAD_LigneFTTH"
    Alors l'OC n'agit pas
    Et l'OC n'envoie qu'un "CR_MES_LigneFTTH"

  @ACC-16
  Plan du scénario: La commande d'un autre OC n'est pas exécutée
    Étant donné une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Quand notre OI envoie un "<flux>" sur la commande d'un autre OC
    Alors l'OC n'agit pas sur la commande d'un autre
    Quand le technicien de l'OC a raccordé la ligne
    Alors l'OC rend compte du raccordement réussi

    Exemples:
      | flux             |
      | Cmd_STOC         |
      | Notif_Reprov     |
      | CR_MAD_LigneFTTH |

  @ACC-16
  Plan du scénario: Un flux que rien n'appelle ne fait rien faire
    Étant donné une commande de l'OC sous-traitée sur une adresse du rôle "eligible"
    Quand notre OI envoie un "<flux>" que rien n'appelle
    Alors l'OC n'agit pas
    Quand le technicien de l'OC a raccordé la ligne
    Alors l'OC rend compte du raccordement réussi

    Exemples:
      | flux             |
      | AR_Cmd_Acces     |
      | CR_MAD_LigneFTTH |
      | Notif_Racc_Ko    |

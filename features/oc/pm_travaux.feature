# language: fr
@pm @oc
Fonctionnalité: L'OC annonce ses travaux au PM et les notifie
  Annonce au moins 2 jours ouvrés avant les travaux (Notif_Interv_Prev), notification dans les 15 jours ouvrés qui
  suivent leur début, avec photographie et fiche technique (Notif_Adduction).

  Règle: L'annonce

    @nominal @PM-08
    Scénario: Des travaux prévus de longue date sont annoncés
      Étant donné un PM "ouvert" de notre OI
      Quand l'OC prévoit des travaux au PM dans 8 jours ouvrés
      Alors les travaux sont annoncés 2 jours ouvrés à l'avance

    @PM-08
    Plan du scénario: Des travaux prévus trop tôt laissent à l'OI son préavis
      Étant donné un PM "ouvert" de notre OI
      Quand l'OC prévoit des travaux au PM dans <jours> jours ouvrés
      Alors les travaux sont annoncés 2 jours ouvrés à l'avance

      Exemples:
        | jours |
        | 1     |
        | 2     |

    @PM-01 @PM-08
    Scénario: L'annonce suit le format de son flux
      Étant donné un PM "ouvert" de notre OI
      Quand l'OC prévoit des travaux au PM dans 8 jours ouvrés
      Alors le dernier fichier PM de l'OC suit le format de son flux

    @NAM-01
    Scénario: L'annonce porte un nom du protocole PM
      Étant donné un PM "ouvert" de notre OI
      Quand l'OC prévoit des travaux au PM dans 8 jours ouvrés
      Alors le dernier fichier PM de l'OC porte un nom du contrat

    @TRA-06
    Scénario: L'annonce est dans le dossier de dépose PM
      Étant donné un PM "ouvert" de notre OI
      Quand l'OC prévoit des travaux au PM dans 8 jours ouvrés
      Alors le dernier fichier PM de l'OC est dans son dossier

  Règle: La notification

    @nominal @PM-11
    Plan du scénario: L'adduction est notifiée avec ses pièces
      Étant donné un PM "ouvert" de notre OI
      Quand les travaux de l'OC au PM ont débuté il y a 3 jours ouvrés
      Alors la notification est accompagnée d'une <pièce>

      Exemples:
        | pièce           |
        | photographie    |
        | fiche technique |

    @PM-11
    Plan du scénario: L'adduction est notifiée dans les 15 jours ouvrés
      Étant donné un PM "ouvert" de notre OI
      Quand les travaux de l'OC au PM ont débuté il y a <jours> jours ouvrés
      Alors l'adduction est notifiée dans les 15 jours ouvrés

      Exemples:
        | jours |
        | 1     |
        | 15    |

    @PM-01 @PM-11
    Scénario: La notification suit le format de son flux
      Étant donné un PM "ouvert" de notre OI
      Quand les travaux de l'OC au PM ont débuté il y a 3 jours ouvrés
      Alors le dernier fichier PM de l'OC suit le format de son flux

    @TRA-06
    Scénario: La notification est dans le dossier de dépose PM
      Étant donné un PM "ouvert" de notre OI
      Quand les travaux de l'OC au PM ont débuté il y a 3 jours ouvrés
      Alors le dernier fichier PM de l'OC est dans son dossier

  Règle: L'accès au PM

    @mail @PM-09 @MAIL-03
    Plan du scénario: Une difficulté d'accès est signalée par courriel
      Étant donné un PM "<PM>" de notre OI
      Quand l'OC ne peut accéder au PM : "<difficulté>"
      Alors l'OC le signale par courriel à la boîte d'échange

      Exemples:
        | PM          | difficulté                     |
        | ouvert      | porte de l'armoire bloquée     |
        | en immeuble | digicode refusé par le syndic  |

# language: fr
@acces @oi
Fonctionnalité: Reprovisioning
  Pendant le raccordement la route optique attribuée au CR peut changer : l'OI la réémet par Notif_Reprov.

  @ACC-08
  Plan du scénario: Une route changée pendant le raccordement est notifiée
    Étant donné une commande sous-traitée à l'OC sur une adresse du rôle "<rôle>"
    Alors l'OI notifie une nouvelle route
    Et la nouvelle route diffère de celle du CR
    Quand l'OC confirme le raccordement
    Alors l'OI met la ligne à disposition

    Exemples:
      | rôle           |
      | reprov_a_chaud |
      | reprov_travaux |

  @ACC-08 @ACC-09
  Scénario: Un raccordement en échec est repris à froid sur une nouvelle route
    Étant donné une commande sous-traitée à l'OC sur une adresse du rôle "reprov_a_froid"
    Quand l'OC déclare l'échec du raccordement sous le code "FINT04"
    Alors l'OI notifie une nouvelle route
    Et la nouvelle route diffère de celle du CR
    Quand l'OC confirme le raccordement
    Alors l'OI met la ligne à disposition

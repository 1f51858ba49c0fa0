# language: fr
@acces @oi
Fonctionnalité: Prise existante de référence inconnue
  Une commande qui mentionne une prise existante dont la référence n'est pas connue reçoit un CR Hotline, puis, après
  l'appel du technicien, un reprovisioning contenant la bonne route optique.

  @ACC-06
  Scénario: La commande reçoit un CR Hotline
    Étant donné une commande accusée OK sur une adresse du rôle "pto_inconnue"
    Alors l'OI répond par un CR Hotline

  @ACC-06 @ACC-08
  Scénario: Le reprovisioning donne la vraie route et la ligne est mise à disposition
    Étant donné une commande accusée OK sur une adresse du rôle "pto_inconnue"
    Quand l'OI répond par un CR Hotline
    Et l'OI émet l'ordre de travail
    Alors l'OI notifie une nouvelle route
    Et la nouvelle route porte une vraie prise
    Quand l'OC confirme le raccordement
    Alors l'OI met la ligne à disposition
    Et la mise à disposition porte la prise de la route

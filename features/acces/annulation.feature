# language: fr
@acces @oi
Fonctionnalité: Annulation et résiliation
  L'OC peut annuler une commande, qu'elle ait fait l'objet d'un CR MAD ou non ; le compte rendu est typé ANNUL ou RESIL.

  @ACC-12 @ACC-13
  Scénario: Une commande sans route est annulée
    Étant donné une commande refusée au CR sur une adresse du rôle "infra_tiers"
    Quand l'OC annule la commande
    Alors l'OI confirme l'annulation, typée "ANNUL"

  @ACC-12 @ACC-13
  Scénario: Une commande sous-traitée est annulée
    Étant donné une commande sous-traitée à l'OC sur une adresse du rôle "eligible"
    Quand l'OC annule la commande
    Alors l'OI confirme l'annulation, typée "ANNUL"

  @ACC-12 @ACC-13
  Scénario: Une ligne mise à disposition est résiliée
    Étant donné une ligne mise à disposition sur une adresse du rôle "eligible"
    Quand l'OC annule la commande
    Alors l'OI confirme l'annulation, typée "RESIL"

  @ACC-12 @ACC-13
  Scénario: Une ligne en service est résiliée
    Étant donné une ligne mise à disposition sur une adresse du rôle "eligible"
    Et l'OC a confirmé la mise en service
    Quand l'OC annule la commande
    Alors l'OI confirme l'annulation, typée "RESIL"

  @ACC-13 @ACC-16
  Scénario: Rien ne suit une commande annulée
    Étant donné une commande sous-traitée à l'OC sur une adresse du rôle "eligible"
    Quand l'OC annule la commande
    Et l'OI confirme l'annulation, typée "ANNUL"
    Alors plus rien n'arrive pour la commande

  @ACC-13 @ACC-15
  Scénario: L'annulation d'une commande inconnue est refusée
    Étant donné une référence de commande que l'OI ne connaît pas
    Quand l'OC annule la commande
    Alors l'OI refuse l'annulation sous le code "FIMP14"

  @ACC-13 @ACC-15
  Scénario: Une commande déjà annulée ne l'est pas deux fois
    Étant donné une commande sous-traitée à l'OC sur une adresse du rôle "eligible"
    Quand l'OC annule la commande
    Et l'OI confirme l'annulation, typée "ANNUL"
    Et l'OC annule la commande
    Alors l'OI refuse l'annulation sous le code "FIMP16"

  @ACC-13 @ACC-15
  Scénario: Une annulation sans date est refusée
    Étant donné une commande sous-traitée à l'OC sur une adresse du rôle "eligible"
    Quand l'OC annule la commande sans remplir "DateAnnulation"
    Alors l'OI refuse l'annulation sous le code "FIMP15"

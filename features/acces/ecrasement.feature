# language: fr
@acces @oi
Fonctionnalité: Reprise d'une ligne active chez un autre OC
  La ligne est commandée sur sa prise, de référence connue : l'OI la reprend à l'autre OC. La notification d'écrasement que
  celui-ci reçoit n'a ni onglet ni nom dans l'annexe (AMB-ECRASEMENT) : seule la reprise se voit d'ici.

  @ACC-17
  Scénario: La ligne est commandée sur la prise de l'autre OC
    Étant donné une commande sur une adresse du rôle "ecrasement"
    Quand l'OC dépose la commande
    Alors l'OI donne la ligne sur la prise commandée

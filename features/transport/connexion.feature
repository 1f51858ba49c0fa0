# language: fr
@transport @acces @oi
Fonctionnalité: Connexion au serveur de l'OI
  Un compte par OC, un mot de passe propre ou une clé, et la clé d'hôte publiée ; elle est de type ssh-rsa, ce qui
  n'oblige pas à signer en SHA-1.

  @TRA-04 @sftp
  Scénario: Le serveur présente la clé d'hôte déclarée
    Étant donné l'OC connecté au serveur de l'OI
    Alors l'empreinte de la clé d'hôte est celle déclarée

  @TRA-03
  Scénario: Un autre mot de passe n'ouvre pas le compte
    Étant donné l'OC connecté au serveur de l'OI
    Quand l'OC se connecte avec un autre mot de passe
    Alors le serveur refuse la connexion

  @TRA-03 @TRA-08 @TRA-09
  Scénario: Le compte offre les dossiers de dépose et de récupération
    Étant donné l'OC connecté au serveur de l'OI
    Alors les dossiers du protocole ACCES existent

  @TRA-01
  Scénario: Le mot de passe et les fichiers ne circulent pas en clair
    Étant donné l'OC connecté au serveur de l'OI
    Alors le canal est chiffré, ou le rapport le dit

  @TRA-04 @sftp
  Scénario: Le serveur signe comme un serveur d'aujourd'hui
    Étant donné l'OC connecté au serveur de l'OI
    Alors le serveur signe autrement qu'en SHA-1

#!/bin/sh
# A small OC made of OpenSSH's sftp and awk, driven by `annexe5 certify oc` ([pilote] commande): one call an action, the
# request in ANNEXE5_* variables. It orders, reports connections and services, and collects; it does not cancel, report
# failures, nor know of Notif_Reprov.
#   oc_shell.sh PRIVATE_KEY STATE_FOLDER
# Exit codes: 0 done, 3 « je ne sais pas faire », anything else a failure.
set -eu

CLE=$1
ETAT=$2
RECUS=$ETAT/recus
CODES=${ANNEXE5_OI}_${ANNEXE5_OC}
mkdir -p "$RECUS"

serveur() { # sftp commands on standard input
    sftp -q -b - -i "$CLE" -P "$ANNEXE5_PORT" -o BatchMode=yes -o LogLevel=ERROR \
        -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile="$ETAT/known_hosts" \
        "$ANNEXE5_LOGIN@$ANNEXE5_HOTE"
}

numero() { # the next sequence number
    n=$(($(cat "$ETAT/numero" 2>/dev/null || echo 0) + 1))
    echo "$n" >"$ETAT/numero"
    echo "$n"
}

deposer() { # TOKEN FILE: under a provisional name, then its own
    nom=${CODES}_$1_V12_$(TZ=Europe/Paris date +%Y%m%d)_$(numero).csv
    printf 'put %s %s/%s.tmp\nrename %s/%s.tmp %s/%s\n' "$2" "$ANNEXE5_DEPOSE" "$nom" "$ANNEXE5_DEPOSE" "$nom" \
        "$ANNEXE5_DEPOSE" "$nom" | serveur >/dev/null
}

maintenant() { TZ=Europe/Paris date '+%Y%m%d %H:%M'; }

champ() { # TOKEN REFERENCE COLUMN: the value in the last file of a flow that speaks of an order
    for fichier in "$RECUS/${CODES}_$1"_V12_*.csv; do
        [ -f "$fichier" ] || continue
        awk -F ';' -v ref="$2" -v colonne="$3" '
            { sub(/\r$/, "") }
            NR == 1 { for (i = 1; i <= NF; i++) if ($i == colonne) place = i }
            NR > 1 && $1 == ref && $place != "" { print $place }' "$fichier"
    done | tail -n 1
}

valeur() { # N COLUMN: what the request says of its Nth address
    eval "printf '%s' \"\${ANNEXE5_${1}_${2}-}\""
}

COLONNES="CommuneImmeuble CodePostalImmeuble CodeInseeImmeuble CodeVoieRivoliImmeuble NumeroVoieImmeuble
ComplementNumeroVoieImmeuble TypeVoieImmeuble LibelleVoieImmeuble CodeAdresseImmeuble Batiment Escalier Etage TypeRacco
DateInstall NomClient PrenomClient ContactClient1 ContactClient2 IdRdv ReferencePrestationPm ReferencePm ReferencePrise
PriseExistante TypeCommandeDemande"

commander() {
    {
        printf 'ReferenceCommandePriseInterneOC;'
        for colonne in $COLONNES; do printf '%s;' "$colonne"; done
        printf 'DateCommandePrise;CommentaireCmdAcces'
        for i in 1 2 3 4 5 6 7 8; do printf ';Info Cmd Accès %s' "$i"; done
        printf '\r\n'
        n=1
        while [ "$n" -le "$ANNEXE5_COMMANDES" ]; do
            printf 'SH%s%s;' "$(date +%s)" "$(numero)"
            for colonne in $COLONNES; do printf '%s;' "$(valeur "$n" "$colonne")"; done
            printf '%s;;;;;;;;;\r\n' "$(maintenant)"
            n=$((n + 1))
        done
    } >"$ETAT/commande.csv"
    deposer CMD_ACCES "$ETAT/commande.csv"
}

relever() { # what is ours in OUT: retrieved, then deleted, nothing else
    noms=$(printf 'ls -1 %s\n' "$ANNEXE5_RETRAIT" | serveur | grep "/${CODES}_[^/]*\.csv$" || true)
    for chemin in $noms; do
        printf 'get %s %s/\nrm %s\n' "$chemin" "$RECUS" "$chemin"
    done | { [ -z "$noms" ] || serveur >/dev/null; }
    suivre
}

suivre() { # do what was asked earlier, now that its turn may have come
    for demande in "$ETAT"/raccorder.*; do
        [ -f "$demande" ] || continue
        ref=${demande##*/raccorder.}
        ordre=$(champ CMDSTOC "$ref" ReferenceCommandeSousTraitantOI)
        [ -n "$ordre" ] || continue
        {
            printf 'ReferenceCommandePriseInterneOC;ReferencePrestationPrise;ReferenceCommandeSousTraitantOI;'
            printf 'CrRaccordementPrise;MotifKoCrRaccordementPrise;ReferencePrise;DateRaccordementPrise;PrisePosee;'
            printf 'BilanOptique;Commentaire;NotificationReprovisioningHL;NumeroDecharge'
            i=1
            while [ $i -le 17 ]; do printf ';Reserve%s' $i; i=$((i + 1)); done
            printf '\r\n%s;%s;%s;OK;;%s;%s;OUI;;;;;;;;;;;;;;;;;;;;;\r\n' "$ref" \
                "$(champ CrCMD_ACCES "$ref" ReferencePrestationPrise)" "$ordre" \
                "$(champ CrCMD_ACCES "$ref" ReferencePrise)" "$(maintenant)"
        } >"$ETAT/compte_rendu.csv"
        deposer CrSTOC "$ETAT/compte_rendu.csv"
        rm "$demande"
    done
    for demande in "$ETAT"/servir.*; do
        [ -f "$demande" ] || continue
        ref=${demande##*/servir.}
        [ "$(champ CrMADL "$ref" EtatMadLigne)" = OK ] || continue
        {
            printf 'ReferenceCommandePriseInterneOC;ReferencePrestationPrise;DateMiseEnService;ReferencePrise;'
            printf 'Commentaire\r\n%s;%s;%s;%s;\r\n' "$ref" "$(champ CrCMD_ACCES "$ref" ReferencePrestationPrise)" \
                "$(maintenant)" "$(champ CrMADL "$ref" ReferencePrise)"
        } >"$ETAT/service.csv"
        deposer CrMESL "$ETAT/service.csv"
        rm "$demande"
    done
}

case $ANNEXE5_ACTION in
commander) commander ;;
relever) relever ;;
raccorder)
    [ "$ANNEXE5_RESULTAT" = OK ] || { echo "je ne sais pas déclarer un échec" >&2; exit 3; }
    : >"$ETAT/raccorder.$ANNEXE5_REFERENCE"
    relever
    ;;
mettre_en_service)
    : >"$ETAT/servir.$ANNEXE5_REFERENCE"
    relever
    ;;
*)
    echo "je ne sais pas $ANNEXE5_ACTION" >&2
    exit 3
    ;;
esac

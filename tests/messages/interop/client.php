<?php
// Calls every operation of every service from its WSDL alone, and says how each went, one JSON line an operation.
// The first argument is a JSON file: addresses of the WSDLs, the caller, and references to ask about.
$given = json_decode(file_get_contents($argv[1]), true);
$context = stream_context_create(['ssl' => ['cafile' => $given['ca'] ?? null]]);

function client($url) {
    global $context;
    return new SoapClient($url, ['cache_wsdl' => WSDL_CACHE_NONE, 'trace' => true, 'exceptions' => true,
        'features' => SOAP_SINGLE_ELEMENT_ARRAYS, 'stream_context' => $context]);
}

function say($service, $operation, $call) {
    try {
        $result = $call();
        echo json_encode(['service' => $service, 'operation' => $operation, 'outcome' => 'ok', 'result' => $result]), "\n";
        return $result;
    } catch (SoapFault $fault) {
        $detail = isset($fault->detail) ? array_keys(get_object_vars($fault->detail)) : [];
        echo json_encode(['service' => $service, 'operation' => $operation, 'outcome' => 'fault',
            'code' => $fault->faultcode, 'text' => $fault->faultstring, 'detail' => $detail]), "\n";
        return null;
    }
}

foreach (['sav-2.1', 'sav-3.0'] as $service) {
    $client = client($given['urls'][$service]);
    $client->__setSoapHeaders(new SoapHeader('http://interop-fibre.fr/xml/TroubleTicketHeader/v1-0',
        'TroubleTicketHeaderRequest', ['LoginName' => $given['oc'], 'Password' => $given['password']]));
    $ftth = ['serviceProviderID' => '123456789', 'supplierID' => '987654321', 'troubleTicketType' => 1,
        'commercialId' => $given[$service], 'serviceProviderTroubleTicketKey' => "PHP-$service",
        'defectDescription' => 'PAS DE SIGNAL'];
    $ticket = ['troubleTicketKey' => null, 'troubleTicketState' => 'QUEUED', 'FTTHMUTTroubleTicket' => $ftth];
    $made = say($service, 'createTroubleTicketByValue',
        fn() => $client->createTroubleTicketByValue(['troubleTicketValue' => $ticket]));
    $key = $made->troubleTicketResponse->troubleTicketKey;
    $change = ['troubleTicketKey' => $key, 'troubleTicketState' => 'QUEUED',
        'FTTHMUTTroubleTicket' => ['messageType' => 'INFO', 'messageContent' => 'BONJOUR']];
    say($service, 'setTroubleTicketByValue',
        fn() => $client->setTroubleTicketByValue(['troubleTicketValue' => $change, 'resyncRequired' => false]));
    say($service, 'getTroubleTicketByKey',
        fn() => $client->getTroubleTicketByKey(['troubleTicketKey' => $key, 'attrNames' => []]));
    foreach ($client->__getFunctions() as $function) {
        preg_match('/ (\w+)\(/', $function, $found);
        $operation = $found[1];
        if (str_contains($operation, 'ByValue') || str_contains($operation, 'ByKey')) continue;
        say($service, $operation, fn() => $client->$operation($operation === 'getEventDescriptor' ? ['eventType' => 'X'] : []));
    }
    say($service, 'unknown key', fn() => $client->getTroubleTicketByKey(['troubleTicketKey' => 'AUCUN', 'attrNames' => []]));
}

$head = ['operateurCommercial' => ['nom' => $given['oc']], 'versionWS' => '3.0', 'horodatageRequete' => date('c')];
$client = client($given['urls']['opc-3.0']);
$asked = [
    'obtentionStructureAdresseOperation' => ['referenceAdresse' => ['identifiantImmeuble' => $given['immeuble']]],
    'obtentionCommunesOperation' => ['codePostal' => $given['code_postal']],
    'obtentionVoiesOperation' => ['codeInsee' => $given['code_insee']],
    'obtentionNumerosOperation' => ['referenceVoie' => ['voieRivoli' => ['codeInsee' => $given['code_insee'], 'codeRivoli' => $given['code_rivoli']]]],
    'obtentionBatimentsOperation' => ['referenceAdresse' => ['referenceHexacle' => $given['hexacle']]],
    'obtentionZoneArrierePmOperation' => ['referencePm' => $given['reference_pm']],
];
foreach ($asked as $operation => $parts) {
    say('opc-3.0', $operation, fn() => $client->$operation(['entete' => $head] + $parts));
}
$client = client($given['urls']['structure-2.0']);
$head['versionWS'] = '2.0';
say('structure-2.0', 'obtentionStructureAdresseOperation', fn() => $client->obtentionStructureAdresseOperation(
    ['entete' => $head, 'referenceAdresse' => ['referenceHexacle' => $given['hexacle']]]));

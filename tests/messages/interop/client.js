// Calls every operation of every service from its WSDL alone, and says how each went, one JSON line an operation.
// The first argument is a JSON file: addresses of the WSDLs, the caller, and references to ask about.
const fs = require('fs');
const soap = require('soap');
const given = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));

async function say(client, service, operation, argument) {
  try {
    const [result] = await client[operation + 'Async'](argument);
    console.log(JSON.stringify({ service, operation, outcome: 'ok', result }));
    return result;
  } catch (error) {
    const fault = error.root && error.root.Envelope ? error.root.Envelope.Body.Fault : null;
    console.log(JSON.stringify({
      service, operation, outcome: fault ? 'fault' : 'error', code: fault && fault.faultcode,
      text: fault ? fault.faultstring : String(error), detail: fault && fault.detail ? Object.keys(fault.detail) : [],
    }));
    return null;
  }
}

function operations(client) {
  const port = Object.values(Object.values(client.describe())[0])[0];
  return Object.keys(port);
}

async function sav(service) {
  const client = await soap.createClientAsync(given.urls[service]);
  const header = { TroubleTicketHeaderRequest: { LoginName: given.oc, Password: given.password } };
  client.addSoapHeader(header, '', 'entete', 'http://interop-fibre.fr/xml/TroubleTicketHeader/v1-0');
  const ftth = {
    serviceProviderID: '123456789', supplierID: '987654321', troubleTicketType: 1, commercialId: given[service],
    serviceProviderTroubleTicketKey: 'NODE-' + service, defectDescription: 'PAS DE SIGNAL',
  };
  const ticket = {
    troubleTicketKey: { attributes: { 'xsi:nil': 'true' }, $value: '' }, troubleTicketState: 'QUEUED', FTTHMUTTroubleTicket: ftth,
  };
  const made = await say(client, service, 'createTroubleTicketByValue', { troubleTicketValue: ticket });
  const key = made.troubleTicketResponse.troubleTicketKey;
  const change = {
    troubleTicketKey: key, troubleTicketState: 'QUEUED',
    FTTHMUTTroubleTicket: { messageType: 'INFO', messageContent: 'BONJOUR' },
  };
  await say(client, service, 'setTroubleTicketByValue', { troubleTicketValue: change, resyncRequired: false });
  await say(client, service, 'getTroubleTicketByKey', { troubleTicketKey: key, attrNames: {} });
  for (const operation of operations(client)) {
    if (operation.includes('ByValue') || operation.includes('ByKey')) continue;
    await say(client, service, operation, operation === 'getEventDescriptor' ? { eventType: 'X' } : {});
  }
}

async function aide(service, version, asked) {
  const client = await soap.createClientAsync(given.urls[service]);
  for (const [operation, parts] of Object.entries(asked)) {
    const now = new Date().toISOString();
    const entete = version === '3.0'
      ? { attributes: { versionWS: version, horodatageRequete: now }, operateurCommercial: { attributes: { nom: given.oc } } }
      : { versionWS: version, horodatageRequete: now, operateurCommercial: { nom: given.oc } };
    await say(client, service, operation, { entete, ...parts });
  }
}

async function main() {
  await sav('sav-2.1');
  await sav('sav-3.0');
  await aide('opc-3.0', '3.0', {
    obtentionStructureAdresseOperation: { referenceAdresse: { identifiantImmeuble: given.immeuble } },
    obtentionCommunesOperation: { codePostal: given.code_postal },
    obtentionVoiesOperation: { codeInsee: given.code_insee },
    obtentionNumerosOperation: {
      referenceVoie: { voieRivoli: { attributes: { codeInsee: given.code_insee, codeRivoli: given.code_rivoli } } },
    },
    obtentionBatimentsOperation: { referenceAdresse: { referenceHexacle: given.hexacle } },
    obtentionZoneArrierePmOperation: { referencePm: given.reference_pm },
  });
  await aide('structure-2.0', '2.0', {
    obtentionStructureAdresseOperation: { referenceAdresse: { referenceHexacle: given.hexacle } },
  });
}

main().catch((error) => { console.error(error); process.exit(1); });

/** How each mutation about persons succeeds: what the bad inputs differ from in one thing. */
import { newId } from '#database';
import { make, send } from '../access/tenancy-world.js';
import type { TestApp } from '../support/app.js';
import type { PreparedActs } from './bad-input-payments.js';

/** A lead that the buyer has, and a contract's vertical that takes more. */
interface PersonTools {
  readonly app: TestApp;
  readonly lead: () => Promise<string>;
}

export function personActs({ app, lead }: PersonTools): PreparedActs {
  const { agency } = app.keys;
  const listed = async (): Promise<string> => {
    const email = `${newId()}@people.example`;
    await send(app, agency, 'addSuppressions', { entries: [{ who: { email } }] });
    return email;
  };
  const held = async (): Promise<string> => {
    const leadId = await lead();
    return await make(app, agency, 'placeLegalHold', { leadId, reason: 'a dispute' }, 'lead');
  };
  const quarantined = async (): Promise<string> => {
    const contact = { email: `${newId()}@mailinator.com` };
    return await make(app, agency, 'submitLead', { externalId: newId(), vertical: 'solar', contact }, 'lead');
  };
  return {
    addSuppressions: async () => ['agency', {}],
    removeSuppressions: async () => ['agency', {}, { who: [{ email: await listed() }] }],
    erasePerson: async () => ['agency', { leadId: await lead() }],
    placeLegalHold: async () => ['agency', { leadId: await lead() }],
    liftLegalHold: async () => ['agency', { leadId: await held() }],
    releaseLead: async () => ['admin', { leadId: await quarantined() }],
    rejectLead: async () => ['admin', { leadId: await quarantined() }],
  };
}

/** Leads that are offered, in the generated tests of access. */
import { newId } from '#database';
import type { TestApp } from '../support/app.js';
import { contractOf, make, pairs, send } from './tenancy-world.js';

const verticalOf = ({ agency, buyer }: (typeof pairs)[number]): string =>
  `claims-${agency}-${buyer}`.toLowerCase();

/** Contracts and routes by which leads are offered: before all others, so that these stay the newest. */
export async function prepareOffers(app: TestApp): Promise<void> {
  for (const pair of pairs) {
    const vertical = verticalOf(pair);
    const contractId = await contractOf(app, pair, { vertical });
    const route = {
      name: 'main',
      vertical,
      method: 'FIRST_CLAIM',
      saleMode: 'EXCLUSIVE',
      claimSeconds: 86_400,
    };
    const input = { route: { ...route, entries: [{ contractId }] } };
    await make(app, app.keys[pair.agency], 'defineRoute', input, 'route');
  }
}

/** Leads of each pair that its buyer may claim, a ping of each agency, and an address of each contract. */
export async function buildOffers(app: TestApp): Promise<void> {
  for (const pair of pairs) {
    const vertical = verticalOf(pair);
    const key = app.keys[pair.agency];
    for (let count = 0; count < 3; count += 1) {
      const contact = { email: `${newId()}@people.example` };
      const lead = { externalId: newId(), vertical, contact, consent: { text: 'agrees' } };
      await make(app, key, 'submitLead', lead, 'lead');
    }
    await make(app, key, 'pingLead', { externalId: newId(), vertical, contact: { country: 'US' } }, 'ping');
    const { contracts } = await app.ask<{ contracts: { nodes: { id: string }[] } }>(
      app.keys[pair.buyer],
      '{ contracts(first: 100) { nodes { id } } }',
    );
    const url = `http://127.0.0.1:9/secret-hook-of-${pair.buyer}`;
    for (const { id } of contracts.nodes)
      await send(app, app.keys[pair.buyer], 'setPingAddress', { contractId: id, url });
  }
}

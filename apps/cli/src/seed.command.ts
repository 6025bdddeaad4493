import type { INestApplicationContext } from '@nestjs/common';
import { type Config, loadConfig } from '#config';
import type { RawTerms } from '#contracts';
import { DataSource } from 'typeorm';
import { encodeId } from '../../process/src/public-ids.js';
import { withActions } from './cli.module.js';
import { type Command, CommandError } from './command.js';
import { type DemoFile, readDemoFile, writeDemoFile } from './demo-file.js';
import { readOptions } from './options.js';
import { ContractSteps, MarketplaceSteps } from './seed-marketplace.js';
import { PaymentSteps } from './seed-payments.js';
import { VerticalSteps } from './seed-verticals.js';

/** What the two sides agree on, apart from what makes their contracts differ. */
const commonTerms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  timeZone: 'America/New_York',
} as const;

/** A vertical for each basis. */
const demoTerms: Readonly<Record<string, RawTerms>> = {
  solar: { ...commonTerms, commissionBasis: 'NONE', commissionRatePpm: 0, commissionTrigger: 'CONVERTED' },
  roofing: {
    ...commonTerms,
    commissionBasis: 'PER_LEAD',
    commissionRatePpm: 200_000,
    commissionTrigger: 'QUALIFIED',
  },
  insurance: {
    ...commonTerms,
    commissionBasis: 'PER_DEAL',
    commissionRatePpm: 200_000,
    commissionTrigger: 'CONVERTED',
  },
};

/** Two seeds at once would each make a marketplace of their own. Held until the session ends. */
const seedLock = 7303015;

export const seedCommand: Command = {
  summary:
    'Sets up the demo marketplace and writes its keys to .leadger/demo.json. What is there already is kept.',
  usage: '',
  run: async (parameters) => {
    readOptions(parameters, {});
    const config = loadConfig();
    if (!config.sandbox) {
      throw new CommandError('the demo marketplace is for the sandbox: LEADGER_MODE is production.');
    }
    await withActions(
      config,
      [MarketplaceSteps, ContractSteps, VerticalSteps, PaymentSteps],
      async (context) => {
        await seedOnce(context, config);
      },
    );
    console.log(`The demo marketplace is ready: ${config.demoFile}`);
    return 0;
  },
};

async function seedOnce(context: INestApplicationContext, config: Config): Promise<void> {
  const holder = context.get(DataSource).createQueryRunner();
  try {
    await holder.query('select pg_advisory_lock($1)', [seedLock]);
    await context.get(VerticalSteps).verticals();
    const content = await seed(context, config);
    writeDemoFile(config.demoFile, content);
  } finally {
    await holder.query('select pg_advisory_unlock($1)', [seedLock]);
    await holder.release();
  }
}

async function seed(context: INestApplicationContext, config: Config): Promise<DemoFile> {
  const [steps, contracts] = [context.get(MarketplaceSteps), context.get(ContractSteps)];
  const known = readDemoFile(config.demoFile);
  const agencyId = await steps.organization('AGENCY', 'Sunny Side Leads');
  const buyerId = await steps.organization('BUYER', 'Homestead Services');
  const otherBuyerId = await steps.organization('BUYER', 'Lakeside Homes');
  const operatorId = await steps.organization('OPERATOR', 'Leadger Demo');
  const key = (organizationId: string, apiKey: string | undefined) =>
    steps.key({ organizationId, userId: null, roles: ['OWNER', 'API_CLIENT'], known: apiKey });
  const agency = await key(agencyId, known.organizations?.agency?.apiKey);
  const buyer = await key(buyerId, known.organizations?.buyer?.apiKey);
  const otherBuyer = await key(otherBuyerId, known.organizations?.otherBuyer?.apiKey);
  for (const [vertical, terms] of Object.entries(demoTerms)) {
    await contracts.contract(agency.actor, buyer.actor, vertical, terms);
  }
  // With a real account at Stripe the people themselves do this.
  if (typeof config.stripe?.sandboxUrl === 'string') {
    const payments = context.get(PaymentSteps);
    await payments.operatorFloat(config.stripe.sandboxUrl);
    for (const { actor } of [buyer, otherBuyer]) await payments.savedMethod(actor);
    await payments.verifiedAccount(agency.actor);
  }
  const person = async (
    name: keyof DemoFile['users'],
    title: string,
    role: 'ADMIN' | 'FINANCE_PREPARER' | 'FINANCE_APPROVER',
  ) => {
    const email = `${localPart(name)}@leadger.example`;
    const before = known.users?.[name];
    const who = { organizationId: operatorId, email, name: title, roles: [role] };
    const { userId, password } = await steps.person({ ...who, knownPassword: before?.password });
    const { apiKey } = await steps.key({
      organizationId: operatorId,
      userId,
      roles: [role],
      known: before?.apiKey,
    });
    return { email, password, apiKey };
  };
  return {
    graphqlUrl: `${config.publicUrl}/graphql`,
    consoleUrl: null,
    stripeSandboxUrl: config.stripe?.sandboxUrl ?? null,
    organizations: {
      agency: { id: encodeId('org', agencyId), apiKey: agency.apiKey },
      buyer: { id: encodeId('org', buyerId), apiKey: buyer.apiKey },
      otherBuyer: { id: encodeId('org', otherBuyerId), apiKey: otherBuyer.apiKey },
      operator: { id: encodeId('org', operatorId) },
    },
    users: {
      preparer: await person('preparer', 'Paula Prepares', 'FINANCE_PREPARER'),
      approver: await person('approver', 'Anton Approves', 'FINANCE_APPROVER'),
      secondApprover: await person('secondApprover', 'Anna Approves', 'FINANCE_APPROVER'),
      admin: await person('admin', 'Ada Administers', 'ADMIN'),
    },
  };
}

/** `secondApprover` → `second-approver`: upper case would get lost in an e-mail address. */
function localPart(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

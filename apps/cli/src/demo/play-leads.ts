import { CommandError } from '../command.js';
import type { LeadMoves, LeadSeen, NewLead } from './lead-moves.js';
import { leastScore, type LeadReceiver } from './lead-receiver.js';
import type { DemoContract } from './marketplace.js';
import type { Progress } from './progress.js';
import { statementWidth, wrapped } from './statement.js';

/** Where leads come in and go out, with what that needs. */
export interface LeadStage {
  readonly leads: LeadMoves;
  /** Null: the API sends nothing to this machine, so the buyer fetches its leads. */
  readonly receiver: LeadReceiver | null;
  readonly progress: Progress;
}

/** The contracts of a route, in the order in which they are asked. */
export interface DemoRoute {
  readonly first: DemoContract;
  readonly second: DemoContract;
}

/** Both take leads of New York City; whoever lives in Brooklyn only the second. */
export const postalPrefixes = { first: ['100', '101', '102'], second: ['10', '11'] } as const;

const channels = ['search', 'social', 'referral', 'comparison site'] as const;

/** The lead of this number; all of them live where the first buyer wants them. */
export function numberedLead({ vertical }: DemoContract, number: number): NewLead {
  const externalId = `${vertical}-${String(number).padStart(3, '0')}`;
  return {
    externalId,
    vertical,
    // Addresses that cannot belong to anybody (RFC 2606, and numbers kept for fiction).
    email: `${externalId}@example.com`,
    phone: `+1 212 555 01${String(number % 100).padStart(2, '0')}`,
    postalCode: '10001',
    channel: channels[number % channels.length] ?? channels[0],
    score: 50 + (number % 50),
  };
}

/**
 * Submits leads that the first buyer takes, and waits until it has them. Gives their ids, and for each the milliseconds from
 * when it was submitted until it was received; none where the buyer fetches them.
 */
export async function deliver(
  { leads, receiver }: LeadStage,
  submitted: readonly NewLead[],
): Promise<{ readonly ids: readonly string[]; readonly timesMs: readonly number[] }> {
  const begunMs = performance.now();
  const ids = await leads.submit(submitted);
  await leads.settled(ids);
  if (!receiver) return { ids, timesMs: [] };
  const timesMs = submitted.map(({ externalId }) => {
    const received = receiver.of(externalId);
    if (!received) throw new CommandError(`lead ${externalId} is sold, and its buyer has not received it.`);
    return received.atMs - begunMs;
  });
  return { ids, timesMs };
}

/** A lead of the tour, and what must become of it. */
interface Stop {
  readonly title: string;
  readonly lead: NewLead;
  readonly expected: { readonly status: string; readonly buyer: string | null };
}

/**
 * Follows leads that go different ways, one after the other, and prints why each of them went where it went. `known` is a lead
 * that the first buyer has. Gives what is not as it must be, in words.
 */
export async function playLeads(
  stage: LeadStage,
  route: DemoRoute,
  known: { readonly id: string; readonly lead: NewLead },
): Promise<readonly string[]> {
  const { leads, progress, receiver } = stage;
  const differences: string[] = [];
  const sold = { status: 'SOLD', buyer: route.first.buyerName };
  progress.line('  Why a lead went where it went, as the agency sees it:');
  const stops = stopsOf(route, known.lead, receiver !== null);
  const suppressed = stops.find(({ expected }) => expected.status === 'SUPPRESSED');
  if (suppressed) await leads.suppress(suppressed.lead.email);
  const [first] = await leads.look([known.id]);
  differences.push(
    ...show(stage, { title: 'Lives where both want leads', lead: known.lead, expected: sold }, first),
  );
  for (const stop of stops) {
    const ids = await leads.submit([stop.lead]);
    await leads.settled(ids);
    const [seen] = await leads.look(ids);
    differences.push(...show(stage, stop, seen));
  }
  if (receiver && receiver.forged > 0)
    differences.push(`${receiver.forged} requests to the buyer were not signed with its secret.`);
  return differences;
}

function stopsOf({ first, second }: DemoRoute, known: NewLead, isSent: boolean): Stop[] {
  const { vertical } = first;
  let number = 0;
  const lead = (name: string, more: Partial<NewLead> = {}): NewLead => {
    number += 1;
    const externalId = `${vertical}-${name}`;
    const phone = `+1 646 555 01${String(number).padStart(2, '0')}`;
    const own = { externalId, vertical, email: `${externalId}@example.com`, phone, postalCode: '10001' };
    return { ...own, channel: 'search', score: 60, ...more };
  };
  const toSecond = { status: 'SOLD', buyer: second.buyerName };
  const nobody = (status: string) => ({ status, buyer: null });
  return [
    {
      title: 'Lives where only the other buyer wants leads',
      lead: lead('brooklyn', { postalCode: '11201' }),
      expected: toSecond,
    },
    ...(isSent
      ? [
          {
            title: 'Has a low score',
            lead: lead('modest', { score: leastScore - 20 }),
            expected: toSecond,
          },
        ]
      : []),
    {
      title: 'Is a person who was sold before',
      lead: lead('twice', { email: known.email, phone: known.phone }),
      expected: nobody('DUPLICATE'),
    },
    {
      title: 'Asked the agency not to be contacted',
      lead: lead('stop'),
      expected: nobody('SUPPRESSED'),
    },
    {
      title: 'Lives where nobody wants leads',
      lead: lead('far-away', { postalCode: '90210' }),
      expected: nobody('UNSOLD'),
    },
  ];
}

/** Prints a lead with every decision on it, and gives what is not as expected. */
function show(
  { progress, receiver }: LeadStage,
  { title, lead, expected }: Stop,
  seen: LeadSeen | undefined,
): string[] {
  if (!seen) throw new CommandError(`lead ${lead.externalId} is not there.`);
  const taken = seen.deliveries.find(({ status }) => status === 'ACCEPTED');
  const buyer = taken?.buyer.name ?? null;
  progress.line(`  ✓ ${title}: ${seen.status}${buyer === null ? '' : `, to ${buyer}`}`);
  const [decided, ...decidedAgain] = seen.routing.map(decisionText);
  const sent = seen.deliveries.flatMap(({ buyer: to, attempts }) =>
    attempts.nodes.map(({ durationMs, verdict, reason }) => {
      const why = reason === null ? '' : ` with ${reason}`;
      return `Sent to ${to.name}, signed: ${verdict ?? 'no answer'}${why} after ${durationMs} ms`;
    }),
  );
  for (const text of [decided ?? 'Nobody was asked.', ...sent, ...decidedAgain]) {
    for (const line of wrapped(text, statementWidth - 4)) progress.line(`      ${line}`);
  }
  const differences: string[] = [];
  if (seen.status !== expected.status || buyer !== expected.buyer) {
    const must = `${expected.status}${expected.buyer === null ? '' : `, to ${expected.buyer}`}`;
    differences.push(`Lead ${lead.externalId} is ${seen.status} and must be ${must}.`);
  }
  const answer = receiver?.of(lead.externalId)?.answer;
  const mustAnswer = expected.buyer !== null && lead.postalCode === '10001';
  if (receiver && mustAnswer !== (answer !== undefined))
    differences.push(
      `Lead ${lead.externalId} was ${answer === undefined ? 'not ' : ''}sent to the first buyer.`,
    );
  return differences;
}

function decisionText({ number, entries }: LeadSeen['routing'][number]): string {
  return `Decision ${number}: ${entries.map(({ contract, reason }) => `${contract.buyer.name}: ${reason}`).join(' ')}`;
}

/** How fast leads were, in words; null when none was sent. */
export function speedText(timesMs: readonly number[]): string | null {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const [median, most] = [sorted[sorted.length >> 1], sorted.at(-1)];
  if (median === undefined || most === undefined) return null;
  return `half of them within ${median.toFixed(0)} ms of being submitted, the last after ${most.toFixed(0)} ms`;
}

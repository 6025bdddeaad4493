import { Injectable } from '@nestjs/common';
import { isConnectionFailure } from '#database';
import { type LeadSubmission, Overloaded, SubmitLeads } from '#leads';
import type { Actor } from '#organizations';
import { type Refusal, refusal } from '#outcome';
import { decodeOptionalId, overloaded, toUserErrors, unavailable } from '../graphql/index.js';
import { leadTypeOf, type SubmitLeadInput, type SubmitLeadPayload } from './leads.types.js';

/** Leads in one request. */
export const maxLeads = 500;

/** What of a submission can be refused as a whole. */
export function tooManyLeads(field: readonly string[]): Refusal {
  return refusal('TOO_MANY', { field, message: `At most ${maxLeads} leads.` });
}

/** Submissions as the API takes and answers them, whichever way they came: the one door to intake. */
@Injectable()
export class LeadSubmissions {
  constructor(private readonly submit: SubmitLeads) {}

  /** One payload per input, in their order. `pathOf` names an input in `userErrors`. Throws OVERLOADED and UNAVAILABLE. */
  async take(
    actor: Actor,
    inputs: readonly SubmitLeadInput[],
    pathOf: (index: number) => readonly string[],
  ): Promise<SubmitLeadPayload[]> {
    const unknown = new Map<number, Refusal>();
    const submissions = inputs.map((input, index): LeadSubmission => {
      const contractId = decodeOptionalId('ctr', input.contractId);
      if (contractId === undefined) {
        unknown.set(index, refusal('NOT_FOUND', { field: [...pathOf(index), 'contractId'] }));
      }
      const pingId = decodeOptionalId('ping', input.pingId);
      if (pingId === undefined)
        unknown.set(index, refusal('NOT_FOUND', { field: [...pathOf(index), 'pingId'] }));
      const { externalId, vertical, contact, attributes, source, consent, score } = input;
      return {
        externalId,
        vertical,
        contact,
        attributes,
        source,
        consent,
        score,
        test: input.test ?? false,
        contractId: contractId ?? null,
        pingId: pingId ?? null,
      };
    });
    const known = submissions.flatMap((submission, index) =>
      unknown.has(index) ? [] : [{ submission, index }],
    );
    const results = await this.submit
      .execute(
        actor,
        known.map(({ submission }) => submission),
        (position) => pathOf(known[position]?.index ?? position),
      )
      .catch((error: unknown) => {
        if (error instanceof Overloaded) throw overloaded();
        // Whether they were taken is not known; sent again under the same names they are taken once.
        throw isConnectionFailure(error) ? unavailable() : error;
      });
    const payloads = inputs.map((_input, index): SubmitLeadPayload => {
      const refused = unknown.get(index);
      return { lead: null, replayed: false, userErrors: refused ? toUserErrors([refused]) : [] };
    });
    known.forEach(({ index }, position) => {
      const result = results[position];
      if (result) payloads[index] = payloadOf(result);
    });
    return payloads;
  }
}

function payloadOf(result: Awaited<ReturnType<SubmitLeads['execute']>>[number]): SubmitLeadPayload {
  if (!result.ok) return { lead: null, replayed: false, userErrors: toUserErrors(result.refusals, 'lead') };
  const { lead, replayed, refusals } = result.value;
  // Kept, and given to nobody: both are told.
  return { lead: leadTypeOf(lead), replayed, userErrors: toUserErrors(refusals, 'lead') };
}

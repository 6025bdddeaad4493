import { Injectable } from '@nestjs/common';
import { isConnectionFailure } from '#database';
import { Overloaded } from '#leads';
import { PingLead } from '#offers';
import type { Actor } from '#organizations';
import { refusal } from '#outcome';
import { decodeOptionalId, overloaded, toUserErrors, unavailable } from '../graphql/index.js';
import type { PingLeadInput } from '../leads/leads.types.js';
import type { PingLeadPayload } from './offers.inputs.js';
import { leadPingTypeOf } from './offers.types.js';

/** Pings as the API takes and answers them, whichever way they came. */
@Injectable()
export class PingSubmissions {
  constructor(private readonly pingLead: PingLead) {}

  /** `path` is where the lead stands, in `userErrors`. Throws OVERLOADED and UNAVAILABLE. */
  async take(actor: Actor, input: PingLeadInput, path: readonly string[]): Promise<PingLeadPayload> {
    const contractId = decodeOptionalId('ctr', input.contractId);
    if (contractId === undefined) {
      const userErrors = toUserErrors([refusal('NOT_FOUND', { field: [...path, 'contractId'] })]);
      return { ping: null, replayed: false, userErrors };
    }
    const submission = { ...input, test: input.test ?? false, contractId };
    const outcome = await this.pingLead.execute(actor, submission, path).catch((error: unknown) => {
      if (error instanceof Overloaded) throw overloaded();
      throw isConnectionFailure(error) ? unavailable() : error;
    });
    if (!outcome.ok) return { ping: null, replayed: false, userErrors: toUserErrors(outcome.refusals) };
    return { ping: leadPingTypeOf(outcome.value), replayed: outcome.value.replayed, userErrors: [] };
  }
}

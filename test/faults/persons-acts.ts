/** What people do that has the payment provider asked for something; one form for every process that does it. */
import { CancelCollection } from '#collections';
import type { Actor } from '#organizations';
import type { Outcome } from '#outcome';
import { DecideFinanceRequest } from '#payments';
import { type BeginOnboardingInput, OnboardAgency } from '#payouts';
import type { INestApplicationContext } from '@nestjs/common';

export type PersonsAct = { readonly by: Actor } & (
  | { readonly act: 'approveFinanceRequest'; readonly requestId: string }
  | { readonly act: 'cancelCollection'; readonly collectionId: string }
  | { readonly act: 'beginOnboarding'; readonly input: Omit<BeginOnboardingInput, 'idempotencyKey'> }
);

/** Each act has one key, however often it is done. */
export async function doAct(context: INestApplicationContext, act: PersonsAct): Promise<Outcome<unknown>> {
  const found = { strict: false } as const;
  switch (act.act) {
    case 'approveFinanceRequest': {
      const { by, requestId } = act;
      const input = { requestId, idempotencyKey: `approve-${requestId}` };
      return await context.get(DecideFinanceRequest, found).approve(by, input);
    }
    case 'cancelCollection': {
      const { by, collectionId } = act;
      const input = { collectionId, idempotencyKey: `cancel-${collectionId}` };
      return await context.get(CancelCollection, found).execute(by, input);
    }
    case 'beginOnboarding': {
      const { by, input } = act;
      const keyed = { ...input, idempotencyKey: `onboard-${by.organizationId}` };
      return await context.get(OnboardAgency, found).begin(by, keyed);
    }
  }
}

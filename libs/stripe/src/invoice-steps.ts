import type Stripe from 'stripe';
import type { Sendable } from '#payments';
import { isStoredFailure } from './answers.js';
import type { FrozenCall } from './frozen-call.js';
import { allOf, pageSize } from './lists.js';
import { lineKey } from './references.js';

/** A step whose key has a failure of Stripe's stored under it is done under the next key, this often. */
const mostKeys = 3;

/**
 * Brings an invoice of ours from wherever it was left to where the buyer has it: its lines are on it, it is finalized
 * and sent. Safe to run again at any time and beside itself: what is there is looked at first, and each step has keys
 * of its own, always tried in the same order.
 */
export async function completeInvoice(
  stripe: Stripe,
  invoiceId: string,
  { idempotencyKey }: Pick<Sendable, 'idempotencyKey'>,
  { lines = [] }: FrozenCall,
): Promise<void> {
  const statusNow = async () => (await stripe.invoices.retrieve(invoiceId)).status;
  if ((await statusNow()) === 'draft') {
    let present = await linesOn(stripe, invoiceId);
    for (const [index, line] of lines.entries()) {
      if (present.has(index)) continue;
      const params = { ...(line as unknown as Stripe.InvoiceItemCreateParams), invoice: invoiceId };
      await step(`${idempotencyKey}:line:${index}`, {
        act: (options) => stripe.invoiceItems.create(params, options),
        isDone: async () => {
          present = await linesOn(stripe, invoiceId);
          return present.has(index);
        },
      });
    }
    await step(`${idempotencyKey}:finalize`, {
      act: (options) => stripe.invoices.finalizeInvoice(invoiceId, { auto_advance: false }, options),
      isDone: async () => (await statusNow()) !== 'draft',
    });
  }
  if ((await statusNow()) !== 'open') return;
  await step(`${idempotencyKey}:send`, {
    act: (options) => stripe.invoices.sendInvoice(invoiceId, {}, options),
    // Stripe does not tell. The mail that goes out a second time is the same mail.
    isDone: () => Promise.resolve(false),
  });
}

interface Step {
  readonly act: (options: { readonly idempotencyKey: string }) => Promise<unknown>;
  readonly isDone: () => Promise<boolean>;
}

/**
 * A failure that Stripe has stored ends its request, and stays for a day: if a look shows that it had no effect, the
 * next key is tried. Whoever else is at it comes to the same key.
 */
async function step(key: string, { act, isDone }: Step): Promise<void> {
  for (let number = 1; ; number += 1) {
    try {
      await act({ idempotencyKey: number === 1 ? key : `${key}:${number}` });
      return;
    } catch (error) {
      if (number === mostKeys || !isStoredFailure(error)) throw error;
    }
    if (await isDone()) return;
  }
}

async function linesOn(stripe: Stripe, invoice: string): Promise<ReadonlySet<number>> {
  const items = await allOf(stripe.invoiceItems.list({ invoice, limit: pageSize }));
  return new Set(items.map(({ metadata }) => Number(metadata?.[lineKey] ?? Number.NaN)));
}

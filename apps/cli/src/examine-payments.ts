import { type Config, isLiveKey } from '#config';
import type { Database } from '#database';
import { readPaymentsHome } from '../../process/src/payments-home.js';
import { StripeSandboxControl } from '../../process/src/stripe-sandbox.js';

/** One line of the doctor's report. */
export interface Finding {
  readonly ok: boolean;
  readonly what: string;
  readonly result: string;
}

/** Real clocks that were read one after the other. */
const inStepMs = 5_000;

/** Whether payments are on, and where; for the sandbox, whether it answers. Stripe itself is not asked. */
export async function examinePayments({
  stripe,
  sandbox,
}: Pick<Config, 'stripe' | 'sandbox'>): Promise<Finding> {
  const finding = (ok: boolean, result: string): Finding => ({ ok, what: 'payments', result });
  if (stripe === null) {
    const home = sandbox ? '; npm start brings a Stripe sandbox and has them on while it runs' : '';
    return finding(
      true,
      `off, approved statements stay APPROVED: set STRIPE_SECRET_KEY to collect and pay${home}`,
    );
  }
  if (stripe.sandboxUrl !== null) {
    const answers = await answersOf(new StripeSandboxControl(stripe.sandboxUrl).clockOffset());
    return answers === undefined
      ? finding(false, `the Stripe sandbox at ${stripe.sandboxUrl} does not answer: start it, or npm start`)
      : finding(true, `on, at the Stripe sandbox ${stripe.sandboxUrl}, which answers`);
  }
  const secrets = stripe.webhookSecrets.length;
  const webhooks = `webhook secrets: ${secrets === 0 ? 'none, so no message of Stripe is believed' : secrets}`;
  if (isLiveKey(stripe.secretKey)) return finding(true, `on, with a live key: real money moves; ${webhooks}`);
  const remark = sandbox ? '' : ', in production mode';
  return finding(true, `on, with a test key${remark}: no real money moves; ${webhooks}`);
}

/** Whether what the database knows of payments was made where it now looks for it; nothing where payments are off. */
export async function examinePaymentsHome(
  database: Database,
  { stripe }: Config,
  offsetMs: number,
): Promise<readonly Finding[]> {
  if (stripe === null) return [];
  const finding = (ok: boolean, result: string): readonly Finding[] => [
    { ok, what: 'payments of this database', result },
  ];
  const known = await readPaymentsHome(database);
  if (stripe.sandboxUrl === null) {
    return known === null || known === 'Stripe'
      ? finding(true, 'at Stripe')
      : finding(false, `were made at ${known}, whose ids mean nothing to Stripe: use a database of its own`);
  }
  const sandbox = new StripeSandboxControl(stripe.sandboxUrl);
  const seed = await answersOf(sandbox.seed());
  const differenceMs = Math.abs(offsetMs - ((await answersOf(sandbox.clockOffset())) ?? offsetMs));
  // That it does not answer was told already.
  if (seed === undefined) return [];
  if (known === null) return finding(true, 'none yet');
  if (known !== `Stripe sandbox ${seed}`) {
    return finding(false, `were made at ${known}, and Stripe sandbox ${seed} answers: start the former`);
  }
  return differenceMs < inStepMs
    ? finding(true, 'made at this Stripe sandbox, whose clock is with ours')
    : finding(false, `made at this Stripe sandbox, whose clock is ${Math.round(differenceMs / 1_000)} s off`);
}

async function answersOf<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch {
    return undefined;
  }
}

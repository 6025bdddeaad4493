import { ConfigError } from './config-error.js';

/** How Stripe, or the sandbox in its place, is reached. */
export interface StripeConfig {
  readonly secretKey: string;
  /** A message is believed when it is signed with any of them; empty: none is. */
  readonly webhookSecrets: readonly string[];
  /** The origin of apps/stripe-sandbox, without a slash at its end; null: Stripe itself. */
  readonly sandboxUrl: string | null;
  /** What our own token bucket lets out. */
  readonly requestsPerSecond: number;
  /** Of one process. */
  readonly operationsAtOnce: number;
}

/** No secrets: the sandbox moves no money, and npm start has it listen on this machine only. */
export const stripeSandboxKey = 'sk_test_sandbox';
export const stripeSandboxWebhookSecret = 'whsec_leadger_sandbox';

/** The settings as they are set, each valid by itself. */
interface StripeSettings {
  /** Sandbox mode. */
  readonly sandbox: boolean;
  readonly secretKey: string | undefined;
  readonly webhookSecrets: readonly string[] | undefined;
  readonly sandboxUrl: string | undefined;
  readonly requestsPerSecond: number;
  readonly operationsAtOnce: number;
}

/** Null without a key and without a sandbox. Throws a {@link ConfigError} for settings that do not go together. */
export function readStripe(settings: StripeSettings): StripeConfig | null {
  const problem = problemOf(settings);
  if (problem !== undefined) throw new ConfigError(problem);
  const { secretKey, webhookSecrets = [], sandboxUrl, requestsPerSecond, operationsAtOnce } = settings;
  const pace = { requestsPerSecond, operationsAtOnce };
  if (sandboxUrl !== undefined) {
    return {
      secretKey: stripeSandboxKey,
      webhookSecrets: [stripeSandboxWebhookSecret],
      sandboxUrl: new URL(sandboxUrl).origin,
      ...pace,
    };
  }
  return secretKey === undefined ? null : { secretKey, webhookSecrets, sandboxUrl: null, ...pace };
}

function problemOf({ sandbox, secretKey, webhookSecrets, sandboxUrl }: StripeSettings): string | undefined {
  if (sandboxUrl !== undefined && !sandbox) {
    return 'LEADGER_STRIPE_SANDBOX_URL is set and LEADGER_MODE is production, where money must move: unset one of them.';
  }
  if (sandboxUrl !== undefined && secretKey !== undefined) {
    return 'STRIPE_SECRET_KEY and LEADGER_STRIPE_SANDBOX_URL are both set, and money can go to one only: unset one of them.';
  }
  if (secretKey === undefined) {
    return webhookSecrets === undefined
      ? undefined
      : 'STRIPE_WEBHOOK_SECRET is set without STRIPE_SECRET_KEY, so that nothing would be collected or paid: set both, or neither.';
  }
  if (sandbox && isLiveKey(secretKey)) {
    return 'STRIPE_SECRET_KEY is a live key and LEADGER_MODE is sandbox, where a clock that anybody may advance would move real money: use a test key, or production mode.';
  }
  if (!sandbox && webhookSecrets === undefined) {
    return 'STRIPE_SECRET_KEY is set without STRIPE_WEBHOOK_SECRET, so that nothing Stripe says would be believed: set the signing secrets of its webhook endpoints too.';
  }
  return undefined;
}

/** Whether real money moves with this key. */
export function isLiveKey(secretKey: string): boolean {
  return /^(sk|rk)_live_/.test(secretKey);
}

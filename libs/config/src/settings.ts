import { z } from 'zod';

/** What can be set from outside: the table behind loadConfig and behind docs/configuration.md. */
export interface Setting {
  readonly name: string;
  /** What it is for, in one sentence. */
  readonly purpose: string;
  /** What a valid value looks like; completes "NAME must be …". */
  readonly expects: string;
  /** The value when it is not set, as it would be written; undefined: see `whenUnset`. */
  readonly fallback?: string;
  /** What being unset means, where no single value says it. */
  readonly whenUnset?: string;
  readonly schema: z.ZodType<unknown, string>;
}

const highestInt32 = 2_147_483_647;

function integer(least: number, most: number): Pick<Setting, 'expects' | 'schema'> {
  return {
    expects: `a whole number from ${least} to ${most}`,
    schema: z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number)
      .refine((value) => value >= least && value <= most),
  };
}

function oneOf(...values: readonly [string, ...string[]]): Pick<Setting, 'expects' | 'schema'> {
  return { expects: `one of ${values.join(', ')}`, schema: z.enum(values) };
}

function address(...protocols: readonly string[]): Pick<Setting, 'expects' | 'schema'> {
  const example = protocols.includes('postgres:')
    ? 'postgres://user:password@host:5432/leadger'
    : 'https://leads.example';
  return {
    expects: `an address such as ${example}`,
    schema: z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol)),
  };
}

/** Without a path, a query or a password: what the SDK of Stripe can be pointed at. */
function isPlainHttpOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, origin, href } = new URL(value);
  return protocol === 'http:' && href === `${origin}/`;
}

/** Undefined for what is not 32 bytes in base64. */
export function readMasterKey(base64: string): Buffer | undefined {
  return /^[A-Za-z0-9+/]{43}=$/.test(base64) ? Buffer.from(base64, 'base64') : undefined;
}

const text: Pick<Setting, 'schema'> = { schema: z.string() };

const amount: Pick<Setting, 'expects' | 'schema'> = {
  expects: 'an amount of at most two decimals, such as 50.00',
  schema: z.string().regex(/^(0|[1-9]\d{0,11})(\.\d{1,2})?$/),
};

export const settings = {
  databaseUrl: {
    name: 'DATABASE_URL',
    purpose: 'The PostgreSQL database, version 15 to 18.',
    whenUnset: 'npm start brings its own; everything else refuses to start',
    ...address('postgres:', 'postgresql:'),
  },
  apiPort: {
    name: 'PORT',
    purpose: 'The TCP port on which the API listens.',
    fallback: '4000',
    ...integer(1, 65_535),
  },
  apiHost: {
    name: 'LEADGER_HOST',
    purpose: 'The network address on which the API listens; 0.0.0.0 for every one, as containers need.',
    fallback: '127.0.0.1',
    expects: 'a host name or an IP address',
    schema: z.string().regex(/^[0-9A-Za-z.:_-]{1,253}$/),
  },
  publicUrl: {
    name: 'LEADGER_PUBLIC_URL',
    purpose: 'The address under which others reach the API, used wherever a link is printed.',
    whenUnset: 'http://localhost and the port',
    ...address('http:', 'https:'),
  },
  mode: {
    name: 'LEADGER_MODE',
    purpose:
      'sandbox has a clock that can be advanced, demo data and GraphiQL; production has none of them and moves real money.',
    fallback: 'sandbox',
    ...oneOf('sandbox', 'production'),
  },
  logLevel: {
    name: 'LEADGER_LOG_LEVEL',
    purpose: 'The least important log lines that are still written.',
    fallback: 'info',
    ...oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
  },
  poolSize: {
    name: 'LEADGER_POOL_SIZE',
    purpose: 'Database connections of each process; 4 to 8 measured best on two cores.',
    fallback: '6',
    ...integer(2, 200),
  },
  workerConcurrency: {
    name: 'LEADGER_WORKER_CONCURRENCY',
    purpose: 'The jobs that one worker runs at the same time.',
    fallback: '4',
    ...integer(1, 100),
  },
  pingAnswerMs: {
    name: 'LEADGER_PING_ANSWER_MS',
    purpose:
      'The milliseconds that a buyer has to answer a ping; a round of pings has half as much again in all.',
    fallback: '500',
    ...integer(50, 10_000),
  },
  shutdownTimeoutMs: {
    name: 'LEADGER_SHUTDOWN_TIMEOUT_MS',
    purpose: 'The milliseconds that running requests and jobs get to finish when a process is asked to stop.',
    fallback: '8000',
    ...integer(0, 600_000),
  },
  demoFile: {
    name: 'LEADGER_DEMO_FILE',
    purpose: 'Where seeding writes the demo addresses and keys.',
    fallback: '.leadger/demo.json',
    expects: 'a path',
    ...text,
  },
  masterKey: {
    name: 'LEADGER_MASTER_KEY',
    purpose:
      'What the personal data of leads is encrypted with in the end. Whoever loses it loses the data: docs/personal-data.md. The first key encrypts, further ones are old keys that still decrypt.',
    whenUnset: 'a sandbox takes a key that everybody knows; production needs this or the file',
    expects:
      'one or more keys of 32 bytes in base64, separated by commas, as `openssl rand -base64 32` makes them',
    schema: z
      .string()
      .transform((value) => value.split(',').map((key) => key.trim()))
      .refine((keys) => keys.every((key) => readMasterKey(key) !== undefined))
      .transform((keys) => keys.flatMap((key) => readMasterKey(key) ?? [])),
  },
  masterKeyFile: {
    name: 'LEADGER_MASTER_KEY_FILE',
    purpose:
      'A file with the same, one key a line, as secret managers put it there. Not beside the key itself.',
    whenUnset: 'LEADGER_MASTER_KEY counts',
    expects: 'the path of a file that can be read, with keys of 32 bytes in base64, one a line',
    ...text,
  },
  stripeSecretKey: {
    name: 'STRIPE_SECRET_KEY',
    purpose: 'Collects and pays at Stripe; a live key needs production mode.',
    whenUnset: 'npm start brings a sandbox of its own; elsewhere payments are off',
    expects: 'a secret or restricted key of Stripe, such as sk_test_… or rk_live_…',
    schema: z.string().regex(/^(sk|rk)_(test|live)_\S+$/),
  },
  stripeWebhookSecrets: {
    name: 'STRIPE_WEBHOOK_SECRET',
    purpose: 'What the messages of the webhook endpoints are signed with: each endpoint has one of its own.',
    whenUnset: 'no message of Stripe is believed; refused in production beside a key',
    expects: 'one or more signing secrets (whsec_…), separated by commas',
    schema: z
      .string()
      .transform((value) => value.split(',').map((secret) => secret.trim()))
      .refine((secrets) => secrets.every((secret) => /^whsec_\S+$/.test(secret))),
  },
  stripeSandboxUrl: {
    name: 'LEADGER_STRIPE_SANDBOX_URL',
    purpose:
      'Where apps/stripe-sandbox listens, in place of Stripe. Sandbox mode only, and not beside a key.',
    whenUnset: 'npm start sets it',
    expects: 'an address such as http://127.0.0.1:4001',
    schema: z.string().refine(isPlainHttpOrigin),
  },
  stripeRequestsPerSecond: {
    name: 'LEADGER_STRIPE_REQUESTS_PER_SECOND',
    purpose: 'The most requests that are sent to Stripe each second.',
    fallback: '20',
    ...integer(1, 1_000),
  },
  stripeOperationsAtOnce: {
    name: 'LEADGER_STRIPE_OPERATIONS_AT_ONCE',
    purpose: 'How many operations of one process are on their way to Stripe at the same time.',
    fallback: '8',
    ...integer(1, 100),
  },
  minimumPayout: {
    name: 'LEADGER_MINIMUM_PAYOUT',
    purpose:
      'What an agency must have coming before it is paid, in major units of the currency; less is carried forward.',
    fallback: '50.00',
    ...amount,
  },
  twoApproversAbove: {
    name: 'LEADGER_TWO_APPROVERS_ABOVE',
    purpose: 'Above this amount, in major units of the currency, an approval takes a second approver.',
    fallback: '10000.00',
    ...amount,
  },
  webhookLoopback: {
    name: 'LEADGER_WEBHOOK_LOOPBACK',
    purpose:
      'Whether webhooks may go to the machine of the worker itself, without TLS, as npx leadger listen needs. Sandbox mode only.',
    whenUnset: 'on in a sandbox that listens on this machine only, else off',
    ...oneOf('on', 'off'),
  },
  smtpUrl: {
    name: 'LEADGER_SMTP_URL',
    purpose:
      'The mail server at which leads are handed in that buyers want by e-mail; beside LEADGER_MAIL_FROM.',
    whenUnset: 'no destination for e-mail can be made',
    expects: 'an address such as smtps://user:password@mail.example:465 or smtp://mail.example:587',
    schema: z
      .string()
      .refine(
        (value) =>
          URL.canParse(value) && /^smtps?:$/.test(new URL(value).protocol) && new URL(value).hostname !== '',
      ),
  },
  mailFrom: {
    name: 'LEADGER_MAIL_FROM',
    purpose: 'The address that such mails are from.',
    whenUnset: 'no destination for e-mail can be made',
    expects: 'an e-mail address such as leads@leadger.example',
    schema: z.string().regex(/^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/),
  },
  depthLimit: {
    name: 'LEADGER_LIMIT_DEPTH',
    purpose: 'The deepest nesting of a GraphQL document.',
    whenUnset: 'the limit built into the API',
    ...integer(1, 1_000),
  },
  aliasLimit: {
    name: 'LEADGER_LIMIT_ALIASES',
    purpose: 'The most aliases in a GraphQL document.',
    whenUnset: 'the limit built into the API',
    ...integer(0, 100_000),
  },
  tokenLimit: {
    name: 'LEADGER_LIMIT_TOKENS',
    purpose: 'The most tokens in a GraphQL document.',
    whenUnset: 'the limit built into the API',
    ...integer(1, 1_000_000),
  },
  costLimit: {
    name: 'LEADGER_LIMIT_COST',
    purpose: 'The highest cost of a single request.',
    whenUnset: 'the limit built into the API',
    ...integer(1, highestInt32),
  },
  bodyBytesLimit: {
    name: 'LEADGER_LIMIT_BODY_BYTES',
    purpose: 'The largest request body, in bytes.',
    whenUnset: 'the limit built into the API',
    ...integer(1_024, 100_000_000),
  },
  importBytesLimit: {
    name: 'LEADGER_LIMIT_IMPORT_BYTES',
    purpose: 'The largest file of leads that is taken for an import, in bytes.',
    fallback: '536870912',
    ...integer(1_024, highestInt32),
  },
  costPerSecondLimit: {
    name: 'LEADGER_LIMIT_COST_PER_SECOND',
    purpose: 'The cost that flows back into the bucket of an API key each second.',
    whenUnset: 'the limit built into the API',
    ...integer(1, highestInt32),
  },
  leadsPerSecondLimit: {
    name: 'LEADGER_LIMIT_LEADS_PER_SECOND',
    purpose: 'The leads that an API key may submit each second.',
    whenUnset: 'the limit built into the API',
    ...integer(1, highestInt32),
  },
} as const satisfies Record<string, Setting>;

import { ConfigError } from './config-error.js';
import { readMasterKeys } from './master-keys.js';
import { settings, type Setting } from './settings.js';
import { readStripe, type StripeConfig } from './stripe-config.js';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** What the operator overrides; undefined: the limit that is built into the API. */
export interface LimitOverrides {
  readonly depth: number | undefined;
  readonly aliases: number | undefined;
  readonly tokens: number | undefined;
  readonly cost: number | undefined;
  readonly bodyBytes: number | undefined;
  readonly costPerSecond: number | undefined;
  readonly leadsPerSecond: number | undefined;
}

/** The settings of a process; docs/configuration.md says what each one is for. */
export interface Config {
  readonly databaseUrl: string;
  readonly apiPort: number;
  readonly apiHost: string;
  /** Without a slash at its end. */
  readonly publicUrl: string;
  /** False only in production mode: the clock can be advanced and the demo marketplace can be seeded. */
  readonly sandbox: boolean;
  readonly logLevel: LogLevel;
  readonly poolSize: number;
  readonly workerConcurrency: number;
  /** How long a buyer has to answer a ping. */
  readonly pingAnswerMs: number;
  readonly shutdownTimeoutMs: number;
  /** Relative to the working directory unless absolute. */
  readonly demoFile: string;
  /** Null: payments are switched off, and approved statements stay APPROVED. */
  readonly stripe: StripeConfig | null;
  /** 32 bytes each. The first encrypts; the others are older and only decrypt. Never empty. */
  readonly masterKeys: readonly Buffer[];
  /** Decimal, in major units of whatever currency is paid. */
  readonly minimumPayout: string;
  /** Decimal, in major units of whatever currency is approved. */
  readonly twoApproversAbove: string;
  /** Webhooks may go to this machine itself, without TLS. Never in production. */
  readonly webhookLoopback: boolean;
  /** Where mail is handed in, and whom it is from; null, both: none is sent. */
  readonly smtpUrl: string | null;
  readonly mailFrom: string | null;
  readonly limits: LimitOverrides;
  /** The largest file of leads, in bytes. */
  readonly importMaxBytes: number;
}

/** The variables of a process, as Node gives them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads and checks all settings at once. Throws {@link ConfigError} for the first that is missing, wrong, or begins
 * with LEADGER_ and is no setting (a misspelt one would otherwise be ignored in silence).
 */
export function loadConfig(environment: Environment = process.env): Config {
  refuseUnknown(environment);
  const read = <T>(setting: Setting): T | undefined => readSetting(setting, environment) as T | undefined;
  const need = <T>(setting: Setting): T => {
    const value = read<T>(setting);
    if (value === undefined) throw new ConfigError(`${setting.name} is not set: give it ${setting.expects}.`);
    return value;
  };
  const apiPort = need<number>(settings.apiPort);
  const sandbox = need(settings.mode) !== 'production';
  return {
    databaseUrl: need(settings.databaseUrl),
    apiPort,
    apiHost: need(settings.apiHost),
    publicUrl: (read<string>(settings.publicUrl) ?? `http://localhost:${apiPort}`).replace(/\/+$/, ''),
    sandbox,
    logLevel: need(settings.logLevel),
    poolSize: need(settings.poolSize),
    workerConcurrency: need(settings.workerConcurrency),
    pingAnswerMs: need(settings.pingAnswerMs),
    shutdownTimeoutMs: need(settings.shutdownTimeoutMs),
    demoFile: need(settings.demoFile),
    stripe: readStripe({
      sandbox,
      secretKey: read(settings.stripeSecretKey),
      webhookSecrets: read(settings.stripeWebhookSecrets),
      sandboxUrl: read(settings.stripeSandboxUrl),
      requestsPerSecond: need(settings.stripeRequestsPerSecond),
      operationsAtOnce: need(settings.stripeOperationsAtOnce),
    }),
    masterKeys: readMasterKeys({
      sandbox,
      keys: read(settings.masterKey),
      file: read(settings.masterKeyFile),
    }),
    minimumPayout: need(settings.minimumPayout),
    twoApproversAbove: need(settings.twoApproversAbove),
    webhookLoopback: readWebhookLoopback({
      sandbox,
      apiHost: need(settings.apiHost),
      chosen: read(settings.webhookLoopback),
    }),
    ...readMail(read(settings.smtpUrl) ?? null, read(settings.mailFrom) ?? null),
    importMaxBytes: need(settings.importBytesLimit),
    limits: {
      depth: read(settings.depthLimit),
      aliases: read(settings.aliasLimit),
      tokens: read(settings.tokenLimit),
      cost: read(settings.costLimit),
      bodyBytes: read(settings.bodyBytesLimit),
      costPerSecond: read(settings.costPerSecondLimit),
      leadsPerSecond: read(settings.leadsPerSecondLimit),
    },
  };
}

/** One without the other would send nothing, or from nobody. */
function readMail(smtpUrl: string | null, mailFrom: string | null): Pick<Config, 'smtpUrl' | 'mailFrom'> {
  if ((smtpUrl === null) !== (mailFrom === null))
    throw new ConfigError('LEADGER_SMTP_URL and LEADGER_MAIL_FROM go together: set both or none of them.');
  return { smtpUrl, mailFrom };
}

/**
 * Unset, it follows from who reaches the API: an endpoint on this machine is of use to whoever sits at it, and to anybody else
 * a way to its other programs.
 */
function readWebhookLoopback(settings: {
  readonly sandbox: boolean;
  readonly apiHost: string;
  readonly chosen: 'on' | 'off' | undefined;
}): boolean {
  const { sandbox, apiHost, chosen } = settings;
  if (!sandbox && chosen === 'on')
    throw new ConfigError(
      'LEADGER_WEBHOOK_LOOPBACK is on and LEADGER_MODE is production: unset one of them.',
    );
  if (chosen !== undefined) return chosen === 'on';
  return sandbox && /^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(apiHost);
}

// An empty value means unset: that is what "NAME=" in an env file or a compose file is written for.
function readSetting(setting: Setting, environment: Environment): unknown {
  const given = environment[setting.name]?.trim();
  const value = given === undefined || given === '' ? setting.fallback : given;
  if (value === undefined) return undefined;
  const parsed = setting.schema.safeParse(value);
  if (!parsed.success)
    throw new ConfigError(`${setting.name} must be ${setting.expects}: correct it or unset it.`);
  return parsed.data;
}

function refuseUnknown(environment: Environment): void {
  const known = new Set<string>(Object.values(settings).map(({ name }) => name));
  for (const name of Object.keys(environment).toSorted()) {
    // LEADGER_TEST_… belongs to the test harness, which starts processes that inherit it.
    if (!name.startsWith('LEADGER_') || name.startsWith('LEADGER_TEST_') || known.has(name)) continue;
    throw new ConfigError(
      `${name} is not a setting: remove it, or see docs/configuration.md for the right name.`,
    );
  }
}

import { startFailure } from '../../process/src/start-failure.js';
import { type Command, CommandError } from './command.js';

interface Entry {
  readonly summary: string;
  /** Loaded when it is asked for: the list of commands must not wait for the whole product. */
  readonly load: () => Promise<Command>;
}

const commands: Readonly<Record<string, Entry>> = {
  migrate: {
    summary: 'bring the database up to date',
    load: async () => (await import('./migrate.command.js')).migrateCommand,
  },
  seed: {
    summary: 'set up the demo marketplace (sandbox only)',
    load: async () => (await import('./seed.command.js')).seedCommand,
  },
  demo: {
    summary: 'play the worked month through the public API (sandbox only)',
    load: async () => (await import('./demo.command.js')).demoCommand,
  },
  'create-person': {
    summary: 'create a person of the operator, and the operator the first time',
    load: async () => (await import('./create-person.command.js')).createPersonCommand,
  },
  'verify-ledger': {
    summary: 'check every invariant of the books',
    load: async () => (await import('./verify-ledger.command.js')).verifyLedgerCommand,
  },
  export: {
    summary: 'write a statement or the journal to a file',
    load: async () => (await import('./export.command.js')).exportCommand,
  },
  'rotate-keys': {
    summary: 'wrap the keys of personal data by a new master key',
    load: async () => (await import('./rotate-keys.command.js')).rotateKeysCommand,
  },
  listen: {
    summary: 'receive webhooks on this machine and print them',
    load: async () => (await import('./listen.command.js')).listenCommand,
  },
  doctor: {
    summary: 'check settings, database and books',
    load: async () => (await import('./doctor.command.js')).doctorCommand,
  },
};

function listOfCommands(): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(15)}${summary}`);
  return `npx leadger <command>\n\n${lines.join('\n')}\n\nnpx leadger <command> --help says more. Settings: docs/configuration.md.`;
}

async function run([name, ...parameters]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(listOfCommands());
    return name === undefined ? 2 : 0;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!entry) {
    throw new CommandError(`there is no such command: choose one of ${Object.keys(commands).join(', ')}.`);
  }
  const command = await entry.load();
  if (parameters.includes('--help') || parameters.includes('-h')) {
    console.log(
      `npx leadger ${name}${command.usage === '' ? '' : ` ${command.usage}`}\n\n${command.summary}`,
    );
    return 0;
  }
  return command.run(parameters);
}

/** One line for what the operator can put right, the whole stack for a bug. */
function report(error: unknown): number {
  const line = error instanceof CommandError ? error.message : startFailure(error);
  if (line === undefined) console.error(error);
  else console.error(line);
  return 1;
}

process.exitCode = await run(process.argv.slice(2)).catch(report);

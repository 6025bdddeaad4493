// npm start: everything that a newcomer needs, with nothing but Node on the machine.
import './lib/check-node.mjs';
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { FriendlyError, reportAndSetExitCode } from './lib/friendly-error.mjs';
import { createInstance } from './lib/instance.mjs';
import { readable } from './lib/log-lines.mjs';
import { demoFile, shown } from './lib/paths.mjs';
import { onStopRequest, say, step } from './lib/terminal.mjs';

const usage = `npm start [-- options]

  --port <number>  listen on this port instead of 4000
  --reset          drop the embedded database, the Stripe sandbox and the demo keys, and begin anew

Settings are environment variables: docs/configuration.md.`;

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string' },
        reset: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    throw new FriendlyError(`${error.message.split('. ')[0]}: npm start -- --help lists the options.`);
  }
}

function announce({ url, sandbox, stripe }, seconds) {
  console.log(`\nReady after ${seconds.toFixed(1)} s.\n`);
  console.log(`  GraphQL   ${url}/graphql${sandbox ? '   (open it in a browser and try it out)' : ''}`);
  console.log(`  Stripe    ${describeStripe(stripe)}`);
  const demo = sandbox ? readDemo() : undefined;
  if (demo) {
    const keys = [
      ['Agency', demo.organizations?.agency],
      ['Buyer', demo.organizations?.buyer],
      ['Preparer', demo.users?.preparer],
      ['Approver', demo.users?.approver],
    ];
    for (const [name, { apiKey } = {}] of keys) if (apiKey) console.log(`  ${name.padEnd(9)} ${apiKey}`);
    console.log(`  All keys  ${shown(demoFile)}`);
    console.log('\n  In a second terminal: npm run demo');
  }
  console.log('  Ctrl-C stops everything; the data stays.\n');
}

function describeStripe(stripe) {
  if (!stripe) return 'payments are off: set STRIPE_SECRET_KEY';
  return stripe.sandboxUrl
    ? `${stripe.sandboxUrl}   (a sandbox: its accounts, payments and events)`
    : 'with your key';
}

function readDemo() {
  try {
    return JSON.parse(fs.readFileSync(demoFile, 'utf8'));
  } catch {
    return undefined;
  }
}

async function main() {
  const options = readOptions();
  if (options.help) return console.log(usage);
  const onLine = (source, line) => say(readable(source, line));
  const instance = createInstance({
    port: options.port,
    reset: options.reset,
    step,
    say: (text) => say(`  ${text}`),
    onLine,
  });
  let stopRequested = false;
  onStopRequest(() => {
    stopRequested = true;
    say('\nStopping …');
    return instance.stop();
  });
  try {
    say('Leadger');
    announce(await instance.start(), process.uptime());
    const reason = await instance.failure;
    if (!stopRequested) throw new FriendlyError(`${reason}: everything else is being stopped too.`);
  } catch (error) {
    if (!stopRequested) reportAndSetExitCode(error);
  }
  await instance.stop();
  if (stopRequested) say('Stopped.');
  process.exit();
}

await main().catch(reportAndSetExitCode);

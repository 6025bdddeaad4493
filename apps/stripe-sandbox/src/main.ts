import { parseArgs } from 'node:util';
import { startSandbox } from './sandbox.js';

const usage = `stripe-sandbox [--port 12111] [--host 127.0.0.1] [--state <file>] [--public-url <url>]

  --port   where to listen; 0 for any port that is free
  --state  keep everything in this file across restarts; without it, nothing is kept
  --public-url  where a browser finds the hosted pages, if not at host and port
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '12111' },
    host: { type: 'string', default: '127.0.0.1' },
    state: { type: 'string' },
    'public-url': { type: 'string' },
    help: { type: 'boolean' },
  },
});

if (values.help) process.stdout.write(usage);
else {
  const sandbox = await startSandbox({
    port: Number(values.port),
    host: values.host,
    ...(values.state !== undefined && { stateFile: values.state }),
    ...(values['public-url'] !== undefined && { publicUrl: values['public-url'] }),
  }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    process.stderr.write(`stripe-sandbox: port ${values.port} is taken by another program.\n`);
    process.exit(1);
  });
  process.stdout.write(`stripe-sandbox listens at ${sandbox.url}\n`);
  // Once each: who asks a second time wants it to end at once.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      void sandbox.stop().then(() => process.exit(0));
    });
  }
}

// npm run demo: the worked month through the public API, against what runs already or else an instance of its own.
import './lib/check-node.mjs';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { FriendlyError, reportAndSetExitCode } from './lib/friendly-error.mjs';
import { createInstance, isReady } from './lib/instance.mjs';
import { readable } from './lib/log-lines.mjs';
import { demoFile, entryPoints, root } from './lib/paths.mjs';
import { canListen } from './lib/ports.mjs';
import { prepare } from './lib/prepare.mjs';
import { onStopRequest, say, step } from './lib/terminal.mjs';

let playing;

async function runningUrl() {
  try {
    const { graphqlUrl } = JSON.parse(fs.readFileSync(demoFile, 'utf8'));
    return (await isReady(new URL(graphqlUrl).origin)) ? graphqlUrl : undefined;
  } catch {
    return undefined;
  }
}

async function play(url) {
  const parameters = [
    '--enable-source-maps',
    entryPoints.cli,
    'demo',
    '--url',
    url,
    ...process.argv.slice(2),
  ];
  const environment = { ...process.env, LEADGER_DEMO_FILE: process.env.LEADGER_DEMO_FILE || demoFile };
  playing = spawn(process.execPath, parameters, { cwd: root, env: environment, stdio: 'inherit' });
  return new Promise((resolve) =>
    playing.once('error', () => resolve(1)).once('exit', (code) => resolve(code ?? 1)),
  );
}

async function main() {
  await prepare({ step });
  const url = await runningUrl();
  if (url) {
    process.exitCode = await play(url);
    return;
  }
  console.log('Nothing is running yet: starting an instance for the demo.');
  const log = [];
  const onLine = (source, line) => void log.push(readable(source, line));
  // The port of a later npm start, so that the addresses in demo.json stay right; any other where it is taken.
  const wanted = Number(process.env.PORT || 4000);
  const port = (await canListen('127.0.0.1', wanted)) ? undefined : await anyPort();
  const instance = createInstance({ port, step, say: (text) => say(`  ${text}`), onLine });
  let interrupted = false;
  onStopRequest(() => {
    interrupted = true;
    playing?.kill('SIGTERM');
    return instance.stop();
  });
  try {
    const running = await instance.start();
    console.log('');
    const ended = instance.failure.then((reason) => Promise.reject(new FriendlyError(`${reason}.`)));
    process.exitCode = await Promise.race([play(`${running.url}/graphql`), ended]);
  } catch (error) {
    if (!interrupted) {
      console.error(log.slice(-20).join('\n'));
      reportAndSetExitCode(error);
    }
  }
  await instance.stop();
  process.exit(interrupted ? 130 : process.exitCode);
}

async function anyPort() {
  const { freePort } = await import('./lib/postgres.mjs');
  return freePort();
}

await main().catch(reportAndSetExitCode);

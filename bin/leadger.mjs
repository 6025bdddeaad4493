#!/usr/bin/env node
// npx leadger <command>: the operator's command line, installed and compiled first where that is still to do. Without
// DATABASE_URL it works on the embedded database of this checkout, which it starts for itself if nothing runs.
import '../scripts/lib/check-node.mjs';
import { spawn } from 'node:child_process';
import { commandEnvironment } from '../scripts/lib/command-environment.mjs';
import { reportAndSetExitCode } from '../scripts/lib/friendly-error.mjs';
import { dataDir, entryPoints } from '../scripts/lib/paths.mjs';
import { prepare } from '../scripts/lib/prepare.mjs';
import { takeStartLock } from '../scripts/lib/start-lock.mjs';
import { onStopRequest } from '../scripts/lib/terminal.mjs';

let command;

function run(environment) {
  command = spawn(process.execPath, ['--enable-source-maps', entryPoints.cli, ...process.argv.slice(2)], {
    env: environment,
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) =>
    command.once('error', reject).once('exit', (code) => resolve(code ?? 1)),
  );
}

async function runOnEmbedded(environment) {
  const { databaseExists, runningUrl, startPostgres } = await import('../scripts/lib/postgres.mjs');
  const url = await runningUrl(dataDir);
  if (url) return run({ ...environment, DATABASE_URL: url });
  // Nothing to work on: the command itself says which setting it lacks, or needs none (help).
  if (!(await databaseExists(dataDir))) return run(environment);
  const release = takeStartLock({});
  try {
    const server = await startPostgres({ dataDir });
    try {
      return await run({ ...environment, DATABASE_URL: server.url });
    } finally {
      await server.stop();
    }
  } finally {
    release();
  }
}

try {
  onStopRequest(() => command?.kill('SIGTERM'));
  await prepare();
  const environment = commandEnvironment(process.env);
  process.exitCode = environment.DATABASE_URL ? await run(environment) : await runOnEmbedded(environment);
} catch (error) {
  reportAndSetExitCode(error);
}

import { spawn } from 'node:child_process';
import { FriendlyError } from './friendly-error.mjs';
import { eachLine } from './log-lines.mjs';
import { entryPoints, root } from './paths.mjs';
import { stopProcess } from './processes.mjs';

const exitWithParent = new URL('./exit-with-parent.mjs', import.meta.url).href;

/**
 * Of Node, by service. The API: leads come and go in the part of the heap that is for what is young. With 16 MB, Node's own default,
 * a good deal of it is taken for long-lived, and everything is looked through for it, every half minute under full load. And V8
 * does not look for what it could give back to the machine: it does so under load as well, and two leads in a hundred wait for it.
 * Where it can be, Node's own code lies in large pages of memory: all that a lead runs through is spread over more small ones than
 * a processor keeps in mind. The image has the same (Dockerfile).
 */
export const nodeFlags = {
  api: ['--max-semi-space-size=64', '--no-memory-reducer', '--use-largepages=silent'],
};

/**
 * Starts the API, the worker or the Stripe sandbox. `ended` resolves with a description when it ends, for whatever reason;
 * stop() asks it to finish its work and ends it after graceMs.
 */
export function startService(name, { environment, onLine, graceMs, parameters = [], title = name }) {
  const child = spawn(
    process.execPath,
    [
      ...(nodeFlags[name] ?? []),
      '--enable-source-maps',
      '--import',
      exitWithParent,
      entryPoints[name],
      ...parameters,
    ],
    {
      cwd: root,
      env: environment,
      // A group of its own: Ctrl-C goes to the whole foreground group, and each would be asked to stop twice.
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  for (const stream of [child.stdout, child.stderr]) eachLine(stream, (line) => onLine(name, line));
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(`the ${title} could not be started (${error.code})`));
    child.once('exit', (code, signal) =>
      resolve(`the ${title} ended by itself (${signal ?? `exit code ${code}`})`),
    );
  });
  const stop = () => (child.pid ? stopProcess(child.pid, { graceMs, exited: ended }) : Promise.resolve(true));
  return { name, pid: child.pid, ended, stop };
}

/** Runs a command of the operator's command line to its end; a failure is told in the command's own last line. */
export async function runCommand(parameters, { environment, onChild = () => {} }) {
  const child = spawn(process.execPath, ['--enable-source-maps', entryPoints.cli, ...parameters], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onChild(child);
  const lines = [];
  for (const stream of [child.stdout, child.stderr]) eachLine(stream, (line) => lines.push(line));
  const code = await new Promise((resolve) => child.once('error', resolve).once('close', resolve));
  if (code === 0) return lines;
  if (lines.length > 1) console.error(lines.join('\n'));
  const sentence = lines[0]?.replace(/^leadger: /, '');
  throw new FriendlyError(lines.length === 1 ? sentence : `"${parameters.join(' ')}" failed: see above.`);
}

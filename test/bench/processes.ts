import { spawn } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { BenchFailure } from './host.js';

/** Where a program is on the search path; undefined when it is not there. */
export function findProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The variables of a child: what every program needs, and nothing of the settings that happen to be around. */
export function childEnvironment(more: Readonly<Record<string, string>>): Record<string, string> {
  const kept = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'TZ'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), ...more };
}

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end and gives what it printed. Throws BenchFailure with its last lines when it fails. */
export async function run(
  program: string,
  args: readonly string[],
  options: { readonly env: Record<string, string>; readonly cwd?: string },
): Promise<Ran> {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return { stdout, stderr };
  const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-8).join('\n');
  throw new BenchFailure(`${program} failed (exit code ${code}):\n${said}`, 1);
}

const ticksPerSecond = 100;
const canReadProc = process.platform === 'linux';

/** Resident memory of a process in bytes; undefined where the system does not tell. */
export function memoryOf(pid: number): number | undefined {
  if (!canReadProc) return undefined;
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/** Processor seconds that a process has used, with those of its children: running ones and ended ones. */
export function cpuSecondsOf(pid: number): number | undefined {
  if (!canReadProc) return undefined;
  let ticks = 0;
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? statOf(Number(entry)) : undefined;
    if (stat && Number(entry) === pid) ticks += stat.own + stat.endedChildren;
    else if (stat && stat.parent === pid) ticks += stat.own;
  }
  return ticks / ticksPerSecond;
}

function statOf(pid: number): { parent: number; own: number; endedChildren: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name comes second, in parentheses, and may hold anything.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
    return { parent, own: user + system, endedChildren: childUser + childSystem };
  } catch {
    return undefined;
  }
}

import { join } from 'node:path';
import type { BenchHost, Undo } from '../host.js';
import { becomesReady, startService } from '../services.js';

/** The process that hands leads over. */
export interface BenchRelay {
  readonly pid: number;
  /** Messages that are for somebody to look at, with how often they came. */
  readonly complaints: () => ReadonlyMap<string, number>;
}

interface LogLine {
  readonly level: number;
  readonly msg: string;
}

const warning = 40;

export async function startRelay(
  host: BenchHost,
  undo: Undo,
  env: Readonly<Record<string, string>>,
): Promise<BenchRelay> {
  let isWorking = false;
  const complaints = new Map<string, number>();
  const onLine = (line: string): void => {
    const { level, msg } = JSON.parse(line) as LogLine;
    isWorking ||= msg === 'working';
    if (level >= warning) complaints.set(msg, (complaints.get(msg) ?? 0) + 1);
  };
  const service = startService(host, undo, {
    args: [join(host.root, 'dist', 'apps', 'worker', 'src', 'main.js')],
    env,
    onLine,
  });
  await becomesReady('The worker', service, () => isWorking);
  return { pid: service.pid, complaints: () => complaints };
}

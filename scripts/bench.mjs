// npm run bench: the compiled benchmarks of test/bench, which get what they need of this machine handed over.
import './lib/check-node.mjs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeFlags } from './lib/children.mjs';
import { reportAndSetExitCode } from './lib/friendly-error.mjs';
import { entryPoints, root, stateDir } from './lib/paths.mjs';
import { prepare } from './lib/prepare.mjs';
import { say, step } from './lib/terminal.mjs';

try {
  await prepare({ step });
  const { freePort, removePostgresData, startPostgres } = await import('./lib/postgres.mjs');
  // Beside the checkout and not in the temp folder, which may be memory: there a durable commit costs nothing.
  const dataDir = path.join(stateDir, 'bench-postgres');
  const startServer = async (settings) => {
    await removePostgresData(dataDir);
    const server = await startPostgres({ dataDir, settings, say });
    const stop = async () => {
      await server.stop();
      await removePostgresData(dataDir);
    };
    return { url: server.url, dataDir: server.dataDir, stop };
  };
  const { runBench } = await import(pathToFileURL(path.join(root, 'dist', 'test', 'bench', 'main.js')).href);
  const exitWithParent = new URL('./lib/exit-with-parent.mjs', import.meta.url).href;
  const host = {
    root,
    stateDir,
    apiEntryPoint: entryPoints.api,
    apiFlags: nodeFlags.api,
    exitWithParent,
    startServer,
    freePort,
    say,
    step,
  };
  process.exitCode = await runBench(host, process.argv.slice(2));
} catch (error) {
  reportAndSetExitCode(error);
}

// Runs once before all suites, outside Jest's transform: hence plain JavaScript and the compiled libraries.
import { build } from '../../scripts/lib/build.mjs';
import { prepareTestServer } from './test-server.mjs';

export default async function setUp() {
  // Neither a source that does not compile nor a server that does not start may fail the suites of pure code: what
  // went wrong is told by the suites that ask for a database.
  try {
    await build();
    globalThis.leadgerTestServer = await prepareTestServer();
    process.env.LEADGER_TEST_SERVER = JSON.stringify(globalThis.leadgerTestServer.forSuites);
  } catch (error) {
    process.env.LEADGER_TEST_SERVER = JSON.stringify({ startError: String(error?.stack ?? error) });
  }
}

// The last line of a run, the same whatever ran: "Tests: 12 passed, 0 failed". A suite that could not even be
// loaded counts as one failure: its tests are unknown, and they did not pass.
export default class TallyReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) {
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    // Jest's own summary comes after the reporters.
    process.once('exit', () => process.stdout.write(`Tests: ${numPassedTests} passed, ${failed} failed\n`));
  }
}

import Sequencer from '@jest/test-sequencer';

// A clean clone has no durations of earlier runs, and Jest then begins with the largest files. These are the suites that
// take longest, small as their files are: begun last, one of them would run on alone while the other core has nothing to do.
const longest = [
  'test/faults/crash-while-sending',
  'test/faults/crash-before-sending',
  'test/faults/webhook-orders',
  'test/access/tenancy-reach',
  'test/access/tenancy.spec',
  'test/scenarios/bad-input-keys',
  'test/scenarios/bad-input-types',
  'apps/cli/src/cli.spec',
];

/** The order in which suites are begun: the longest first. */
export default class LongFirst extends Sequencer {
  async sort(tests) {
    const ordered = await super.sort(tests);
    const rank = ({ path }) => {
      const index = longest.findIndex((part) => path.includes(part));
      return index < 0 ? longest.length : index;
    };
    return ordered.toSorted((a, b) => rank(a) - rank(b));
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

describe('the command of the API', () => {
  // A string and not an import: the scripts have no types.
  const flags = /api: \[(.*?)\]/s.exec(textOf('scripts/lib/children.mjs'))?.[1]?.match(/--[^']+/g) ?? [];

  it('has the same options in the image and in docs/operations.md as with npm start', () => {
    expect(flags).toContain('--no-memory-reducer');
    expect(textOf('Dockerfile')).toContain(`CMD ["node", ${flags.map((flag) => `"${flag}", `).join('')}`);
    expect(textOf('docs/operations.md')).toContain(`\`node ${flags.join(' ')} dist/apps/api/src/main.js\``);
  });
});

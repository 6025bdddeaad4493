// npm run check: everything that can be said about the sources without running the product.
import './lib/check-node.mjs';
import { spawn } from 'node:child_process';
import { build } from './lib/build.mjs';
import { root } from './lib/paths.mjs';

const jest = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];
const checks = [
  {
    name: 'format',
    remedy: 'npm run format',
    parameters: ['node_modules/prettier/bin/prettier.cjs', '--check', '.'],
  },
  {
    name: 'lint',
    parameters: ['node_modules/eslint/bin/eslint.js', '--max-warnings', '0', '.'],
  },
  { name: 'types', parameters: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'] },
  { name: 'architecture', parameters: [...jest, 'test/architecture'] },
  { name: 'generated files', remedy: 'npm run generate', parameters: ['scripts/generate.mjs', '--check'] },
  {
    name: 'Stripe schemas',
    remedy: 'node scripts/generate-stripe-schemas.mjs',
    parameters: ['scripts/generate-stripe-schemas.mjs', '--check'],
  },
  { name: 'schema changes', parameters: ['scripts/schema-changes.mjs'] },
];

function run(parameters) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, parameters, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.once('close', (code) => resolve({ code, output }));
  });
}

await build();
const failed = [];
for (const { name, parameters, remedy } of checks) {
  const started = performance.now();
  const { code, output } = await run(parameters);
  console.log(
    `${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  );
  if (code === 0) continue;
  failed.push(name);
  console.log(output.trim());
  if (remedy) console.log(`Remedy: ${remedy}`);
}
if (failed.length > 0) {
  console.error(`Not in order: ${failed.join(', ')}.`);
  process.exitCode = 1;
}

// npm run build
import { build } from './lib/build.mjs';

const started = performance.now();
const { written, removed } = await build({ all: process.argv.includes('--all') });
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`Built ${written} files, removed ${removed}, in ${seconds} s.`);

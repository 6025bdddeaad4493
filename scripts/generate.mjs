// npm run generate rewrites every generated file; with --check it only says which are not current.
//
// A new one: a function in libs/ or apps/ that returns the text (or a promise of it), and a line in this table.
// `withDatabase` hands it { databaseUrl }, a fresh database with all migrations applied.
import './lib/check-node.mjs';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { reportAndSetExitCode } from './lib/friendly-error.mjs';
import { root } from './lib/paths.mjs';
import { prepare } from './lib/prepare.mjs';

const generated = [
  { file: 'docs/configuration.md', module: 'libs/config/src/index.js', maker: 'configurationPage' },
  {
    file: 'docs/errors.md',
    module: 'apps/api/src/graphql/error-catalogue.js',
    maker: 'errorCatalogue',
  },
  { file: 'docs/events.md', module: 'apps/api/src/events/events-page.js', maker: 'eventsPage' },
  { file: 'docs/openapi.json', module: 'apps/api/src/facade/openapi.js', maker: 'openApiText' },
  { file: 'docs/ledger-recipes.md', module: 'libs/ledger/src/index.js', maker: 'ledgerRecipesMarkdown' },
  {
    file: 'migrations/schema.sql',
    module: 'apps/cli/src/database-schema.js',
    maker: 'databaseSchema',
    withDatabase: true,
  },
  { file: 'schema.graphql', module: 'apps/api/src/print-schema.js', maker: 'graphqlSchema' },
];

async function textOf({ file, module, maker, withDatabase }, database) {
  const made = await import(pathToFileURL(path.join(root, 'dist', module)).href);
  const text = await made[maker](withDatabase ? { databaseUrl: await database() } : {});
  if (!/\.(?:md|json)$/.test(file)) return text;
  // Prettier aligns the tables of a page and joins short lists; the formatted text is the one that is kept.
  const prettier = await import('prettier');
  const options = await prettier.resolveConfig(path.join(root, file));
  return prettier.format(text, { ...options, filepath: file });
}

function lazyDatabase() {
  let server;
  return {
    url: async () => {
      const { migratedServer } = await import('../test/support/test-server.mjs');
      server ??= migratedServer();
      return (await server).url;
    },
    stop: async () => (await server?.catch(() => undefined))?.stop(),
  };
}

async function main() {
  const checkOnly = process.argv.includes('--check');
  await prepare();
  const database = lazyDatabase();
  try {
    for (const entry of generated) {
      const target = path.join(root, entry.file);
      const text = await textOf(entry, database.url);
      const current = fs.existsSync(target) && fs.readFileSync(target, 'utf8') === text;
      if (current) continue;
      if (checkOnly) {
        console.error(`${entry.file} is not current: npm run generate writes it.`);
        process.exitCode = 1;
        continue;
      }
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.writeFileSync(target, text);
      console.log(`wrote ${entry.file}`);
    }
  } finally {
    await database.stop();
  }
}

await main().catch(reportAndSetExitCode);

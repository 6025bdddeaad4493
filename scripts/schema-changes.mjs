// Part of npm run check: fails when schema.graphql breaks what the last commit promised to callers, unless the changelog
// owns up to it. Looks at the checkout in the current folder.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { buildSchema, findBreakingChanges } from 'graphql';

/** The schema of the last commit; undefined when there is none, or no git. */
function committedSchema() {
  try {
    const stdio = ['ignore', 'pipe', 'ignore'];
    return execFileSync('git', ['show', 'HEAD:./schema.graphql'], { encoding: 'utf8', stdio });
  } catch {
    return undefined;
  }
}

function isOwnedUpTo() {
  const [, unreleased = ''] = fs.readFileSync('CHANGELOG.md', 'utf8').split(/^## (?=Unreleased)/m);
  return /^[-*\s]*\**Breaking:/m.test(unreleased.split(/^## /m)[0]);
}

const before = committedSchema();
if (before !== undefined) {
  const now = fs.readFileSync('schema.graphql', 'utf8');
  const changes = before === now ? [] : findBreakingChanges(buildSchema(before), buildSchema(now));
  if (changes.length > 0 && !isOwnedUpTo()) {
    for (const { description } of changes) console.error(`schema.graphql: ${description}`);
    console.error('If that is meant, say so in a line "Breaking: …" under Unreleased in CHANGELOG.md.');
    process.exitCode = 1;
  }
}

import { build, buildIsNeeded } from './build.mjs';
import { install, installIsNeeded } from './install.mjs';

/** Installs and compiles what is missing; `step(name, work)` tells the person who waits. */
export async function prepare({ step = (_name, work) => work(), onChild } = {}) {
  if (installIsNeeded())
    await step('Installing packages (a minute, the first time)', () => install({ onChild }));
  if (buildIsNeeded()) await step('Building', () => build());
}

import { systemActor } from '#organizations';

/** Who looks whether something that was requested can be done: nothing is written in this name. */
export const watcherActor = systemActor('finance-request');

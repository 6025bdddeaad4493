/** Sends a value to every place of the mutations and says which answers are not what bad input gets. */
import { least } from '../access/tenancy-inputs.js';
import { inParallel, type Place, titleOf, withValueAt } from '../access/tenancy-schema.js';
import { fingerprints } from '../access/tenancy-world.js';
import type { Acts, Answer, Call } from './bad-input-acts.js';

/** What no answer may be: a fault of ours, or one that repeats what was sent. */
export function faultOf({ status, errors, complaints }: Answer, marker?: string): string | undefined {
  if (status >= 500) return `status ${status}`;
  if (errors.some(({ extensions }) => extensions.code === 'INTERNAL')) return 'INTERNAL';
  if (marker !== undefined && complaints.includes(marker)) return `echo: ${complaints.slice(0, 300)}`;
  return undefined;
}

/** Undefined when it is refused as user error at this very path, with one of the codes. */
export function refusedAt(
  answer: Answer,
  path: readonly string[],
  codes: readonly string[],
  marker?: string,
): string | undefined {
  const fault = faultOf(answer, marker);
  if (fault !== undefined) return fault;
  const found = answer.refusals.some(
    ({ code, field }) => codes.includes(code) && field?.join('.') === path.join('.'),
  );
  return found && answer.status === 200 ? undefined : `not refused so: ${answer.complaints.slice(0, 300)}`;
}

/** Undefined when it is refused as a variable of a wrong type, by its path. */
export function coercionRefused(answer: Answer, { path }: Place, marker?: string): string | undefined {
  const fault = faultOf(answer, marker);
  if (fault !== undefined) return fault;
  const named = answer.errors.some(
    ({ message, extensions }) => extensions.code === 'BAD_USER_INPUT' && message.includes(path.join('.')),
  );
  return named && answer.data === undefined && [200, 400].includes(answer.status)
    ? undefined
    : `not refused so: ${answer.status} ${answer.complaints.slice(0, 300)}`;
}

/** The same wherever in the input it stands: when a whole object is wrong, the error may be about a part of it. */
export function mistyped(answer: Answer, marker?: string): string | undefined {
  const named = answer.errors.some(({ extensions }) => extensions.code === 'BAD_USER_INPUT');
  return faultOf(answer, marker) ?? (named ? undefined : `taken: ${answer.complaints.slice(0, 200)}`);
}

export class Judge {
  /** A valid call of each mutation; refused inputs leave it valid. */
  private readonly calls = new Map<string, Call>();

  private constructor(private readonly acts: Acts) {}

  static async of(acts: Acts): Promise<Judge> {
    const judge = new Judge(acts);
    for (const { name } of acts.mutations) judge.calls.set(name, await acts.fresh(name));
    return judge;
  }

  /** Every value at every place, the rest valid; gives what `wrong` finds in the answers, and whether a row changed. */
  async faults(
    places: readonly Place[],
    values: readonly unknown[],
    wrong: (answer: Answer, place: Place, value: unknown) => string | undefined,
  ): Promise<string[]> {
    const faults: string[] = [];
    const before = await fingerprints(this.acts.app);
    await inParallel(places, async (place) => {
      for (const value of values) {
        const fault = wrong(await this.send(place, value), place, value);
        if (fault !== undefined)
          faults.push(`${titleOf(place)} = ${String(JSON.stringify(value)).slice(0, 40)}: ${fault}`);
      }
    });
    const after = await fingerprints(this.acts.app);
    for (const [tenant, hash] of after)
      if (before.get(tenant) !== hash) faults.push(`a row of ${tenant} changed`);
    return faults;
  }

  private async send(place: Place, value: unknown): Promise<Answer> {
    const call = this.calls.get(place.field.name);
    if (!call) throw new Error(`no call of ${place.field.name}`);
    return await this.acts.send({ ...call, args: withValueAt(place, call.args, value, least) });
  }
}

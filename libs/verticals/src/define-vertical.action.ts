import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refusal, type Refusal, refuse, refused } from '#outcome';
import { isCountry } from './country.js';
import { parseName } from './validate-schema.js';
import {
  defaultDedupeWindowDays,
  maxDedupeWindowDays,
  maxSourceLeadsPerMinute,
  type Vertical,
} from './vertical.js';
import { VerticalStore } from './vertical.store.js';

export interface DefineVerticalInput {
  readonly key: string;
  readonly name: string;
  readonly defaultCountry?: string | null | undefined;
  /** 0 to 365; left out: 30 for a new vertical, and as it is for one that exists. */
  readonly dedupeWindowDays?: number | null | undefined;
  /** 1 to 100,000; left out: no limit. */
  readonly sourceLeadsPerMinute?: number | null | undefined;
  /** The version that the caller read: needed to change a vertical that exists. */
  readonly expectedVersion?: number | null | undefined;
  readonly idempotencyKey: string;
}

/** Which vertical was acted on; read it again for the answer. */
export interface VerticalActed {
  readonly key: string;
  readonly replayed: boolean;
}

type Checked = Pick<Vertical, 'key' | 'name' | 'defaultCountry' | 'sourceLeadsPerMinute'> & {
  readonly dedupeWindowDays: number | null;
};

/** Defines a vertical, or changes the name and the default country of one. Its key never changes. */
@Injectable()
export class DefineVertical {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly verticals: VerticalStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Refuses INVALID_VALUE for each field that is none, and STALE_VERSION when the vertical exists and its version was
   * not given, or does not exist and one was.
   */
  async execute(actor: Actor, input: DefineVerticalInput): Promise<Outcome<VerticalActed>> {
    const now = this.clock.now();
    const checked = checkInput(input);
    if (!checked.ok) return checked;
    const expectedVersion = input.expectedVersion ?? null;
    const request = {
      organizationId: actor.organizationId,
      key: input.idempotencyKey,
      operation: 'defineVertical',
      input: { ...checked.value, expectedVersion },
      now,
    };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const before = await this.verticals.hold(tx, checked.value.key);
        const written = before
          ? await this.change(tx, before, { ...checked.value, expectedVersion, now })
          : await this.create(tx, { ...checked.value, expectedVersion, now });
        if (!written.ok) return written;
        await recordAudit(tx, actor, {
          action: before ? 'vertical.change' : 'vertical.define',
          subject: `vertical:${checked.value.key}`,
          ...(before && { before }),
          after: written.value,
          at: now,
        });
        return done({ key: checked.value.key });
      }),
    );
  }

  private async create(tx: Transaction, act: Act): Promise<Outcome<Vertical>> {
    const { expectedVersion, now, ...checked } = act;
    if (expectedVersion !== null) {
      return stale(0, 'There is no vertical of this key yet: leave expectedVersion out to define it.');
    }
    const vertical: Vertical = {
      ...checked,
      dedupeWindowDays: checked.dedupeWindowDays ?? defaultDedupeWindowDays,
      version: 1,
      schemaVersion: null,
      createdAt: now,
      changedAt: now,
    };
    if (await this.verticals.insert(tx, vertical)) return done(vertical);
    return stale(1, 'A vertical of this key was defined just now. Read it and give its version.');
  }

  private async change(tx: Transaction, before: Vertical, act: Act): Promise<Outcome<Vertical>> {
    const { name, defaultCountry, sourceLeadsPerMinute, expectedVersion, now } = act;
    if (expectedVersion === null) {
      return stale(before.version, 'This vertical exists. Read it and give its version to change it.');
    }
    if (expectedVersion !== before.version) return stale(before.version);
    const dedupeWindowDays = act.dedupeWindowDays ?? before.dedupeWindowDays;
    const settings = { dedupeWindowDays, sourceLeadsPerMinute };
    return done(
      await this.verticals.update(tx, before, { name, defaultCountry, ...settings, changedAt: now }),
    );
  }
}

interface Act extends Checked {
  readonly expectedVersion: number | null;
  readonly now: Date;
}

/** The caller has not seen the present version of the vertical. */
export function stale<T = never>(currentVersion: number, message?: string): Outcome<T> {
  return refuse('STALE_VERSION', {
    field: ['input', 'expectedVersion'],
    ...(message !== undefined && { message }),
    data: { currentVersion },
  });
}

function checkInput(input: DefineVerticalInput): Outcome<Checked> {
  const refusals: Refusal[] = [];
  const text = (field: 'key' | 'name', max: number): string => {
    const read = parseName(input[field], max);
    const message = `1 to ${max} characters, without control characters.`;
    if (read === undefined) refusals.push(refusal('INVALID_VALUE', { field: ['input', field], message }));
    return read ?? '';
  };
  const defaultCountry = input.defaultCountry ?? null;
  if (defaultCountry !== null && !isCountry(defaultCountry)) {
    const message = 'An ISO 3166-1 code of two capital letters, such as US.';
    refusals.push(refusal('INVALID_VALUE', { field: ['input', 'defaultCountry'], message }));
  }
  const number = (field: 'dedupeWindowDays' | 'sourceLeadsPerMinute', least: number, most: number) => {
    const value = input[field] ?? null;
    if (value === null || (Number.isInteger(value) && value >= least && value <= most)) return value;
    const message = `A whole number from ${least} to ${most}.`;
    refusals.push(refusal('INVALID_VALUE', { field: ['input', field], message }));
    return null;
  };
  const checked = {
    key: text('key', 64),
    name: text('name', 200),
    defaultCountry,
    dedupeWindowDays: number('dedupeWindowDays', 0, maxDedupeWindowDays),
    sourceLeadsPerMinute: number('sourceLeadsPerMinute', 1, maxSourceLeadsPerMinute),
  };
  return refusals.length > 0 ? refused(...refusals) : done(checked);
}

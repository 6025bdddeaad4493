import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import { type ImportRecord, ImportStore } from './import.store.js';
import type { ImportState } from './lead-import.js';

export interface ImportActInput {
  /** The import's uuid. */
  readonly importId: string;
  readonly idempotencyKey: string;
}

/** What an act on an import changed. */
export interface ImportActed {
  readonly importId: string;
  readonly replayed: boolean;
}

interface ImportAct {
  /** As the API calls it, and as the audit trail does. */
  readonly operation: string;
  readonly action: string;
  /** States in which it is possible. */
  readonly allowedIn: readonly ImportState[];
}

const messages: Readonly<Record<ImportState, string>> = {
  UPLOADING: 'The file is still being sent.',
  READY: 'The import has not been started.',
  RUNNING: 'The import is running.',
  CHECKED: 'The dry run is over.',
  COMPLETED: 'The import is completed.',
  CANCELLING: 'The import is being cancelled.',
  CANCELLED: 'The import was cancelled. Send the file again.',
  FAILED: 'The file could not be read to its end. Its failure says what to send.',
  EXPIRED: 'The file waited too long, and is gone. Send it again.',
};

/** The way that every act on an import goes: held, possible in its state, done once, and written down. */
@Injectable()
export class ImportActs {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly imports: ImportStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses NOT_FOUND, ILLEGAL_TRANSITION, and whatever `change` refuses. `more` is the rest of the input. */
  async run(
    actor: Actor,
    { operation, action, allowedIn }: ImportAct,
    { importId, idempotencyKey, ...more }: ImportActInput & Readonly<Record<string, unknown>>,
    change: (tx: Transaction, held: ImportRecord, now: Date) => Promise<Outcome<object>>,
  ): Promise<Outcome<ImportActed>> {
    const { organizationId: agencyId } = actor;
    const now = this.clock.now();
    const request = {
      organizationId: agencyId,
      key: idempotencyKey,
      operation,
      input: { importId, ...more },
      now,
    };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const held = await this.imports.hold(tx, {
          id: importId,
          agencyId,
          testOnly: actor.mode === 'test',
        });
        if (!held) return refuse('NOT_FOUND', { field: ['input', 'importId'] });
        if (!allowedIn.includes(held.state))
          return refuse('ILLEGAL_TRANSITION', {
            field: ['input', 'importId'],
            message: messages[held.state],
            data: { allowed: [] },
          });
        const changed = await change(tx, held, now);
        if (!changed.ok) return changed;
        const subject = `lead-import:${importId}`;
        await recordAudit(tx, actor, {
          action,
          subject,
          before: { state: held.state },
          after: more,
          at: now,
        });
        return done({ importId });
      }),
    );
  }
}

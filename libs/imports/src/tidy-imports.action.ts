import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '#database';
import { done } from '#outcome';
import { ImportStore } from './import.store.js';

/** Nothing of a file stays longer than it is said: see fileDays and reportDays. */
@Injectable()
export class TidyImports {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly imports: ImportStore,
  ) {}

  /** Gives up what nobody starts or sends any more, removes files that are worked off, forgets old reports; how many. */
  async execute(now: Date, limit: number): Promise<number> {
    const expired = await this.unitOfWork.run(async (tx) => done(await this.imports.expire(tx, now, limit)));
    // Files and reports are large: a few at a time.
    const most = Math.min(limit, 20);
    const dropped = await this.imports.dropFiles(most);
    const forgotten = await this.unitOfWork.run(async (tx) => done(await this.imports.forget(tx, now, most)));
    return (expired.ok ? expired.value : 0) + dropped + (forgotten.ok ? forgotten.value : 0);
  }
}

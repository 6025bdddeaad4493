import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { tooBusy, tooManyAtOnce } from './export-refused.js';

/** What a file takes while somebody takes it: `ledger` a connection, `pages` memory only. */
export type ExportLoad = 'ledger' | 'pages';

const pagesAtOnce = 32;
const perOrganization = 4;

/**
 * How many files are written at once. A reader may be as slow as it likes for a while, so without a bound a few of
 * them would take every connection from those who do business. One third of the pool is theirs.
 */
@Injectable()
export class ExportSlots {
  private readonly most: Readonly<Record<ExportLoad, number>>;
  private readonly taken: Record<ExportLoad, number> = { ledger: 0, pages: 0 };
  private readonly byOrganization = new Map<string, number>();

  constructor(@Inject('Config') { poolSize }: Pick<Config, 'poolSize'>) {
    this.most = { ledger: Math.max(1, Math.floor(poolSize / 3)), pages: pagesAtOnce };
  }

  /** Takes a place and gives back how to leave it, which may be done more than once. Throws when there is none. */
  take(load: ExportLoad, organizationId: string): () => void {
    const own = this.byOrganization.get(organizationId) ?? 0;
    if (own >= perOrganization) throw tooManyAtOnce();
    if (this.taken[load] >= this.most[load]) throw tooBusy();
    this.taken[load] += 1;
    this.byOrganization.set(organizationId, own + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.taken[load] -= 1;
      const others = (this.byOrganization.get(organizationId) ?? 1) - 1;
      if (others > 0) this.byOrganization.set(organizationId, others);
      else this.byOrganization.delete(organizationId);
    };
  }
}

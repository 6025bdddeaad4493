import type { WindowUnit } from '#calendar';
import {
  type Decision,
  type Route,
  type RouteEntry,
  capsOf,
  duplicateDetails,
  entriesInOrder,
  outcomesOf,
} from '#routing';

const formats = new Map<string, Intl.DateTimeFormat>();

/** The name of a window by Intl alone, as somebody with a wall clock and a calendar would name it. */
export function windowByIntl(unit: WindowUnit, at: Date, timeZone: string): string {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      weekday: 'short',
      hour: '2-digit',
      timeZoneName: 'longOffset',
    });
  formats.set(timeZone, format);
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const date = `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`;
  switch (unit) {
    case 'HOUR':
      return `${date} ${parts.get('hour')} ${parts.get('timeZoneName')}`;
    case 'DAY':
      return date;
    case 'WEEK': {
      const sinceMonday = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(
        parts.get('weekday') ?? '',
      );
      return `week of ${new Date(Date.parse(date) - sinceMonday * 86_400_000).toISOString().slice(0, 10)}`;
    }
    case 'MONTH':
      return date.slice(0, 7);
  }
}

const wholeTrail = /^([XPZHUDNOFMWCBILSQ][0-9A-Za-z_-]|--)*$/;

/**
 * Follows decisions from outside and complains about every promise that one of them breaks. It shares no code with
 * what decides: it counts sales by entry and window of Intl's, and reads outcomes from trails.
 */
export class Auditor {
  readonly complaints: string[] = [];
  leads = 0;
  sales = 0;
  private readonly counts = new Map<string, { leads: number; amountMinor: bigint }>();
  private readonly entries: readonly (readonly RouteEntry[])[];

  constructor(private readonly routes: readonly Route[]) {
    this.entries = routes.map(entriesInOrder);
  }

  /** Takes in the decisions on a batch, all of one instant. */
  follow(decisions: readonly Decision[]): void {
    const [first] = decisions;
    if (!first) return;
    const windows = new Map<string, string>();
    const windowName = (unit: WindowUnit, timeZone: string): string => {
      const key = `${unit} ${timeZone}`;
      const known = windows.get(key) ?? windowByIntl(unit, first.at, timeZone);
      windows.set(key, known);
      return known;
    };
    for (const decision of decisions) this.followOne(decision, windowName);
  }

  private followOne(decision: Decision, windowName: (unit: WindowUnit, timeZone: string) => string): void {
    this.leads += 1;
    const { sales, result, trail, leadId } = decision;
    const stage = trail.length - 1;
    const route = this.routes[stage];
    if (!route) return this.complain(leadId, 'came to no route');
    if ((result === 'SOLD') !== sales.length > 0)
      this.complain(leadId, 'is sold to nobody, or to somebody and unsold');
    if (sales.length > route.maxBuyers) this.complain(leadId, 'was sold too often');
    if (sales.length > 1 && new Set(sales.map(({ buyerId }) => buyerId)).size < sales.length)
      this.complain(leadId, 'went to a buyer twice');
    trail.forEach((text, at) => this.followTrail(leadId, text, this.entries[at]?.length ?? 0));
    const soldLetters = trail.reduce((sum, text) => sum + text.split('S').length - 1, 0);
    if (soldLetters !== sales.length) this.complain(leadId, 'has another trail than its sales');
    if (decision.test) return;
    for (const { contractId, amountMinor } of sales) {
      this.sales += 1;
      const entry = this.entries[stage]?.find((each) => each.contractId === contractId);
      if (!entry) return this.complain(leadId, 'went to a contract outside the route');
      capsOf(entry).forEach((cap, index) => {
        const key = `${contractId} ${index} ${windowName(cap.unit, entry.timeZone)}`;
        const count = this.counts.get(key) ?? { leads: 0, amountMinor: 0n };
        count.leads += 1;
        count.amountMinor += amountMinor;
        this.counts.set(key, count);
        const isOver =
          cap.measure === 'LEADS' ? count.leads > cap.limit : count.amountMinor > cap.limit.amountMinor;
        if (isOver) this.complain(leadId, `broke cap ${key}`);
      });
    }
  }

  /** Each entry has exactly one outcome of those that there are. */
  private followTrail(leadId: string, trail: string, entries: number): void {
    if (trail.length !== 2 * entries) this.complain(leadId, 'has a trail of another length');
    if (!wholeTrail.test(trail)) this.complain(leadId, 'has an outcome that is none');
  }

  private complain(leadId: string, what: string): void {
    if (this.complaints.length < 20) this.complaints.push(`${leadId} ${what}`);
  }
}

/**
 * What each entry of a WEIGHTED route was owed and got, by the trails alone: a lead that was sold owes each of those
 * that could have had it its share by weight.
 */
export class ShareBook {
  readonly owed = new Map<string, number>();
  readonly got = new Map<string, number>();
  /** The furthest that any entry has ever been from what it was owed, in leads. */
  furthest = 0;

  constructor(private readonly route: Route) {}

  follow(decision: Decision): void {
    if (decision.result !== 'SOLD') return;
    const could = outcomesOf(decision, [this.route]).filter(
      ({ outcome, detail }) =>
        outcome === 'SOLD' ||
        outcome === 'SELL_LIMIT_REACHED' ||
        // Its buyer got the lead by another contract, which took part on its own.
        (outcome === 'DUPLICATE_FOR_BUYER' && detail === duplicateDetails.sameLead),
    );
    const total = could.reduce((sum, { entry }) => sum + entry.weight, 0);
    for (const { entry, outcome } of could) {
      const { contractId, weight } = entry;
      const owed = (this.owed.get(contractId) ?? 0) + weight / total;
      const got = (this.got.get(contractId) ?? 0) + Number(outcome === 'SOLD');
      this.owed.set(contractId, owed);
      this.got.set(contractId, got);
      this.furthest = Math.max(this.furthest, Math.abs(owed - got));
    }
  }
}

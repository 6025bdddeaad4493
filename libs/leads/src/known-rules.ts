import { type LeadRules, noRules } from '#verticals';
import { isStorable, textLimits } from './check-submission.js';

const capacity = 10_000;

/** Whether a vertical may have the name. Any other has no rules, and some cannot even be asked for. */
export function isVerticalName(name: string): boolean {
  return name !== '' && name.length <= textLimits.vertical && isStorable(name);
}

/**
 * The rules of the verticals that leads came for lately, so that a lead is checked without asking. Nothing is decided by
 * it: the intake statement leaves out a lead whose vertical has changed since, and before a lead is refused the rules
 * that refused it are read again.
 */
export class KnownRules {
  private readonly rules = new Map<string, LeadRules>();

  /** Undefined for a vertical that was not asked for yet. */
  get(vertical: string): LeadRules | undefined {
    return this.rules.get(vertical);
  }

  /** Those of a vertical that cannot be asked for, being no name, are none. */
  of(vertical: string): LeadRules {
    return this.rules.get(vertical) ?? noRules;
  }

  keep(read: ReadonlyMap<string, LeadRules>): void {
    for (const [vertical, rules] of read) {
      this.rules.delete(vertical);
      this.rules.set(vertical, rules);
    }
    for (const oldest of this.rules.keys()) {
      if (this.rules.size <= capacity) return;
      this.rules.delete(oldest);
    }
  }
}

/** A vertical's person under one hash: what is locked while it is decided whose lead it is. */
export interface PersonKey {
  /** Hex. */
  readonly hash: string;
  readonly vertical: string;
}

/** A lead that was accepted before about the person, as far as it is still known. */
export interface EarlierLead {
  /** Null: erased since. */
  readonly lead: { readonly agencyId: string; readonly leadId: string } | null;
  readonly acceptedAt: Date;
  /** Who had it, since when. */
  readonly buyers: ReadonlyMap<string, Date>;
}

/** What stands against taking a person again. */
export interface EarlierFound {
  /** The latest lead of the asking agency among them; null when only others had the person, of whom nothing is told. */
  readonly ownLeadId: string | null;
}

/** Which earlier leads count. */
export interface DedupeRule {
  /** Those accepted after it. */
  readonly since: Date;
  /** Null: everybody's. Otherwise those that this buyer had, since it had them. */
  readonly buyerId: string | null;
  /** Only those before it; left out: all up to now. */
  readonly before?: Date;
}

const dayMs = 86_400_000;

/** Whole days of 24 hours, ending now. Undefined: nothing counts. */
export function windowSince(windowDays: number, now: Date): Date | undefined {
  return windowDays === 0 ? undefined : new Date(now.getTime() - windowDays * dayMs);
}

/** As text, for maps; hashes have a fixed length, so no two keys print alike. */
export function personKeyText({ hash, vertical }: PersonKey): string {
  return `${hash}${vertical}`;
}

/** The persons of a batch: what was had before, and what the batch itself has taken so far. */
export class PersonHistory {
  private readonly entries = new Map<string, EarlierLead[]>();

  constructor(entries: Iterable<readonly [PersonKey, readonly EarlierLead[]]> = []) {
    for (const [key, leads] of entries) this.entries.set(personKeyText(key), [...leads]);
  }

  /** Undefined: nobody that counts had the person, under none of the keys. */
  find(keys: readonly PersonKey[], agencyId: string, rule: DedupeRule): EarlierFound | undefined {
    let isFound = false;
    let own: { readonly leadId: string; readonly at: Date } | null = null;
    for (const key of keys) {
      for (const { lead, acceptedAt, buyers } of this.entries.get(personKeyText(key)) ?? []) {
        const at = rule.buyerId === null ? acceptedAt : buyers.get(rule.buyerId);
        if (!at || at <= rule.since || (rule.before && at >= rule.before)) continue;
        isFound = true;
        if (lead?.agencyId === agencyId && (own === null || at >= own.at)) own = { leadId: lead.leadId, at };
      }
    }
    return isFound ? { ownLeadId: own?.leadId ?? null } : undefined;
  }

  /** From now on the person counts as had. */
  add(keys: readonly PersonKey[], lead: EarlierLead): void {
    for (const key of keys) {
      const text = personKeyText(key);
      const leads = this.entries.get(text);
      if (leads) leads.push(lead);
      else this.entries.set(text, [lead]);
    }
  }
}

const minuteMs = 60_000;
/** Sources that are remembered; the one that was silent longest is forgotten first. */
const maxSources = 10_000;

interface Minute {
  /** Of the last counted lead. */
  readonly number: number;
  readonly count: number;
  /** Of the minute before. */
  readonly before: number;
}

/**
 * How fast leads of each source come: a sliding minute, as the present minute and what is left of the last one. In the memory
 * of one process, so n processes let n times as many pass: it decides only what a person looks at, and a counter in the
 * database would make every lead of a busy source wait for the one before.
 */
export class SourcePace {
  private readonly minutes = new Map<string, Minute>();

  /** Counts a lead of the source; gives how many came within the last minute, this one included. */
  count(source: string, now: Date): number {
    const number = Math.floor(now.getTime() / minuteMs);
    const known = this.minutes.get(source);
    const minute = { number, ...since(known, number) };
    this.minutes.delete(source);
    this.minutes.set(source, minute);
    if (this.minutes.size > maxSources) {
      for (const oldest of this.minutes.keys()) {
        this.minutes.delete(oldest);
        break;
      }
    }
    const share = 1 - (now.getTime() % minuteMs) / minuteMs;
    return minute.count + Math.floor(minute.before * share);
  }
}

function since(known: Minute | undefined, number: number): Pick<Minute, 'count' | 'before'> {
  if (!known || known.number < number - 1 || known.number > number) return { count: 1, before: 0 };
  if (known.number === number - 1) return { count: 1, before: known.count };
  return { count: known.count + 1, before: known.before };
}

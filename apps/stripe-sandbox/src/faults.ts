/** What goes wrong, and when: before Stripe acts, or after it has acted and before the answer is there. */
export type FaultKind =
  /** The connection is reset; nothing was done. The SDK silently tries once more: count 2 to be seen. */
  | 'reset_before'
  /** No answer ever comes; nothing was done. */
  | 'timeout_before'
  /** Done, and the connection is reset. Here too the SDK tries once more. */
  | 'reset_after'
  | 'timeout_after'
  /** Done, and the answer breaks off in the middle. */
  | 'cut_body'
  /** 429; nothing was done. */
  | 'rate_limited'
  /** 409 for a key in use; nothing was done. */
  | 'key_in_use'
  /** 500 from the edge: nothing was done, and the same key may succeed later. */
  | 'error_before'
  /** 500 from within: nothing was done, and the same key gets this 500 for a day. */
  | 'error_before_stored'
  /** Done, but 500 is answered; the same key gets the true answer. */
  | 'error_after'
  /** Done, but 500 is answered, and the same key gets this 500 for a day. */
  | 'error_after_stored'
  /** 401 and 403; nothing was done. */
  | 'unauthorized'
  | 'forbidden'
  /** Waits `delayMs` before acting: the key is in use meanwhile; or before answering. */
  | 'slow_before'
  | 'slow_after';

export interface FaultRule {
  readonly kind: FaultKind;
  readonly method?: string;
  /** With `*` for anything: `/v1/transfers*`. Without, every path. */
  readonly path?: string;
  /** Only requests whose key begins so. */
  readonly keyPrefix?: string;
  /** How many requests meet it; 1, unless told. */
  readonly count?: number;
  /** How many matching requests go through before. */
  readonly skip?: number;
  readonly delayMs?: number;
}

export interface ActiveFault extends FaultRule {
  readonly id: number;
  readonly left: number;
  readonly toSkip: number;
}

interface Matchable {
  readonly method: string;
  readonly path: string;
  readonly idempotencyKey: string | null;
}

/** The faults that still wait for a request, in the order in which they were asked for. */
export class Faults {
  private active: ActiveFault[] = [];
  private count = 0;

  add(rule: FaultRule): ActiveFault {
    const fault = { ...rule, id: (this.count += 1), left: rule.count ?? 1, toSkip: rule.skip ?? 0 };
    this.active.push(fault);
    return fault;
  }

  list(): readonly ActiveFault[] {
    return this.active;
  }

  clear(): void {
    this.active = [];
  }

  /** The fault that this request meets, which is used up by it. */
  take(request: Matchable): ActiveFault | undefined {
    const index = this.active.findIndex((fault) => fits(fault, request));
    const fault = this.active[index];
    if (!fault) return undefined;
    if (fault.toSkip > 0) {
      this.active[index] = { ...fault, toSkip: fault.toSkip - 1 };
      return undefined;
    }
    if (fault.left > 1) this.active[index] = { ...fault, left: fault.left - 1 };
    else this.active.splice(index, 1);
    return fault;
  }
}

function fits({ method, path, keyPrefix }: FaultRule, request: Matchable): boolean {
  return (
    (method === undefined || method.toUpperCase() === request.method) &&
    (path === undefined || pattern(path).test(request.path)) &&
    (keyPrefix === undefined || (request.idempotencyKey?.startsWith(keyPrefix) ?? false))
  );
}

function pattern(path: string): RegExp {
  const escaped = path.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`);
}

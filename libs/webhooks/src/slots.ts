const atFirst = 2;
const atMost = 32;

/**
 * How many messages go to one endpoint at the same time: two at first, one more for each that arrives, up to 32; after a
 * failure one. An endpoint that does not answer holds so little of the worker while its circuit is not open yet.
 */
export class EndpointSlots {
  private readonly limits = new Map<string, number>();
  private readonly underWay = new Map<string, number>();

  /** How many more may be begun. */
  free(endpointId: string): number {
    return Math.max(0, (this.limits.get(endpointId) ?? atFirst) - (this.underWay.get(endpointId) ?? 0));
  }

  begin(endpointId: string): void {
    this.underWay.set(endpointId, (this.underWay.get(endpointId) ?? 0) + 1);
  }

  /** Null: whatever ended says nothing about the endpoint. */
  end(endpointId: string, hasArrived: boolean | null): void {
    const left = (this.underWay.get(endpointId) ?? 1) - 1;
    if (left > 0) this.underWay.set(endpointId, left);
    else this.underWay.delete(endpointId);
    if (hasArrived === null) return;
    const limit = this.limits.get(endpointId) ?? atFirst;
    this.limits.set(endpointId, hasArrived ? Math.min(atMost, limit + 1) : 1);
    // Bounded: of endpoints that are idle the oldest are forgotten, and begin anew.
    if (this.limits.size > maxRemembered) this.forgetIdle();
  }

  /** Those that are not as free as an unknown one, with what they have left. */
  exceptions(): readonly { readonly endpointId: string; readonly free: number }[] {
    return [...this.limits.keys(), ...[...this.underWay.keys()].filter((id) => !this.limits.has(id))].map(
      (endpointId) => ({ endpointId, free: this.free(endpointId) }),
    );
  }

  private forgetIdle(): void {
    for (const endpointId of this.limits.keys()) {
      if (!this.underWay.has(endpointId)) this.limits.delete(endpointId);
      if (this.limits.size <= maxRemembered / 2) return;
    }
  }
}

const maxRemembered = 1_000;

/** What an unknown endpoint may begin with. */
export const slotsAtFirst = atFirst;

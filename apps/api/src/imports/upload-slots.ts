const inAll = 16;
const perOrganization = 3;

/** How many files are taken in at once: each holds a piece of itself in memory, and a place on the database's disk. */
export class UploadSlots {
  private taken = 0;
  private readonly byOrganization = new Map<string, number>();

  /** How to leave the place again; why there is none. */
  take(organizationId: string): (() => void) | 'OWN_FULL' | 'FULL' {
    const own = this.byOrganization.get(organizationId) ?? 0;
    if (own >= perOrganization) return 'OWN_FULL';
    if (this.taken >= inAll) return 'FULL';
    this.taken += 1;
    this.byOrganization.set(organizationId, own + 1);
    return () => {
      this.taken -= 1;
      const others = (this.byOrganization.get(organizationId) ?? 1) - 1;
      if (others > 0) this.byOrganization.set(organizationId, others);
      else this.byOrganization.delete(organizationId);
    };
  }
}

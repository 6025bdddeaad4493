import { type ActiveContract, type holdCreditRooms, roomOf } from '#contracts';
import { creditKey, type HeldDesk } from '#routing';
import { owedUnder } from './decide-intake.js';
import type { KeptLead } from './intake.store.js';
import type { IntakeTerms, Placement } from './placement.store.js';

/** What buyers with a limit may still be charged, as it is held. */
export type Rooms = Awaited<ReturnType<typeof holdCreditRooms>>;

function desksOf({ leads }: Placement): ReadonlySet<HeldDesk> {
  const desks = new Set<HeldDesk>();
  for (const placed of leads.values()) if (placed.ok && placed.value.desk) desks.add(placed.value.desk);
  return desks;
}

/** Every contract under which leads of the batch may be sold. */
function contractsOf(placement: Placement): readonly ActiveContract[] {
  return [
    ...placement.terms.map(({ contract }) => contract),
    ...[...desksOf(placement)].flatMap(({ contracts }) => [...contracts.values()]),
  ];
}

/** The buyers whom the batch's terms and routes name and who are not among `known`. */
export function buyersBut(known: ReadonlySet<string>, placement: Placement): string[] {
  const others = new Set<string>();
  const add = (buyerId: string): void => {
    if (!known.has(buyerId)) others.add(buyerId);
  };
  for (const { contract } of placement.terms) add(contract.buyerId);
  for (const { compiled } of desksOf(placement))
    for (const buyerId of compiled.buyerNumbers.keys()) add(buyerId);
  return [...others];
}

/** Gives whoever decides the rooms of buyers that have a limit. */
export function setRooms(credit: Map<string, bigint>, rooms: Rooms, placement: Placement): void {
  if (rooms.size === 0) return;
  for (const { buyerId, terms } of contractsOf(placement)) {
    const { currency } = terms.baseRate;
    const room = roomOf(rooms, { buyerId, currency });
    const key = creditKey({ buyerId, currency });
    // One that is blocked stays so: its block may say more than the room.
    if (room !== undefined && credit.get(key) !== 0n) credit.set(key, room > 0n ? room : 0n);
  }
}

/** What the leads that are sold take of limits, by buyer and currency. */
export function creditUsesOf(kept: readonly KeptLead[], terms: readonly IntakeTerms[], rooms: Rooms) {
  if (rooms.size === 0) return [];
  const uses = new Map<string, { buyerId: string; currency: string; amountMinor: bigint }>();
  for (const { lead, groups } of kept) {
    if (lead.submission.test) continue;
    for (const k of groups) {
      const of = terms[k];
      if (!of || !rooms.has(of.contract.buyerId)) continue;
      const { buyerId } = of.contract;
      const { currency } = of.base;
      const key = creditKey({ buyerId, currency });
      const { amountMinor = 0n } = uses.get(key) ?? {};
      uses.set(key, { buyerId, currency, amountMinor: amountMinor + owedUnder(of) });
    }
  }
  return [...uses.values()];
}

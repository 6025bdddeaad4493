import type { ChargeComponent, ChargePart, ChargePayee, PricedCharge } from '#contracts';
import type { CurrencyCode } from '#money';
import { type Charge, keyOf } from './charge.js';

/** A charge that is still to be placed into a settlement and booked. */
export interface ChargeStep {
  readonly part: ChargePart;
  readonly payee: ChargePayee;
  readonly component: ChargeComponent;
  readonly dealId: string | null;
  readonly revision: number;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly inputMinor: bigint;
  readonly ratePpm: number | null;
  readonly effectiveAt: Date;
  readonly reverses: string | null;
  /** The charge that this step corrects; its settlement takes the step while it is open. */
  readonly corrects: Charge | null;
}

export interface ReconcileInput {
  readonly deliveryId: string;
  /** What the facts make owed now. */
  readonly wanted: readonly PricedCharge[];
  /** Every charge ever made for the delivery and its deals, reversals included. */
  readonly existing: readonly Charge[];
  /** Why something may have stopped being owed: the lead came back, or a fact was withdrawn. */
  readonly returned: boolean;
  /** When a correction takes effect. */
  readonly now: Date;
}

/**
 * What must be written so that the charges of a delivery equal what its facts make owed: a missing one is charged,
 * a different amount is restated by its delta, and what is no longer owed is mirrored, charge by charge. Running it
 * again on its own result gives nothing, so it does not matter which fact changed, or how often it was reported.
 */
export function reconcile(input: ReconcileInput): ChargeStep[] {
  const { deliveryId, wanted, existing } = input;
  const byKey = new Map<string, Charge[]>();
  for (const charge of existing) {
    const key = keyOf(charge);
    byKey.set(key, [...(byKey.get(key) ?? []), charge]);
  }
  const steps: ChargeStep[] = [];
  const wantedKeys = new Set<string>();
  for (const charge of wanted) {
    const key = keyOf({ ...charge, deliveryId });
    wantedKeys.add(key);
    const step = stepTowards(charge, byKey.get(key) ?? [], input.now);
    if (step) steps.push(step);
  }
  for (const [key, charges] of byKey) {
    if (!wantedKeys.has(key)) steps.push(...mirrorsOf(charges, input));
  }
  return steps;
}

function stepTowards(wanted: PricedCharge, earlier: readonly Charge[], now: Date): ChargeStep | undefined {
  const owedMinor = earlier.reduce((sum, charge) => sum + charge.amountMinor, 0n);
  const deltaMinor = wanted.amountMinor - owedMinor;
  if (deltaMinor === 0n) return undefined;
  const step = { ...wanted, revision: nextRevision(earlier), reverses: null };
  const [first] = liveOf(earlier);
  if (!first) return { ...step, corrects: null };
  return { ...step, component: 'RESTATEMENT', amountMinor: deltaMinor, effectiveAt: now, corrects: first };
}

function mirrorsOf(charges: readonly Charge[], { returned, now }: ReconcileInput): ChargeStep[] {
  const firstRevision = nextRevision(charges);
  return liveOf(charges).map((charge, index) => ({
    part: charge.part,
    payee: charge.payee,
    component: returned ? 'RETURN_CREDIT' : 'CLAWBACK',
    dealId: charge.dealId,
    revision: firstRevision + index,
    amountMinor: -charge.amountMinor,
    currency: charge.currency,
    inputMinor: charge.inputMinor,
    ratePpm: charge.ratePpm,
    effectiveAt: now,
    reverses: charge.id,
    corrects: charge,
  }));
}

/** Charges that are neither a reversal nor reversed, oldest first. */
function liveOf(charges: readonly Charge[]): Charge[] {
  const reversed = new Set(charges.map((charge) => charge.reverses));
  return charges
    .filter((charge) => charge.reverses === null && !reversed.has(charge.id))
    .sort((a, b) => a.revision - b.revision);
}

function nextRevision(charges: readonly Charge[]): number {
  return charges.reduce((highest, charge) => Math.max(highest, charge.revision), 0) + 1;
}

import {
  type AttributeRule,
  type OrderedValue,
  type ValueType,
  normalValue,
  orderOf,
} from './attribute-rule.js';
import type { Clause } from './clauses.js';
import { normalState, placeTest, postalBeginnings } from './geography.js';
import type { RoutableLead } from './routable-lead.js';
import { normalSource, sourceTest } from './source-rule.js';

/** A lead in the form that tests compare: filled anew for each one, and only with what some test asks for. */
export interface LeadFacts {
  country: string | null;
  state: string | null;
  postalBeginnings: readonly string[];
  channel: string | null;
  campaign: string | null;
  subId: string | null;
  /** By slot, see {@link LeadTests}; undefined: missing or no value of the type. */
  readonly values: (string | undefined)[];
  readonly orders: (OrderedValue | undefined)[];
}

type LeadTest = (facts: LeadFacts) => boolean;

interface Slot {
  readonly index: number;
  readonly type: ValueType;
  /** Some test asks for its order. */
  isOrdered: boolean;
}

/**
 * All conditions of a route on leads, each different one once: fifty entries that ask for the same state ask once per
 * lead. The conditions are added when the route is compiled; then leads are read one after the other.
 */
export class LeadTests {
  readonly facts: LeadFacts = {
    country: null,
    state: null,
    postalBeginnings: [],
    channel: null,
    campaign: null,
    subId: null,
    values: [],
    orders: [],
  };
  private readonly tests: LeadTest[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly slotsByKey = new Map<string, Slot[]>();
  /** By test: 0 not asked of this lead yet, 1 failed, 2 passed. */
  private answers = new Uint8Array(0);
  private asksForPlace = false;
  private asksForSource = false;

  /** The number of the condition's test; the same for the same condition. */
  add(clause: Clause): number {
    const key = JSON.stringify(clause);
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.tests.length;
    this.numbers.set(key, number);
    this.tests.push(this.testOf(clause));
    this.answers = new Uint8Array(this.tests.length);
    return number;
  }

  /** Takes up a lead; questions are about it from now on. */
  read(lead: RoutableLead): void {
    this.answers.fill(0);
    const { facts } = this;
    if (this.asksForPlace) {
      facts.country = lead.country === null ? null : lead.country.toUpperCase();
      facts.state = lead.state === null ? null : normalState(lead.state);
      facts.postalBeginnings = lead.postalCode === null ? [] : postalBeginnings(lead.postalCode);
    }
    if (this.asksForSource) this.readSource(lead.source);
    if (this.slotsByKey.size > 0) this.readAttributes(lead.attributes);
  }

  /** Whether the lead meets the condition of this number. */
  passes(number: number): boolean {
    const known = this.answers[number];
    if (known !== 0) return known === 2;
    const isMet = this.tests[number]?.(this.facts) ?? false;
    this.answers[number] = isMet ? 2 : 1;
    return isMet;
  }

  private readSource(source: RoutableLead['source']): void {
    const { channel = null, campaign = null, subId = null } = source ?? {};
    this.facts.channel = channel === null ? null : normalSource(channel);
    this.facts.campaign = campaign === null ? null : normalSource(campaign);
    this.facts.subId = subId === null ? null : normalSource(subId);
  }

  private readAttributes(attributes: RoutableLead['attributes']): void {
    const { values, orders } = this.facts;
    values.fill(undefined);
    orders.fill(undefined);
    for (const { key, value } of attributes) {
      const slots = this.slotsByKey.get(key);
      if (!slots) continue;
      for (const { index, type, isOrdered } of slots) {
        const normal = normalValue(type, value);
        values[index] = normal;
        if (isOrdered && normal !== undefined) orders[index] = orderOf(rangeTypeOf(type), normal);
      }
    }
  }

  private testOf(clause: Clause): LeadTest {
    switch (clause.kind) {
      case 'GEOGRAPHY':
        this.asksForPlace = true;
        return placeTest(clause.geography) ?? always;
      case 'SOURCES':
        this.asksForSource = true;
        return sourceTest(clause.sources) ?? always;
      case 'RULE':
        return this.ruleTest(clause.rule);
    }
  }

  private ruleTest(rule: AttributeRule): LeadTest {
    switch (rule.is) {
      case 'EQ':
      case 'IN': {
        const { index } = this.slotOf(rule.attribute, rule.type);
        const texts = rule.is === 'EQ' ? [rule.value] : rule.values;
        const wanted = new Set(texts.map((text) => normalValue(rule.type, text)));
        return ({ values }) => values[index] !== undefined && wanted.has(values[index]);
      }
      case 'RANGE':
        return this.rangeTest(rule);
      case 'EXISTS': {
        const { index } = this.slotOf(rule.attribute, rule.type);
        return ({ values }) => values[index] !== undefined;
      }
      case 'NOT': {
        const test = this.ruleTest(rule.rule);
        return (facts) => !test(facts);
      }
      case 'ANY': {
        const tests = rule.rules.map((each) => this.ruleTest(each));
        return (facts) => tests.some((test) => test(facts));
      }
      case 'ALL': {
        const tests = rule.rules.map((each) => this.ruleTest(each));
        return (facts) => tests.every((test) => test(facts));
      }
    }
  }

  private rangeTest({
    attribute,
    type,
    atLeast,
    atMost,
  }: AttributeRule & { readonly is: 'RANGE' }): LeadTest {
    const slot = this.slotOf(attribute, type);
    slot.isOrdered = true;
    const { index } = slot;
    const end = (text: string | null): OrderedValue | undefined => {
      const normal = text === null ? undefined : normalValue(type, text);
      return normal === undefined ? undefined : orderOf(type, normal);
    };
    const [least, most] = [end(atLeast), end(atMost)];
    return ({ orders }) => {
      const value = orders[index];
      return (
        value !== undefined &&
        (least === undefined || value >= least) &&
        (most === undefined || value <= most)
      );
    };
  }

  private slotOf(attribute: string, type: ValueType): Slot {
    const own = this.slotsByKey.get(attribute) ?? [];
    this.slotsByKey.set(attribute, own);
    const known = own.find((slot) => slot.type === type);
    if (known) return known;
    const slot: Slot = { index: this.facts.values.length, type, isOrdered: false };
    own.push(slot);
    this.facts.values.push(undefined);
    this.facts.orders.push(undefined);
    return slot;
  }
}

const always: LeadTest = () => true;

/** Ranges are compiled for types with an order only; the others are ordered by nothing and never asked. */
function rangeTypeOf(type: ValueType): 'INTEGER' | 'DECIMAL' | 'DATE' {
  return type === 'DECIMAL' || type === 'DATE' ? type : 'INTEGER';
}

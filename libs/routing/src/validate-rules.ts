import {
  type AttributeRule,
  type RangeType,
  normalValue,
  orderOf,
  partsOf,
  rangeTypes,
} from './attribute-rule.js';
import type { RawRule } from './raw-route.js';
import { type RoutedAttribute, routeLimits } from './route.js';
import { type Path, type RouteCheck, readEach } from './route-check.js';

export type Attributes = ReadonlyMap<string, RoutedAttribute>;

const kinds = [
  'EQ',
  'IN',
  'RANGE',
  'EXISTS',
  'NOT',
  'ANY',
  'ALL',
] as const satisfies readonly AttributeRule['is'][];
type Kind = (typeof kinds)[number];

/** In UTF-16 code units: as long as the value of an attribute may be. */
const longestText = 2_000;

const parts = ['attribute', 'value', 'values', 'atLeast', 'atMost', 'rule', 'rules'] as const;
const partsOfKind: Readonly<Record<Kind, readonly (typeof parts)[number][]>> = {
  EQ: ['attribute', 'value'],
  IN: ['attribute', 'values'],
  RANGE: ['attribute', 'atLeast', 'atMost'],
  EXISTS: ['attribute'],
  NOT: ['rule'],
  ANY: ['rules'],
  ALL: ['rules'],
};

/** Reads the rules of one entry against the attributes of the vertical's schema. */
export function readRules(
  check: RouteCheck,
  raw: readonly RawRule[],
  { path, attributes }: { readonly path: Path; readonly attributes: Attributes },
): readonly AttributeRule[] {
  if (!check.fits(raw, path, routeLimits.rulesPerEntry)) return [];
  return readEach(raw, path, (each, at) => {
    const rule = new RuleReader(check, attributes).read(each, { at, depth: 1 });
    if (rule && partsOf(rule).length > routeLimits.ruleParts) {
      check.refuse('TOO_MANY', at, `A rule may have at most ${routeLimits.ruleParts} parts.`);
    }
    return rule;
  });
}

interface Place {
  readonly at: Path;
  readonly depth: number;
}

class RuleReader {
  constructor(
    private readonly check: RouteCheck,
    private readonly attributes: Attributes,
  ) {}

  read(raw: RawRule, { at, depth }: Place): AttributeRule | undefined {
    const { check } = this;
    if (depth > routeLimits.ruleDepth) {
      check.refuse('TOO_MANY', at, `Rules may lie in each other ${routeLimits.ruleDepth} deep at most.`);
      return undefined;
    }
    const isText = this.hasOnlyText(raw, at);
    const is = check.oneOf(kinds, raw.is, [...at, 'is']);
    if (!isText || !is || !this.hasItsParts(raw, is, at)) return undefined;
    switch (is) {
      case 'NOT': {
        const rule = raw.rule ? this.read(raw.rule, { at: [...at, 'rule'], depth: depth + 1 }) : undefined;
        return rule && { is, rule };
      }
      case 'ANY':
      case 'ALL':
        return this.readSeveral(raw, is, { at, depth });
      default:
        return this.readOnAttribute(raw, is, at);
    }
  }

  /** What is no text at all is told where it stands, whether or not this kind of rule looks at it. */
  private hasOnlyText(raw: RawRule, at: Path): boolean {
    const given: readonly (readonly [Path, string])[] = [
      ...(['attribute', 'value', 'atLeast', 'atMost'] as const).flatMap((name) => {
        const text = raw[name];
        return typeof text === 'string' ? [[[...at, name], text] as const] : [];
      }),
      ...(raw.values ?? [])
        .slice(0, routeLimits.valuesPerRule)
        .map((text, index) => [[...at, 'values', String(index)], text] as const),
    ];
    const wrong = given.filter(([, text]) => text.length > longestText || /[\p{Cc}\p{Cs}]/u.test(text));
    for (const [path] of wrong) this.check.refuse('INVALID_VALUE', path);
    return wrong.length === 0;
  }

  private readSeveral(raw: RawRule, is: 'ANY' | 'ALL', { at, depth }: Place): AttributeRule | undefined {
    const given = raw.rules ?? [];
    const path = [...at, 'rules'];
    if (given.length === 0) this.check.refuse('REQUIRED', path);
    if (!this.check.fits(given, path, routeLimits.ruleParts)) return undefined;
    return {
      is,
      rules: readEach(given, path, (rule, place) => this.read(rule, { at: place, depth: depth + 1 })),
    };
  }

  private readOnAttribute(
    raw: RawRule,
    is: 'EQ' | 'IN' | 'RANGE' | 'EXISTS',
    at: Path,
  ): AttributeRule | undefined {
    const known = this.attributes.get(raw.attribute ?? '');
    if (!known) {
      this.check.refuse('INVALID_VALUE', [...at, 'attribute'], noSuchAttribute);
      return undefined;
    }
    const { key: attribute, type } = known;
    switch (is) {
      case 'EXISTS':
        return { is, attribute, type };
      case 'EQ': {
        const value = this.readValue(known, raw.value ?? '', [...at, 'value']);
        return value === undefined ? undefined : { is, attribute, type, value };
      }
      case 'IN': {
        const given = raw.values ?? [];
        const path = [...at, 'values'];
        if (given.length === 0) this.check.refuse('REQUIRED', path);
        if (!this.check.fits(given, path, routeLimits.valuesPerRule)) return undefined;
        return {
          is,
          attribute,
          type,
          values: readEach(given, path, (text, place) => this.readValue(known, text, place)),
        };
      }
      case 'RANGE':
        return this.readRange(known, raw, at);
    }
  }

  private readRange(known: RoutedAttribute, raw: RawRule, at: Path): AttributeRule | undefined {
    const { check } = this;
    const type: RangeType | undefined = rangeTypes.find((each) => each === known.type);
    if (!type) {
      const message = `Only ${rangeTypes.join(', ')} can lie in a range; this attribute is of type ${known.type}.`;
      check.refuse('INVALID_VALUE', [...at, 'is'], message);
      return undefined;
    }
    const end = (text: string | null | undefined, name: string): string | null =>
      typeof text === 'string' ? (this.readValue(known, text, [...at, name]) ?? null) : null;
    const atLeast = end(raw.atLeast, 'atLeast');
    const atMost = end(raw.atMost, 'atMost');
    if (typeof raw.atLeast !== 'string' && typeof raw.atMost !== 'string') {
      check.refuse('REQUIRED', at, 'A range needs atLeast, atMost or both.');
    }
    if (atLeast !== null && atMost !== null && orderOf(type, atLeast) > orderOf(type, atMost)) {
      check.refuse('INVALID_VALUE', [...at, 'atMost'], 'The range ends before it begins.');
    }
    return { is: 'RANGE', attribute: known.key, type, atLeast, atMost };
  }

  /** In the spelling in which it is to be shown; comparing does away with what does not count. */
  private readValue({ type, values }: RoutedAttribute, text: string, path: Path): string | undefined {
    const { check } = this;
    if (type === 'TEXT') return check.text(text, path, 1_000);
    const normal = normalValue(type, text);
    if (type === 'ENUM') {
      const found = values.find((value) => normalValue(type, value) === normal);
      if (found === undefined) check.refuse('INVALID_VALUE', path, 'The attribute has no such value.');
      return found;
    }
    if (normal === undefined) check.refuse('INVALID_VALUE', path, `This is no value of type ${type}.`);
    return normal;
  }

  /** Everything that the kind needs, and nothing that it would pass over in silence. */
  private hasItsParts(raw: RawRule, is: Kind, at: Path): boolean {
    const own = partsOfKind[is];
    const isGiven = (part: (typeof parts)[number]): boolean => raw[part] !== undefined && raw[part] !== null;
    const missing = own
      .filter((part) => is !== 'RANGE' || part === 'attribute')
      .filter((part) => !isGiven(part));
    const foreign = parts.filter((part) => isGiven(part) && !own.includes(part));
    for (const part of missing) this.check.refuse('REQUIRED', [...at, part]);
    for (const part of foreign) {
      this.check.refuse('INVALID_VALUE', [...at, part], `${is} takes ${own.join(', ')}.`);
    }
    return missing.length + foreign.length === 0;
  }
}

const noSuchAttribute =
  'The schema of the vertical has no attribute of this name that a rule may ask for; personal ones are none.';

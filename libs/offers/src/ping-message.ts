/** What a buyer is told of a lead before it says what it would pay: nothing by which a person is found. */
export interface PingFacts {
  /** Public ids: of the ask itself, of the lead if the buyer gets it, and of its contract. */
  readonly pingId: string;
  readonly leadId: string;
  readonly contractId: string;
  readonly vertical: string;
  readonly test: boolean;
  readonly country: string | null;
  readonly postalCode: string | null;
  /** Those that the schema calls not personal. */
  readonly attributes: readonly { readonly key: string; readonly value: string }[];
  readonly channel: string | null;
  readonly score: number | null;
}

/** The longest part of a postal code that is told. */
const longestPrefix = 3;

/**
 * The beginning of a postal code: what stands before its space (SW1A of SW1A 1AA), else three characters, and never all of it.
 * Null for one that is too short to be cut.
 */
export function postalPrefix(postalCode: string | null): string | null {
  if (postalCode === null) return null;
  const text = postalCode.trim();
  const space = text.search(/[\s-]/);
  const prefix =
    space > 0 && space <= longestPrefix + 1 ? text.slice(0, space) : text.slice(0, longestPrefix);
  return prefix.length < text.length ? prefix : null;
}

/** The body of a ping. The source is told by its channel alone: campaigns and sub ids are the agency's own. */
export function pingBody(
  facts: PingFacts,
  { at, answerWithinMs }: { readonly at: Date; readonly answerWithinMs: number },
): string {
  const { pingId, leadId, contractId, vertical, test, country, postalCode, attributes, channel, score } =
    facts;
  const data = {
    pingId,
    leadId,
    contractId,
    vertical,
    country,
    postalPrefix: postalPrefix(postalCode),
    attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, value])),
    source: { channel },
    score,
    answerWithinMs,
  };
  return JSON.stringify({ type: 'lead.ping', timestamp: at.toISOString(), test, data });
}

/**
 * Which of GraphQL's two media types a caller gets. Apollo would negotiate with a general library on every request; the three headers
 * that nearly everyone sends are answered here at once, and the rest by a small reading of RFC 9110's quality values.
 */
export const jsonType = 'application/json; charset=utf-8';
export const graphqlResponseType = 'application/graphql-response+json; charset=utf-8';

type MediaType = typeof jsonType | typeof graphqlResponseType;

/** The type for an `Accept` header; undefined when neither is acceptable (Apollo then answers 406). */
export function chooseMediaType(accept: string | undefined): MediaType | undefined {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json')
    return jsonType;
  if (accept === 'application/graphql-response+json') return graphqlResponseType;
  const ranges = accept.split(',', 32).map(readRange);
  const json = preference(ranges, 'application/json');
  const graphqlResponse = preference(ranges, 'application/graphql-response+json');
  if (json.quality === 0 && graphqlResponse.quality === 0) return undefined;
  if (json.quality !== graphqlResponse.quality)
    return json.quality > graphqlResponse.quality ? jsonType : graphqlResponseType;
  return graphqlResponse.specificity > 0 && graphqlResponse.position < json.position
    ? graphqlResponseType
    : jsonType;
}

interface Range {
  readonly type: string;
  readonly quality: number;
}

function readRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  const value = quality === undefined ? 1 : Number(quality.slice(2));
  return { type, quality: value >= 0 && value <= 1 ? value : 0 };
}

/** The most specific range decides (`type/subtype` before `type/*` before `* / *`), not the best one. */
function preference(
  ranges: readonly Range[],
  type: string,
): { quality: number; specificity: number; position: number } {
  const candidates = ['*/*', `${type.split('/', 1)[0] ?? ''}/*`, type];
  let best = { quality: 0, specificity: -1, position: Number.MAX_SAFE_INTEGER };
  ranges.forEach((range, position) => {
    const specificity = candidates.indexOf(range.type);
    if (specificity > best.specificity) best = { quality: range.quality, specificity, position };
  });
  return best;
}

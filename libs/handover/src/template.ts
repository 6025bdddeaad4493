import { type FieldName, isFieldName, readAttribute, readField, type SentLead } from './sent-lead.js';

type Part =
  | { readonly kind: 'TEXT'; readonly text: string }
  | { readonly kind: 'FIELD'; readonly name: FieldName }
  | { readonly kind: 'ATTRIBUTE'; readonly key: string };

/** Text with places for what is of the lead: `Dear {{contact.givenName}}`. */
export interface Template {
  readonly parts: readonly Part[];
}

/** Why a text is no template; the message never repeats it. */
export type TemplateFault = 'TOO_LONG' | 'UNSTORABLE' | 'TOO_MANY_PLACES' | 'NOT_CLOSED' | 'UNKNOWN_FIELD';

export const templateFaultMessages: Readonly<Record<TemplateFault, string>> = {
  TOO_LONG: 'The text is too long.',
  UNSTORABLE: 'The text has a control character or an incomplete Unicode character.',
  TOO_MANY_PLACES: 'At most 50 fields in one text.',
  NOT_CLOSED: 'After {{ must stand the name of a field and }}. Write a brace twice only for a field.',
  UNKNOWN_FIELD:
    'There is no such field. docs/delivery.md lists them; of attributes it is attributes. and the key.',
};

const maxPlaces = 50;
const longestKey = 64;

/** Reads a text of at most `maxLength` UTF-16 code units. Line breaks and tabs are allowed where `multiline` says so. */
export function readTemplate(
  text: string,
  { maxLength, multiline }: { readonly maxLength: number; readonly multiline: boolean },
): Template | TemplateFault {
  if (text.length > maxLength) return 'TOO_LONG';
  if (/\p{Cs}/u.test(text) || /\p{Cc}/u.test(multiline ? text.replaceAll(/[\n\t]/g, '') : text))
    return 'UNSTORABLE';
  const parts: Part[] = [];
  let places = 0;
  let rest = text;
  for (let open = rest.indexOf('{{'); open >= 0; open = rest.indexOf('{{')) {
    if (open > 0) parts.push({ kind: 'TEXT', text: rest.slice(0, open) });
    const close = rest.indexOf('}}', open);
    if (close < 0) return 'NOT_CLOSED';
    const part = readPlace(rest.slice(open + 2, close).trim());
    if (!part) return 'UNKNOWN_FIELD';
    places += 1;
    if (places > maxPlaces) return 'TOO_MANY_PLACES';
    parts.push(part);
    rest = rest.slice(close + 2);
  }
  if (rest !== '') parts.push({ kind: 'TEXT', text: rest });
  return { parts };
}

function readPlace(name: string): Part | undefined {
  if (isFieldName(name)) return { kind: 'FIELD', name };
  if (!name.startsWith('attributes.')) return undefined;
  const key = name.slice('attributes.'.length);
  return key !== '' && key.length <= longestKey && !/[{}]/.test(key) ? { kind: 'ATTRIBUTE', key } : undefined;
}

/** The attributes that a template names. */
export function attributesIn({ parts }: Template): readonly string[] {
  return parts.flatMap((part) => (part.kind === 'ATTRIBUTE' ? [part.key] : []));
}

/** The text of a lead; what the lead does not have is left out. */
export function renderTemplate({ parts }: Template, lead: SentLead): string {
  return parts.map((part) => renderPart(part, lead) ?? '').join('');
}

/** The same for people to read: no value begins a line, so that none passes for a line of the template's. */
export function renderInLines({ parts }: Template, lead: SentLead): string {
  const inLine = (part: Part) =>
    part.kind === 'TEXT' ? part.text : (renderPart(part, lead) ?? '').replaceAll(lineBreaks, ' ');
  return parts.map(inLine).join('');
}

const lineBreaks = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;

/** The same, but null where the template is nothing but a field that the lead does not have. */
export function renderNullable(template: Template, lead: SentLead): string | null {
  const [only, ...others] = template.parts;
  if (only && others.length === 0) return renderPart(only, lead);
  return renderTemplate(template, lead);
}

function renderPart(part: Part, lead: SentLead): string | null {
  switch (part.kind) {
    case 'TEXT':
      return part.text;
    case 'FIELD':
      return readField(lead, part.name);
    case 'ATTRIBUTE':
      return readAttribute(lead, part.key);
  }
}

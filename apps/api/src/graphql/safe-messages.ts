/**
 * Messages of graphql-js without the values in them. Its coercion, validation and syntax errors quote what the caller sent
 * ("Int cannot represent non-integer value: …"), which here may be a person's phone number on its way into a log or a ticket.
 * Each message is taken apart by the part that graphql-js itself wrote, and put together again from path and type alone.
 */
import { type DocumentNode, type GraphQLError, isValueNode, Kind, type ValueNode, visit } from 'graphql';
import { scalarHints } from './scalars.js';

/** The literal that a validation error is about, when it is about one. */
export function literalOf(error: GraphQLError): ValueNode | undefined {
  const node = error.nodes?.[0];
  return node && isValueNode(node) && node.kind !== Kind.VARIABLE ? node : undefined;
}

/** `input.leads.3.score`: where in the document a literal stands. Walks the document, so only for errors. */
export function pathOfLiteral(document: DocumentNode, literal: ValueNode): string | undefined {
  const path: (string | number)[] = [];
  let found: string | undefined;
  visit(document, {
    enter(node, key) {
      if (found !== undefined) return false;
      if (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD) path.push(node.name.value);
      if (node.kind === Kind.VARIABLE_DEFINITION) path.push(node.variable.name.value);
      if (typeof key === 'number' && isValueNode(node)) path.push(key);
      if (node === literal) found = path.join('.');
      return undefined;
    },
    leave(node, key) {
      const named =
        node.kind === Kind.ARGUMENT ||
        node.kind === Kind.OBJECT_FIELD ||
        node.kind === Kind.VARIABLE_DEFINITION;
      if (named || (typeof key === 'number' && isValueNode(node))) path.pop();
    },
  });
  return found;
}

/** A validation error's message; those about a literal name its path (or its position, which is in `locations`) and its type. */
export function safeValidationMessage(
  error: GraphQLError,
  path: string | undefined,
  suggestions: boolean,
): string {
  const ownWords = /^(?:Field "|OneOf Input Object ")/.test(error.message);
  if (literalOf(error) && !ownWords) return describe(path ?? 'A literal value', error.message);
  return suggestions ? error.message : withoutSuggestions(error.message);
}

/** What graphql-js appends when it guesses the schema's names. */
export function withoutSuggestions(message: string): string {
  return message.replace(/ ?Did you mean [^?]*\?$/, '');
}

/**
 * A variable's coercion error. The message is `Variable "$v" got invalid value <inspected value> at "v.path"; <reason>`: the reason
 * is known from the inner error, the path is the quoted tail in front of it, and a value cannot imitate either, because strings in
 * an inspected value are escaped JSON.
 */
export function safeCoercionMessage(error: GraphQLError): string {
  const reason = innerReason(error);
  const variable = /^Variable "\$(\w+)" /.exec(error.message)?.[1] ?? 'A variable';
  if (reason === undefined) {
    if (error.message.includes('" was not provided.')) return `${variable} is required.`;
    return error.message.endsWith('" must not be null.')
      ? `${variable} must not be null.`
      : `${variable} is not valid.`;
  }
  const prefix = error.message.slice(0, -(reason.length + 2));
  const at = / at "(\w+(?:\.\w+|\[\d+\])*)"$/.exec(prefix)?.[1];
  return describe((at ?? variable).replace(/\[(\d+)\]/g, '.$1'), reason);
}

function innerReason(error: GraphQLError): string | undefined {
  let inner: Error | undefined = error.originalError;
  while (inner && !error.message.endsWith(`; ${inner.message}`)) {
    inner =
      'originalError' in inner && inner.originalError instanceof Error ? inner.originalError : undefined;
  }
  return inner?.message;
}

/** Path and reason; the reason is recognized by the words graphql-js put around the value, and the value is dropped. */
function describe(path: string, reason: string): string {
  const required = /^Field "(\w+)" of required type "[^"]*" was not provided\.$/.exec(reason)?.[1];
  if (required) return `${path}.${required} is required.`;
  const unknown = /^Field "(\w{1,64})" is not defined by type "(\w+)"\./.exec(reason);
  if (unknown) return `${path}.${unknown[1]} is not a field of ${unknown[2]}.`;
  if (/^Expected non-nullable type "[^"]*" not to be null\.$/.test(reason))
    return `${path} must not be null.`;
  if (/^Expected value of type "[^"]*!", found null\.$/.test(reason)) return `${path} must not be null.`;
  if (/^Exactly one key must be specified for OneOf type "\w+"\.$/.test(reason))
    return `${path} must have exactly one field.`;
  const type =
    /^(\w+) cannot represent /.exec(reason)?.[1] ??
    /^Expected (?:value of )?type "\[*(\w+)[\]!]*"/.exec(reason)?.[1] ??
    /^Enum "(\w+)" cannot represent /.exec(reason)?.[1] ??
    /^.* does not exist in "(\w+)" enum\./s.exec(reason)?.[1];
  if (!type) return `${path} is not valid.`;
  const hint = scalarHints[type];
  return `${path} is not a valid ${type}${hint ? ` (${hint})` : ''}.`;
}

/** A syntax error: what was expected and the kind of what was found, not its text. The position is in `locations`. */
export function safeSyntaxMessage(message: string): string {
  const expected = /^Syntax Error: Expected (\w+|"[^"\w]{1,3}"|"\w+"), found /.exec(message)?.[1];
  if (expected) return `Syntax Error: expected ${expected}.`;
  if (/^Syntax Error: Unterminated string/.test(message)) return 'Syntax Error: unterminated string.';
  return 'Syntax Error: the document is not GraphQL from this position on.';
}

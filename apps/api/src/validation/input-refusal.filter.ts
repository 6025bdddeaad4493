import { type ArgumentsHost, BadRequestException, Catch, type ExceptionFilter } from '@nestjs/common';
import {
  getNamedType,
  getNullableType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { badUserInput } from '../graphql/errors.js';
import { toUserErrors } from '../graphql/user-error.js';
import { InputRefused } from './input-validation.pipe.js';

/**
 * Refused input is an expected failure: a mutation answers it as `userErrors` in its own payload, like a refusal of
 * the domain. A query has no place for them, so there it is BAD_USER_INPUT (400) with the path of the argument.
 */
@Catch(InputRefused)
export class InputRefusalFilter implements ExceptionFilter<InputRefused> {
  catch(refused: InputRefused, host: ArgumentsHost): unknown {
    if (host.getType<string>() !== 'graphql') throw new BadRequestException();
    const info = host.getArgByIndex<GraphQLResolveInfo>(3);
    const payload = emptyPayload(info.returnType);
    if (payload) return { ...payload, userErrors: toUserErrors(refused.refusals) };
    const [first] = refused.refusals;
    return badUserInput(first?.field?.join('.') ?? '', first?.message ?? 'The input is not valid.');
  }
}

/** A payload in which nothing happened: empty lists, false, and null. Undefined when the type has no `userErrors`. */
function emptyPayload(returnType: GraphQLOutputType): Record<string, unknown> | undefined {
  const type = getNullableType(returnType);
  if (!isObjectType(type)) return undefined;
  const fields = type.getFields();
  if (!fields['userErrors']) return undefined;
  return Object.fromEntries(Object.values(fields).map((field) => [field.name, emptyValue(field.type)]));
}

function emptyValue(type: GraphQLOutputType): unknown {
  if (!isNonNullType(type)) return null;
  if (isListType(type.ofType)) return [];
  return getNamedType(type).name === 'Boolean' ? false : null;
}

import { GraphQLError, GraphQLScalarType } from 'graphql';

/** What differs from type to type and is told whole; never an input. */
export const JsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'A JSON value; what is in it says the documentation of its field. Never an input.',
  serialize: (value) => value,
  parseValue: refuse,
  parseLiteral: refuse,
});

function refuse(): never {
  throw new GraphQLError('JSON cannot represent this value: expected another one.');
}

// Made by scripts/generate-stripe-schemas.mjs from the parameter types of the SDK: run it, do not edit this.
const listJson =
  '{"type":"object","properties":{"ending_before":{"type":"string"},"limit":{"type":"integer"},"starting_after":{"type":"string"},"created":{"anyOf":[{"type":"object","properties":{"gt":{"type":"integer"},"gte":{"type":"integer"},"lt":{"type":"integer"},"lte":{"type":"integer"}},"additionalProperties":false},{"type":"integer"}]},"delivery_success":{"type":"boolean"},"expand":{"type":"array","items":{"type":"string"}},"type":{"type":"string"},"types":{"type":"array","items":{"type":"string"}}},"additionalProperties":false}';
export const eventsSchemas: Readonly<Record<string, string>> = {
  list: listJson,
};

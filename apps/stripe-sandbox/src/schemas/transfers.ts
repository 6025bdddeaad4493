// Made by scripts/generate-stripe-schemas.mjs from the parameter types of the SDK: run it, do not edit this.
const createJson =
  '{"type":"object","properties":{"currency":{"type":"string"},"destination":{"type":"string"},"amount":{"type":"integer"},"description":{"type":"string"},"expand":{"type":"array","items":{"type":"string"}},"metadata":{"type":"object","additionalProperties":{"type":["string","integer","null"]}},"source_transaction":{"type":"string"},"source_type":{"type":"string"},"transfer_group":{"type":"string"}},"required":["currency","destination"],"additionalProperties":false}';
const updateJson =
  '{"type":"object","properties":{"description":{"type":"string"},"expand":{"type":"array","items":{"type":"string"}},"metadata":{"anyOf":[{"type":"null"},{"type":"string","const":""},{"type":"object","additionalProperties":{"type":["string","integer","null"]}}]}},"additionalProperties":false}';
const listJson =
  '{"type":"object","properties":{"ending_before":{"type":"string"},"limit":{"type":"integer"},"starting_after":{"type":"string"},"created":{"anyOf":[{"type":"object","properties":{"gt":{"type":"integer"},"gte":{"type":"integer"},"lt":{"type":"integer"},"lte":{"type":"integer"}},"additionalProperties":false},{"type":"integer"}]},"destination":{"type":"string"},"expand":{"type":"array","items":{"type":"string"}},"transfer_group":{"type":"string"}},"additionalProperties":false}';
const reverseJson =
  '{"type":"object","properties":{"amount":{"type":"integer"},"description":{"type":"string"},"expand":{"type":"array","items":{"type":"string"}},"metadata":{"anyOf":[{"type":"null"},{"type":"string","const":""},{"type":"object","additionalProperties":{"type":["string","integer","null"]}}]},"refund_application_fee":{"type":"boolean"}},"additionalProperties":false}';
const reversalsJson =
  '{"type":"object","properties":{"ending_before":{"type":"string"},"limit":{"type":"integer"},"starting_after":{"type":"string"},"expand":{"type":"array","items":{"type":"string"}}},"additionalProperties":false}';
export const transfersSchemas: Readonly<Record<string, string>> = {
  create: createJson,
  update: updateJson,
  list: listJson,
  reverse: reverseJson,
  reversals: reversalsJson,
};

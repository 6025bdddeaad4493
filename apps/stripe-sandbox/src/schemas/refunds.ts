// Made by scripts/generate-stripe-schemas.mjs from the parameter types of the SDK: run it, do not edit this.
const createJson =
  '{"type":"object","properties":{"amount":{"type":"integer"},"charge":{"type":"string"},"currency":{"type":"string"},"customer":{"type":"string"},"expand":{"type":"array","items":{"type":"string"}},"instructions_email":{"type":"string"},"metadata":{"anyOf":[{"type":"null"},{"type":"string","const":""},{"type":"object","additionalProperties":{"type":["string","integer","null"]}}]},"origin":{"type":"string","const":"customer_balance"},"payment_intent":{"type":"string"},"reason":{"type":"string"},"refund_application_fee":{"type":"boolean"},"reverse_transfer":{"type":"boolean"}},"additionalProperties":false}';
const updateJson =
  '{"type":"object","properties":{"expand":{"type":"array","items":{"type":"string"}},"metadata":{"anyOf":[{"type":"null"},{"type":"string","const":""},{"type":"object","additionalProperties":{"type":["string","integer","null"]}}]}},"additionalProperties":false}';
const listJson =
  '{"type":"object","properties":{"ending_before":{"type":"string"},"limit":{"type":"integer"},"starting_after":{"type":"string"},"charge":{"type":"string"},"created":{"anyOf":[{"type":"object","properties":{"gt":{"type":"integer"},"gte":{"type":"integer"},"lt":{"type":"integer"},"lte":{"type":"integer"}},"additionalProperties":false},{"type":"integer"}]},"expand":{"type":"array","items":{"type":"string"}},"payment_intent":{"type":"string"}},"additionalProperties":false}';
const cancelJson =
  '{"type":"object","properties":{"expand":{"type":"array","items":{"type":"string"}}},"additionalProperties":false}';
export const refundsSchemas: Readonly<Record<string, string>> = {
  create: createJson,
  update: updateJson,
  list: listJson,
  cancel: cancelJson,
};

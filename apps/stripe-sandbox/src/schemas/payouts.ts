// Made by scripts/generate-stripe-schemas.mjs from the parameter types of the SDK: run it, do not edit this.
const createJson =
  '{"type":"object","properties":{"amount":{"type":"integer"},"currency":{"type":"string"},"description":{"type":"string"},"destination":{"type":"string"},"expand":{"type":"array","items":{"type":"string"}},"metadata":{"type":"object","additionalProperties":{"type":["string","integer","null"]}},"method":{"type":"string"},"payout_method":{"type":"string"},"source_type":{"type":"string"},"statement_descriptor":{"type":"string"}},"required":["amount","currency"],"additionalProperties":false}';
const listJson =
  '{"type":"object","properties":{"ending_before":{"type":"string"},"limit":{"type":"integer"},"starting_after":{"type":"string"},"arrival_date":{"anyOf":[{"type":"object","properties":{"gt":{"type":"integer"},"gte":{"type":"integer"},"lt":{"type":"integer"},"lte":{"type":"integer"}},"additionalProperties":false},{"type":"integer"}]},"created":{"anyOf":[{"type":"object","properties":{"gt":{"type":"integer"},"gte":{"type":"integer"},"lt":{"type":"integer"},"lte":{"type":"integer"}},"additionalProperties":false},{"type":"integer"}]},"destination":{"type":"string"},"expand":{"type":"array","items":{"type":"string"}},"status":{"type":"string"}},"additionalProperties":false}';
const cancelJson =
  '{"type":"object","properties":{"expand":{"type":"array","items":{"type":"string"}}},"additionalProperties":false}';
const topupJson =
  '{"type":"object","properties":{"amount":{"type":"integer"},"currency":{"type":"string"},"description":{"type":"string"},"expand":{"type":"array","items":{"type":"string"}},"metadata":{"anyOf":[{"type":"null"},{"type":"string","const":""},{"type":"object","additionalProperties":{"type":["string","integer","null"]}}]},"payment_method":{"type":"string"},"payment_method_options":{},"source":{"type":"string"},"statement_descriptor":{"type":"string"},"transfer_group":{"type":"string"}},"required":["amount","currency"],"additionalProperties":false}';
const topupsJson =
  '{"type":"object","properties":{"ending_before":{"type":"string"},"limit":{"type":"integer"},"starting_after":{"type":"string"},"amount":{"anyOf":[{"type":"object","properties":{"gt":{"type":"integer"},"gte":{"type":"integer"},"lt":{"type":"integer"},"lte":{"type":"integer"}},"additionalProperties":false},{"type":"integer"}]},"created":{"anyOf":[{"type":"object","properties":{"gt":{"type":"integer"},"gte":{"type":"integer"},"lt":{"type":"integer"},"lte":{"type":"integer"}},"additionalProperties":false},{"type":"integer"}]},"expand":{"type":"array","items":{"type":"string"}},"status":{"type":"string"}},"additionalProperties":false}';
export const payoutsSchemas: Readonly<Record<string, string>> = {
  create: createJson,
  list: listJson,
  cancel: cancelJson,
  topup: topupJson,
  topups: topupsJson,
};

// Made by scripts/generate-stripe-schemas.mjs from the parameter types of the SDK: run it, do not edit this.
const transactionsJson =
  '{"type":"object","properties":{"ending_before":{"type":"string"},"limit":{"type":"integer"},"starting_after":{"type":"string"},"created":{"anyOf":[{"type":"object","properties":{"gt":{"type":"integer"},"gte":{"type":"integer"},"lt":{"type":"integer"},"lte":{"type":"integer"}},"additionalProperties":false},{"type":"integer"}]},"currency":{"type":"string"},"expand":{"type":"array","items":{"type":"string"}},"payout":{"type":"string"},"source":{"type":"string"},"type":{"type":"string"}},"additionalProperties":false}';
export const balanceSchemas: Readonly<Record<string, string>> = {
  transactions: transactionsJson,
};

// Made by scripts/generate-stripe-schemas.mjs from the parameter types of the SDK: run it, do not edit this.
const listJson =
  '{"type":"object","properties":{"ending_before":{"type":"string"},"limit":{"type":"integer"},"starting_after":{"type":"string"},"created":{"anyOf":[{"type":"object","properties":{"gt":{"type":"integer"},"gte":{"type":"integer"},"lt":{"type":"integer"},"lte":{"type":"integer"}},"additionalProperties":false},{"type":"integer"}]},"customer":{"type":"string"},"expand":{"type":"array","items":{"type":"string"}},"payment_intent":{"type":"string"},"transfer_group":{"type":"string"}},"additionalProperties":false}';
const updateJson =
  '{"type":"object","properties":{"customer":{"type":"string"},"description":{"type":"string"},"expand":{"type":"array","items":{"type":"string"}},"fraud_details":{"type":"object","properties":{"user_report":{"anyOf":[{"type":"string"},{"type":["null","string"],"enum":[null,"","fraudulent","safe"]}]}},"required":["user_report"],"additionalProperties":false},"metadata":{"anyOf":[{"type":"null"},{"type":"string","const":""},{"type":"object","additionalProperties":{"type":["string","integer","null"]}}]},"receipt_email":{"type":"string"},"shipping":{},"transfer_group":{"type":"string"}},"additionalProperties":false}';
export const chargesSchemas: Readonly<Record<string, string>> = {
  list: listJson,
  update: updateJson,
};

// Made by scripts/generate-stripe-schemas.mjs from the parameter types of the SDK: run it, do not edit this.
const createJson =
  '{"type":"object","properties":{"allow_redisplay":{"type":"string"},"billing_details":{"type":"object","properties":{"address":{"anyOf":[{"type":"null"},{"type":"string","const":""},{"type":"object","properties":{"city":{"type":"string"},"country":{"type":"string"},"line1":{"type":"string"},"line2":{"type":"string"},"postal_code":{"type":"string"},"state":{"type":"string"}},"additionalProperties":false}]},"email":{"type":["string","null"]},"name":{"type":["string","null"]},"phone":{"type":["string","null"]},"tax_id":{"type":"string"}},"additionalProperties":false},"card":{"type":"object","properties":{"cvc":{"type":"string"},"exp_month":{"type":"integer"},"exp_year":{"type":"integer"},"networks":{"type":"object","properties":{"preferred":{"type":"string"}},"additionalProperties":false},"number":{"type":"string"},"token":{"type":"string"}},"additionalProperties":false},"customer":{"type":"string"},"expand":{"type":"array","items":{"type":"string"}},"metadata":{"type":"object","additionalProperties":{"type":["string","integer","null"]}},"payment_method":{"type":"string"},"type":{"type":"string"},"us_bank_account":{"type":"object","properties":{"account_holder_type":{"type":"string"},"account_number":{"type":"string"},"account_type":{"type":"string"},"financial_connections_account":{"type":"string"},"routing_number":{"type":"string"}},"additionalProperties":false}},"additionalProperties":false}';
const attachJson =
  '{"type":"object","properties":{"customer":{"type":"string"},"customer_account":{"type":"string"},"expand":{"type":"array","items":{"type":"string"}}},"additionalProperties":false}';
const detachJson =
  '{"type":"object","properties":{"expand":{"type":"array","items":{"type":"string"}}},"additionalProperties":false}';
const listJson =
  '{"type":"object","properties":{"ending_before":{"type":"string"},"limit":{"type":"integer"},"starting_after":{"type":"string"},"allow_redisplay":{"type":"string"},"customer":{"type":"string"},"customer_account":{"type":"string"},"expand":{"type":"array","items":{"type":"string"}},"type":{"type":"string"}},"additionalProperties":false}';
export const paymentMethodsSchemas: Readonly<Record<string, string>> = {
  create: createJson,
  attach: attachJson,
  detach: detachJson,
  list: listJson,
};

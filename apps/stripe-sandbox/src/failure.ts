import type { Stripe } from 'stripe';

/** The inside of Stripe's `error`. */
export interface ErrorBody {
  readonly type?: string;
  readonly code?: string;
  readonly message: string;
  readonly param?: string;
  readonly decline_code?: string;
  readonly charge?: string;
  readonly payment_intent?: Stripe.PaymentIntent;
  readonly setup_intent?: Stripe.SetupIntent;
  readonly payment_method?: unknown;
  readonly doc_url?: string;
}

/** A request that Stripe answers with an error. */
export class Failure extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
    /** A declined payment leaves its charge and its intent behind; other refusals leave nothing. */
    readonly keepsEffects = false,
  ) {
    super(body.message);
  }
}

export function invalid(message: string, details: { param?: string; code?: string } = {}): Failure {
  return new Failure(400, { type: 'invalid_request_error', message, ...details });
}

export function missing(kind: string, id: string, param = 'id'): Failure {
  return new Failure(404, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${kind}: '${id}'`,
    param,
  });
}

/** As `missing`, where the id stood in a parameter and not in the path. */
export function missingParam(kind: string, id: string, param: string): Failure {
  return new Failure(400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${kind}: '${id}'`,
    param,
  });
}

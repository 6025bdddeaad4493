import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isConnectionFailure } from '#database';
import { ReceiveEvent } from '#payments';
import type { PublicErrorCode } from '../graphql/index.js';
import type { Log } from '../../../process/src/log.js';

/** Where the payment provider sends its events; what an operator enters there. */
export const stripeWebhookPath = '/stripe/webhooks';

/** Stripe's events are some kilobytes. */
const maxEventBytes = 262_144;

/**
 * Takes the provider's events: verifies, keeps, answers. A route of its own kind, because a signature is of the bytes:
 * everywhere else the server has read them as JSON by the time anybody sees them. Nothing of a body is ever logged.
 */
export function installStripeWebhook(app: NestFastifyApplication, log: Log): void {
  const receive = app.get(ReceiveEvent, { strict: false });
  void app
    .getHttpAdapter()
    .getInstance()
    .register((server, _options, done) => {
      server.removeAllContentTypeParsers();
      server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));
      server.post(stripeWebhookPath, { bodyLimit: maxEventBytes }, async (request, reply) =>
        answer(reply, await received(receive, log, request)),
      );
      done();
    });
}

type Received = 'TAKEN' | 'REFUSED' | 'UNAVAILABLE';

async function received(receive: ReceiveEvent, log: Log, request: FastifyRequest): Promise<Received> {
  const { body } = request;
  const signature = request.headers['stripe-signature'];
  if (!Buffer.isBuffer(body) || typeof signature !== 'string') return 'REFUSED';
  try {
    return (await receive.execute(body, signature)) === 'REFUSED' ? 'REFUSED' : 'TAKEN';
  } catch (error) {
    // The provider sends it again, for days.
    const fields = { requestId: request.id, error };
    if (isConnectionFailure(error)) log.warn('an event of the payment provider could not be kept', fields);
    else log.error('an event of the payment provider could not be kept', fields);
    return 'UNAVAILABLE';
  }
}

async function answer(reply: FastifyReply, result: Received): Promise<FastifyReply> {
  void reply.header('cache-control', 'no-store');
  if (result === 'TAKEN') return reply.code(200).send({ received: true });
  if (result === 'REFUSED') {
    const message =
      'This is no event that the payment provider has signed for this endpoint in the last five minutes.';
    return reply.code(400).send(failure(400, 'BAD_SIGNATURE', message));
  }
  const message = 'It could not be kept. Send it again.';
  return reply
    .code(503)
    .header('retry-after', '5')
    .send(failure(503, 'UNAVAILABLE', message));
}

function failure(statusCode: number, code: PublicErrorCode, message: string): object {
  return { statusCode, code, message };
}

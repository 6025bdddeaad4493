import { Global, Inject, Module } from '@nestjs/common';
import { collectionsHandlers, CollectionsModule } from '#collections';
import type { Config } from '#config';
import type { DueWork } from '#jobs';
import {
  ApplyEvents,
  guardedProvider,
  HandlerRegistry,
  MirrorFunds,
  type PaymentHandlers,
  type PaymentProvider,
  PaymentsModule,
  SendOperations,
  SweepUnfinished,
  TokenBucket,
} from '#payments';
import { payoutHandlers, PayoutsModule } from '#payouts';
import { createStripeProvider } from '#stripe';

/** Nest token of the list of PaymentWork, in the order in which it is done; empty when payments are off. */
export const paymentWork = 'PaymentWork';

/** What the payment loop does again and again. */
export interface PaymentWork extends DueWork {
  /** `signal`: begin nothing more. */
  readonly run: (now: Date, limit: number, signal?: AbortSignal) => Promise<number>;
}

/** What Stripe takes each second at one endpoint, whatever it takes in all. */
const perEndpoint = 25;

/** The one door to the payment provider, for every library of a process. */
@Global()
@Module({
  providers: [
    {
      provide: 'PaymentProvider',
      inject: ['Config'],
      useFactory: ({ stripe }: Config): PaymentProvider | null =>
        stripe === null
          ? null
          : guardedProvider(
              createStripeProvider(stripe),
              new TokenBucket(stripe.requestsPerSecond),
              perEndpoint,
            ),
    },
  ],
  exports: ['PaymentProvider'],
})
class PaymentProviderModule {}

/** Puts together what the libraries around payments contribute. Needs 'Config', 'Clock', 'Log' and the database module. */
@Module({
  imports: [PaymentProviderModule, PaymentsModule, CollectionsModule, PayoutsModule],
  providers: [
    {
      provide: paymentWork,
      inject: [
        'Config',
        ...[SendOperations, ApplyEvents, SweepUnfinished, MirrorFunds],
        ...[collectionsHandlers, payoutHandlers],
      ],
      useFactory: workOf,
    },
  ],
  exports: [PaymentsModule, CollectionsModule, PayoutsModule, paymentWork],
})
export class PaymentsProcessModule {
  constructor(
    registry: HandlerRegistry,
    @Inject(collectionsHandlers) collections: PaymentHandlers,
    @Inject(payoutHandlers) payouts: PaymentHandlers,
  ) {
    registry.add(collections);
    registry.add(payouts);
  }
}

function workOf(
  ...[{ stripe }, send, events, sweep, mirror, collections, payouts]: [
    Config,
    SendOperations,
    ApplyEvents,
    SweepUnfinished,
    MirrorFunds,
    PaymentHandlers,
    PaymentHandlers,
  ]
): readonly PaymentWork[] {
  if (stripe === null) return [];
  const sendOperations: PaymentWork = {
    name: 'send-operations',
    run: (now, limit, signal) => send.execute(now, limit, signal),
  };
  return [
    ...collections.dueWork,
    sendOperations,
    { name: 'apply-events', run: (now, limit) => events.execute(now, limit) },
    { name: 'sweep-unfinished', run: (now, limit) => sweep.execute(now, limit, 'URGENT') },
    ...payouts.dueWork,
    // What was just decided goes out in the same round.
    sendOperations,
    { name: 'mirror-funds', run: (now) => mirror.catchUp(now) },
    { name: 'sweep-routine', isRoutine: true, run: (now, limit) => sweep.execute(now, limit, 'ROUTINE') },
  ];
}

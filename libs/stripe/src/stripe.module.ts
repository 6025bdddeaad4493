import { Module } from '@nestjs/common';
import type { Config } from '#config';
import type { PaymentProvider } from '#payments';
import { createStripeProvider } from './stripe-provider.js';

/** The token 'PaymentProvider': Stripe as the settings say, or null when payments are off. Needs 'Config'. */
@Module({
  providers: [
    {
      provide: 'PaymentProvider',
      inject: ['Config'],
      useFactory: ({ stripe }: Pick<Config, 'stripe'>): PaymentProvider | null =>
        stripe === null ? null : createStripeProvider(stripe),
    },
  ],
  exports: ['PaymentProvider'],
})
export class StripeModule {}

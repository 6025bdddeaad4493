import { Args, Query, Resolver } from '@nestjs/graphql';
import { Database } from '#database';
import { runInvariants, trialBalances } from '#ledger';
import { parseCurrency } from '#money';
import { allInvariants } from '../../../process/src/all-invariants.js';
import { Requires } from '../access/index.js';
import { badUserInput, CurrencyCodeScalar } from '../graphql/index.js';
import { LedgerInvariantType, TrialBalanceType, trialBalanceTypeOf } from './ledger.types.js';

@Resolver()
export class LedgerResolver {
  constructor(private readonly database: Database) {}

  @Requires('ledger:read')
  @Query(() => TrialBalanceType, { description: 'Over all books.' })
  async trialBalance(
    @Args('currency', { type: () => CurrencyCodeScalar }) text: string,
  ): Promise<TrialBalanceType> {
    const currency = parseCurrency(text);
    if (currency === undefined) throw badUserInput('currency', 'The currency must be an ISO 4217 code.');
    const [balance] = await trialBalances(this.database, { currency });
    return trialBalanceTypeOf(currency, balance);
  }

  @Requires('ledger:read')
  @Query(() => [LedgerInvariantType], {
    description: 'Checks every rule of the books, over everything that was ever booked: it takes its time.',
  })
  async ledgerInvariants(): Promise<readonly LedgerInvariantType[]> {
    return await runInvariants(this.database, allInvariants);
  }
}

import { Inject } from '@nestjs/common';
import { Int, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import DataLoader from 'dataloader';
import { ApprovalQueries, type SubjectApproval } from '#approvals';
import type { Clock } from '#calendar';
import { approvalSubject, type Settlement, type SettlementState } from '#settlements';
import { type LoaderFactory, Loaders, RequestLoaders } from '../access/index.js';
import { SettlementLoaders } from './settlements.loaders.js';
import { approvalTypeOf, SettlementApprovalType, SettlementType } from './settlements.types.js';

const maxBatchSize = 500;
// A later mutation of the same request may change what they show.
const afresh = { cache: false, maxBatchSize };
/** In these nothing that was approved before counts any more. */
const withoutApprovals: ReadonlySet<SettlementState> = new Set<SettlementState>(['OPEN', 'DRAFT', 'VOIDED']);

/** Who approved a settlement, and how many people it takes. */
@Resolver(() => SettlementType)
export class SettlementApprovalsResolver {
  private readonly given: LoaderFactory<Settlement, readonly SubjectApproval[]>;
  private readonly approvedAlone: LoaderFactory<Settlement, bigint>;

  constructor(
    private readonly queries: ApprovalQueries,
    private readonly load: SettlementLoaders,
    @Inject('Clock') clock: Clock,
  ) {
    this.given = () => new DataLoader((asked) => approvalsOf(queries, asked), afresh);
    this.approvedAlone = (actor) =>
      new DataLoader(async (asked) => {
        // What the agency's other buyers were billed is not for this one to know, not even as a sum.
        const agencyIds = actor.kind === 'BUYER' ? [] : [...new Set(asked.map(({ agencyId }) => agencyId))];
        const sums = await queries.approvedAlone(agencyIds, clock.now());
        return asked.map(({ agencyId, currency }) => sums.get(`${agencyId} ${currency}`) ?? 0n);
      }, afresh);
  }

  @ResolveField(() => [SettlementApprovalType], {
    description: 'The approvals that count, oldest first. Rejecting and voiding discard them.',
  })
  async approvals(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: SettlementType,
  ): Promise<SettlementApprovalType[]> {
    return (await loaders.of(this.given).load(of)).map(approvalTypeOf);
  }

  @ResolveField(() => Int, {
    description:
      'How many different people must approve, 1 or 2, by what is known now; once it is approved, how many it took. ' +
      'Two where its amount, with all that one person alone approved for the agency in this currency within 24 hours, ' +
      'is above the limit that the operator has set.',
  })
  async approvalsNeeded(
    @Loaders() loaders: RequestLoaders,
    @Parent() settlement: SettlementType,
  ): Promise<number> {
    const { of } = settlement;
    if (of.approvalsNeeded !== null) return of.approvalsNeeded;
    const [{ agencyMinor, feeMinor }, aloneMinor, earlier] = await Promise.all([
      this.load.totals(loaders, of),
      loaders.of(this.approvedAlone).load(of),
      loaders.of(this.given).load(of),
    ]);
    const { currency } = of;
    return this.queries.needed({ currency, amountMinor: agencyMinor + feeMinor, aloneMinor, earlier });
  }
}

async function approvalsOf(
  queries: ApprovalQueries,
  asked: readonly Settlement[],
): Promise<SubjectApproval[][]> {
  const approvable = asked.filter(({ state }) => !withoutApprovals.has(state));
  const found = await queries.ofSubjects(
    approvable.map(({ agencyId, id }) => ({ bookId: agencyId, subject: approvalSubject(id) })),
  );
  return asked.map(({ id, state, version }) => {
    const given = withoutApprovals.has(state)
      ? []
      : found.filter(({ subject }) => subject === approvalSubject(id));
    // Those of an earlier submission were discarded when it was rejected.
    return state === 'IN_REVIEW' ? given.filter(({ round }) => round === version) : given;
  });
}

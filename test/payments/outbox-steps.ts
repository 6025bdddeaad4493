import { type PaymentsTest, secondMs } from './open-payments.js';

export const transfers = { method: 'POST', path: '/v1/transfers' } as const;

export async function sendAll(payments: PaymentsTest): Promise<number> {
  return await payments.send.execute(payments.now(), 100);
}

/** Goes on, time after time, until nothing is under way. */
export async function drain(payments: PaymentsTest): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    await sendAll(payments);
    const counts = await payments.countsByState();
    if (!counts.READY && !counts.UNKNOWN && !counts.SENDING) return;
    payments.advance(20 * 60 * secondMs);
  }
  throw new Error('operations do not come to an end');
}

/** What was logged at this level. */
export function messages(payments: PaymentsTest, level: number): unknown[] {
  return payments.lines.filter((line) => line['level'] === level).map((line) => line['msg']);
}

/** What a worker leaves that dies with the operation in its hands, some time after its lease ended. */
export async function dieWith(payments: PaymentsTest, id: string): Promise<void> {
  await payments.database.query(
    `update stripe_operations set state = 'SENDING', fence = fence + 1, tries = tries + 1,
       in_doubt = in_doubt or state <> 'READY', first_sent_at = coalesce(first_sent_at, $2),
       leased_until = clock_timestamp() - interval '1 second' where id = $1`,
    [id, payments.now()],
  );
}

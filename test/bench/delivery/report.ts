import { type Ratio, ratio } from '../ratio.js';
import { ratiosToReference, type Spread, spreadOf } from '../statistics.js';
import type { DeliveryLeg, DeliveryLegName, DeliveryRun } from './delivery.js';
import type { Times } from './figures.js';

/** What was measured, whether or not it counts. */
export type DeliveryFigures = Omit<DeliveryRun, 'broken'>;

/** What most leads may take from acceptance to their buyer, in milliseconds. */
const allowed = { p50Ms: 50, p99Ms: 250 } as const;

export function deliveryRatios({ perSecond, waiting, legs }: DeliveryFigures): Ratio[] {
  const alone = legs.filter(({ name }) => name === 'alone');
  const share = (which: keyof typeof allowed) =>
    spreadOf(alone.map(({ accepted }) => accepted[which] / allowed[which]));
  const p99 = legs.map(({ name, accepted }) => ({ name, value: accepted.p99Ms }));
  return [
    ratio(`accepted to received at ${perSecond} leads/s, p50 to ${allowed.p50Ms} ms`, share('p50Ms'), {
      most: 1,
    }),
    ratio(`accepted to received at ${perSecond} leads/s, p99 to ${allowed.p99Ms} ms`, share('p99Ms'), {
      most: 1,
    }),
    ratio(
      `its p99 while ${waiting.toLocaleString('en')} wait for a buyer that never answers`,
      spreadOf(ratiosToReference(p99, 'beside', 'alone')),
      { most: 1.1 },
    ),
    ...(legs.some(({ name }) => name === 'ending')
      ? [ratio('its p99 while these come to their end', spreadOf(ratiosToReference(p99, 'ending', 'alone')))]
      : []),
  ];
}

const titles: Readonly<Record<DeliveryLegName, string>> = {
  alone: 'nobody else waits',
  beside: 'beside a buyer that never answers',
  ending: 'while its leads come to their end',
};

export const deliveryHead = [
  'delivery',
  'legs',
  'p50 ms',
  'p99 ms',
  'min',
  'max',
  'slowest',
  'submitted p50',
  'submitted p99',
  'errors',
  'cpu api',
  'cpu worker',
  'cpu database',
] as const;

/** A row for each kind of leg. The lowest and highest are those of p99. */
export function deliveryRows({ legs }: DeliveryFigures): string[][] {
  const measured = (['alone', 'beside', 'ending'] as const).filter((name) =>
    legs.some((leg) => leg.name === name),
  );
  return measured.map((name) => {
    const own = legs.filter((leg) => leg.name === name);
    const of = (pick: (leg: DeliveryLeg) => number): Spread => spreadOf(own.map(pick));
    const time = (times: 'accepted' | 'submitted', which: keyof Times) =>
      of((leg) => leg[times][which]).median.toFixed(0);
    const p99 = of(({ accepted }) => accepted.p99Ms);
    const cpu = (pick: (leg: DeliveryLeg) => number | undefined) => {
      const known = own.map(pick).filter((value) => value !== undefined);
      return known.length === 0 ? '' : spreadOf(known).median.toFixed(2);
    };
    return [
      titles[name],
      String(own.length),
      time('accepted', 'p50Ms'),
      p99.median.toFixed(0),
      p99.min.toFixed(0),
      p99.max.toFixed(0),
      Math.max(...own.map(({ accepted }) => accepted.mostMs)).toFixed(0),
      time('submitted', 'p50Ms'),
      time('submitted', 'p99Ms'),
      String(own.reduce((sum, { errors }) => sum + errors, 0)),
      cpu(({ apiCpu }) => apiCpu),
      cpu(({ workerCpu }) => workerCpu),
      cpu(({ databaseCpu }) => databaseCpu),
    ];
  });
}

export function deliverySentence({ perSecond, legs, repeated }: DeliveryFigures): string {
  const leads = legs.reduce((sum, leg) => sum + leg.leads, 0);
  const beside = legs.filter(({ name }) => name === 'beside');
  const least = Math.min(...beside.map(({ waiting }) => Math.min(waiting.before, waiting.after)));
  const waited =
    beside.length === 0
      ? ''
      : ` In each leg beside it at least ${least.toLocaleString('en')} leads waited for it.`;
  return (
    `${leads.toLocaleString('en')} leads at ${perSecond} a second; ${repeated} messages came again, under the id that ` +
    `they had.${waited}`
  );
}

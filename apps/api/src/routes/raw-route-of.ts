import type { RawRoute } from '#routing';
import { decodeId } from '../graphql/index.js';
import type { RouteInput } from './routes.types.js';

/** A route as it was given; an id that is none names no contract. */
export function rawRouteOf(route: RouteInput): RawRoute {
  return {
    ...route,
    entries: route.entries.map((entry) => ({
      ...entry,
      contractId: decodeId('ctr', entry.contractId) ?? entry.contractId,
    })),
  };
}

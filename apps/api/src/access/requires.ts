import { SetMetadata } from '@nestjs/common';
import type { Permission } from '#organizations';

/** `authenticated`: any valid key; only for fields that show the actor or look objects up under their own permission. */
export type Requirement = Permission | 'authenticated' | 'public';

const key = 'leadger:requires';

/** What a caller must be allowed to do; every root field and every route carries this or {@link Public}. */
export const Requires = (permission: Permission | 'authenticated'): MethodDecorator =>
  SetMetadata(key, permission);

/** For anyone, without a key. */
export const Public = (): MethodDecorator => SetMetadata(key, 'public' satisfies Requirement);

/** What a handler carries; undefined for one that somebody forgot, which the guard refuses. */
export function requirementOf(handler: object): Requirement | undefined {
  return Reflect.getMetadata(key, handler) as Requirement | undefined;
}

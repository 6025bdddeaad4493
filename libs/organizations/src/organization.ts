import { refusal, type Refusal } from '#outcome';
import type { KeyMode } from './actor.js';
import type { OrganizationKind, Role } from './role.js';
import type { Permission } from './permission.js';

/** An agency, a buyer, or the one operator of an installation. */
export interface Organization {
  readonly id: string;
  readonly kind: OrganizationKind;
  readonly name: string;
  readonly createdAt: Date;
}

/** A person who acts for one organization. */
export interface User {
  readonly id: string;
  readonly organizationId: string;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
}

/** What is shown of a key; never its secret, nor the hash of it. */
export interface ApiKey {
  readonly id: string;
  readonly organizationId: string;
  /** The person as whom the key acts; null for a machine's. */
  readonly userId: string | null;
  readonly publicId: string;
  readonly mode: KeyMode;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Permissions that the key is limited to; null is all that its roles allow. */
  readonly scopes: readonly Permission[] | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** Right to about a minute. */
  readonly lastUsedAt: Date | null;
}

/** Whether the key still opens anything at that instant; its expiry is the first instant at which it does not. */
export function isAlive(key: Pick<ApiKey, 'expiresAt' | 'revokedAt'>, at: Date): boolean {
  return key.revokedAt === null && (key.expiresAt === null || key.expiresAt.getTime() > at.getTime());
}

/** The e-mail address as it is stored and compared: trimmed and in lower case. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase();
}

const emailPattern = /^[^\s@\p{Cc}\p{Cs}]{1,64}@[^\s@\p{Cc}\p{Cs}]+\.[^\s@\p{Cc}\p{Cs}]+$/u;

export function emailRefusals(email: string, field: readonly string[]): Refusal[] {
  const normal = normalizeEmail(email);
  if (normal.length <= 254 && emailPattern.test(normal)) return [];
  return [
    refusal('INVALID_VALUE', { field, message: 'The e-mail address must look like name@company.example.' }),
  ];
}

/** A name as people write it: 1 to 200 characters after trimming, without control characters or broken surrogates. */
export function nameRefusals(name: string, field: readonly string[]): Refusal[] {
  const length = [...name.trim()].length;
  if (length === 0) return [refusal('REQUIRED', { field })];
  if (length <= 200 && !/[\p{Cc}\p{Cs}]/u.test(name)) return [];
  return [
    refusal('INVALID_VALUE', {
      field,
      message: 'A name has at most 200 characters and no control characters.',
    }),
  ];
}

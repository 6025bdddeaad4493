import { Injectable } from '@nestjs/common';
import type { Transaction } from '#database';
import type { Organization, User } from './organization.js';
import { OrganizationRow, UserRow } from './organization.row.js';

/** Writes organizations and their users, and reads them by key. */
@Injectable()
export class OrganizationStore {
  async insert(tx: Transaction, organization: Organization): Promise<void> {
    await tx.manager.insert(OrganizationRow, { ...organization });
  }

  /** Undefined when there is none; whoever asks decides who may know. */
  async find(tx: Transaction, id: string): Promise<Organization | undefined> {
    return (await tx.manager.findOneBy(OrganizationRow, { id })) ?? undefined;
  }

  /** False, and nothing written, when the e-mail address is taken. */
  async insertUser(tx: Transaction, user: User, passwordHash: string): Promise<boolean> {
    const rows = await tx.query(
      `insert into users (id, organization_id, email, name, password_hash, roles, created_at)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict (email) do nothing returning id`,
      [user.id, user.organizationId, user.email, user.name, passwordHash, user.roles, user.createdAt],
    );
    return rows.length === 1;
  }

  async findUser(tx: Transaction, id: string): Promise<User | undefined> {
    const row = await tx.manager.findOneBy(UserRow, { id });
    return row ? toUser(row) : undefined;
  }
}

function toUser(row: UserRow): User {
  const { passwordHash: _secret, ...user } = row;
  return user;
}

import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';

/** A browser in which an account is signed in. */
export interface Device {
  readonly deviceId: string;
  readonly createdAt: Date;
  /** Within the hour. */
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  readonly address: string | null;
  readonly userAgent: string | null;
}

/** Deleting the row signs a device out at once: every request reads it. */
export interface Devices {
  list(accountId: string): Promise<Device[]>;
  /** Throws `not_found` for a device of another account. */
  signOut(accountId: string, deviceId: string): Promise<void>;
  signOutOthers(accountId: string, deviceId: string): Promise<void>;
}

export const createDevices = ({ sql }: { sql: Sql }): Devices => ({
  async list(accountId) {
    const rows = await sql
      .selectFrom('portal_sessions')
      .select(['id', 'created_at', 'updated_at', 'expires_at', 'ip_address', 'user_agent'])
      .where('user_id', '=', accountId)
      .where('expires_at', '>', new Date())
      .orderBy('updated_at', 'desc')
      .execute();
    return rows.map((row) => ({
      deviceId: row.id,
      createdAt: row.created_at,
      lastSeenAt: row.updated_at,
      expiresAt: row.expires_at,
      address: row.ip_address,
      userAgent: row.user_agent,
    }));
  },
  async signOut(accountId, deviceId) {
    const { numDeletedRows } = await sql
      .deleteFrom('portal_sessions')
      .where('id', '=', deviceId)
      .where('user_id', '=', accountId)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw new AppError('not_found', { detail: 'device not found' });
  },
  async signOutOthers(accountId, deviceId) {
    await sql
      .deleteFrom('portal_sessions')
      .where('user_id', '=', accountId)
      .where('id', '<>', deviceId)
      .execute();
  },
});

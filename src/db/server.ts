import pg from 'pg';
import { sleep } from '../base/abort.ts';
import type { Logger } from '../base/log.ts';
import { createSql, type Database, type Listener } from './database.ts';

const RECONNECT_MS = 500;

/** Connects to a PostgreSQL server; `url` must lead to it directly, because LISTEN does not survive a transaction pooler. */
export async function openServer(url: string, log: Logger): Promise<Database> {
  const pool = new pg.Pool({ connectionString: url, max: 20 });
  pool.on('error', (error) => log.warn({ reason: error.message }, 'idle database connection lost'));
  const sql = createSql(pool);
  const feed = createFeed(url, log);
  return {
    sql,
    listen: (listener) => feed.add(listener),
    close: async () => {
      await feed.close();
      await sql.destroy();
    },
  };
}

/** One connection that listens for all channels, reopened whenever it is lost. */
function createFeed(url: string, log: Logger) {
  const listeners: Listener[] = [];
  const closing = new AbortController();
  let client: pg.Client | undefined;

  async function connect(): Promise<void> {
    const next = new pg.Client({ connectionString: url, keepAlive: true });
    next.on('error', (error) => log.warn({ reason: error.message }, 'database feed lost'));
    next.on('end', () => {
      if (client !== next) return;
      client = undefined;
      for (const listener of listeners) listener.onFeed(false);
      void reconnect();
    });
    next.on('notification', ({ channel, payload }) => {
      for (const one of listeners) if (one.channel === channel) one.onMessage(payload ?? '');
    });
    await next.connect();
    for (const { channel } of listeners) await next.query(`listen ${next.escapeIdentifier(channel)}`);
    client = next;
    for (const listener of listeners) listener.onFeed(true);
  }

  async function reconnect(): Promise<void> {
    while (!closing.signal.aborted && client === undefined) {
      await sleep(RECONNECT_MS, closing.signal);
      if (!closing.signal.aborted) {
        await connect().catch((error: Error) =>
          log.warn({ reason: error.message }, 'database feed still lost'),
        );
      }
    }
  }

  return {
    async add(listener: Listener): Promise<void> {
      listeners.push(listener);
      if (client === undefined) await connect();
      else await client.query(`listen ${client.escapeIdentifier(listener.channel)}`);
    },
    async close(): Promise<void> {
      closing.abort();
      const last = client;
      client = undefined;
      await last?.end();
    },
  };
}

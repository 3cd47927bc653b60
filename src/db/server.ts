import type { Socket } from 'node:net';
import type { PostgresPool } from 'kysely';
import pg from 'pg';
import { sleep } from '../base/abort.ts';
import type { Logger } from '../base/log.ts';
import { createSql, type Database, type Listener } from './database.ts';

const RECONNECT_MS = 500;
const TIMEOUTS = { connectionTimeoutMillis: 5_000, query_timeout: 30_000 };
/** A feed on which no answer comes back for this long is lost, though its connection may look open. */
const FEED_SILENCE_MS = 3_000;

/** Connects to a PostgreSQL server; `url` must lead to it directly, because LISTEN does not survive a transaction pooler. */
export async function openServer(url: string, log: Logger): Promise<Database> {
  const pool = new pg.Pool({ connectionString: url, max: 20, ...TIMEOUTS });
  const lost = (error: Error) => log.warn({ reason: error.message }, 'database connection lost');
  pool.on('error', lost);
  // A connection in use reports its loss to its user too, but without a listener of its own it would end the process.
  pool.on('connect', (client) => client.on('error', lost));
  const sql = createSql(withoutReadOnly(pool));
  const feed = createFeed(url, log);
  return {
    sql,
    listen: (listener) => feed.add(listener),
    askFeed: (text, values) => feed.ask(text, values),
    connections: () => ({
      inUse: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
    close: async () => {
      await feed.close();
      await sql.destroy();
    },
  };
}

/** How long a session that may change nothing is used: others may be allowed to by then. */
const READ_ONLY_FOR_MS = 1_000;

/**
 * Gives up connections that may change nothing, again and again: a session keeps to what was set when it began, so it
 * would not notice that the database takes changes again.
 */
function withoutReadOnly(pool: pg.Pool): PostgresPool {
  const goodUntilMs = new WeakMap<pg.PoolClient, number>();

  async function findOut(client: pg.PoolClient): Promise<number> {
    const { rows } = await client.query(
      `select current_setting('transaction_read_only') = 'on' as is_read_only`,
    );
    return rows[0].is_read_only ? performance.now() + READ_ONLY_FOR_MS : Number.POSITIVE_INFINITY;
  }

  async function isGood(client: pg.PoolClient): Promise<boolean> {
    const until = goodUntilMs.get(client) ?? (await findOut(client));
    goodUntilMs.set(client, until);
    return performance.now() < until;
  }

  async function connect(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await pool.connect();
      try {
        if (await isGood(client)) return client;
      } catch (error) {
        client.release(true);
        throw error;
      }
      client.release(true);
    }
  }
  return { connect, end: () => pool.end() };
}

/** One connection that listens for all channels, reopened whenever it is lost. */
function createFeed(url: string, log: Logger) {
  const listeners: Listener[] = [];
  const closing = new AbortController();
  let client: pg.Client | undefined;

  async function connect(): Promise<void> {
    const next = new pg.Client({ connectionString: url, keepAlive: true, ...TIMEOUTS });
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

  /** No answer in time ends the connection, which is then reopened. */
  async function ask(text: string, values: readonly unknown[]): Promise<unknown[]> {
    const asked = client;
    if (!asked) throw new Error('Connection terminated: the database feed is lost');
    const silence = setTimeout(() => stream(asked).destroy(), FEED_SILENCE_MS);
    try {
      return (await asked.query(text, [...values])).rows;
    } catch (error) {
      if (isReadOnly(error)) stream(asked).destroy();
      throw error;
    } finally {
      clearTimeout(silence);
    }
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
    ask,
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

/** The socket under a connection: ending it by protocol would wait for a server that does not answer. */
const stream = (client: pg.Client): Socket =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream;

/** Whether the session may change nothing: the database is a standby now, or was set so. */
export const isReadOnly = (error: unknown): boolean =>
  (error as { code?: unknown } | undefined)?.code === '25006';

/** Whether an error means that the database is away or takes no changes, not that a statement is wrong. */
export function isDatabaseAway(error: unknown): boolean {
  const { code = '', message = '' } = (error ?? {}) as { code?: unknown; message?: string };
  return AWAY_CODE.test(String(code)) || AWAY_MESSAGE.test(message) || isReadOnly(error);
}

/** SQLSTATE classes 08, 53 and 57, and what the system says of a socket. */
const AWAY_CODE = /^(08...|53...|57P..|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENOTFOUND)$/;
const AWAY_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/;

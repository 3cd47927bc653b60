import pg from 'pg';

/**
 * Runs one statement on a connection of its own and resolves to its rows. Rejects with what the database says, also
 * when it goes away meanwhile: its end comes once with the statement's failure, and may come again from the socket.
 */
export async function query<T extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query<T>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

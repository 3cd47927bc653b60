import { readdir } from 'node:fs/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bestDecoder } from '../../test/fixtures/audio/decoders.ts';
import { silentWav } from '../../test/fixtures/audio/samples.ts';
import { type DatabaseUnderTest, emptyTables, openTestDatabases } from '../../test/helpers/database.ts';
import { createTestClock, insertWorkspace, type TestClock } from '../../test/helpers/identity.ts';
import { leashedDirectory } from '../../test/helpers/leash.ts';
import { insertKey } from '../../test/helpers/sessions.ts';
import { newJobId } from '../base/ids.ts';
import type { Database } from '../db/database.ts';
import type { TokenLimits } from '../identity/temporary-keys/limits.ts';
import { createDiskStore } from '../storage/disk.ts';
import { type CreateJob, createCreateJob } from './create.ts';
import { createQueue, type Queue } from './worker/queue.ts';

const log = pino({ level: 'silent' });
const directory = leashedDirectory('parley-admission-');
const store = createDiskStore({ root: directory.path });
afterAll(() => directory.remove());
const never = new AbortController().signal;
const HOUR_MS = 3_600_000;

/** One second of 16-bit silence at 16 kHz. */
const SECOND_BYTES = 32_000;
const MAX_RUNNING = 30;

describe.each(['embedded', 'server'] as const)('on the %s database', (kind) => {
  let under: DatabaseUnderTest;
  let database: Database;
  let queue: Queue;
  let clock: TestClock;
  let jobs: CreateJob;
  let owner: { workspaceId: string; projectId: number };

  beforeAll(async () => {
    under = await openTestDatabases(kind);
    database = await under.open({ migrated: true });
    queue = await createQueue(database, log, 'test');
    await store.start({ isAlone: true });
  });
  afterAll(async () => {
    await queue.close();
    await under.close();
  });
  beforeEach(async () => {
    await emptyTables(database);
    await ticketCount();
    for (const environment of ['eu1', 'eu2']) await store.delete(`${environment}/jobs`);
    clock = createTestClock(Date.parse('2026-01-31T12:00:00Z'));
    jobs = createCreateJob({
      database,
      store,
      decoder: bestDecoder(),
      queue,
      clock,
      maxRunningJobs: MAX_RUNNING,
    });
    owner = await insertWorkspace(database);
    await addKey('key_1');
  });

  const addKey = (keyId: string, more: { expires_at?: Date } = {}) => insertKey(database, keyId, owner, more);

  interface Options {
    seconds?: number;
    limits?: TokenLimits;
    tokenId?: string;
    environment?: string;
    clientRef?: string;
    model?: 'standard' | 'enhanced';
    /** Happens when the upload is complete. */
    meanwhile?: () => Promise<unknown>;
  }

  async function submit(options: Options = {}) {
    const { seconds = 1, limits, tokenId, environment = 'EU1', clientRef, model } = options;
    const draft = { environment, jobId: newJobId() };
    const upload = await jobs.receive(draft, 'audio', silentWav(seconds * SECOND_BYTES), never);
    await options.meanwhile?.();
    const isToken = limits !== undefined || tokenId !== undefined || clientRef !== undefined;
    const transcription_config = { language: 'en', ...(model && { model }) };
    return jobs.submit(
      {
        owner: {
          ...owner,
          environment,
          apiKeyId: 'key_1',
          ...(isToken && { tokenId: tokenId ?? 'token-1' }),
          ...(clientRef !== undefined && { clientRef }),
        },
        ...(isToken && {
          token: {
            issuedAtMs: clock.nowMs - 1_000,
            expiresAtMs: clock.nowMs + HOUR_MS,
            ...(limits && { limits }),
          },
        }),
        jobId: draft.jobId,
        upload,
        dataName: 'a.wav',
        config: { type: 'transcription', transcription_config },
      },
      never,
    );
  }

  const accepted = async (options: Options) =>
    submit(options).then(
      () => 'accepted',
      (error) => `${error.code} ${error.detail ?? ''}`.trim(),
    );

  const set = (values: { max_running_jobs?: number; monthly_audio_hours?: number }) =>
    database.sql.updateTable('workspaces').set(values).execute();
  const endJobs = () => database.sql.updateTable('jobs').set({ status: 'done' }).execute();
  const ticketCount = () =>
    database.sql.transaction().execute(async (tx) => (await queue.take(tx, 1_000)).length);

  /** All that a submission may leave behind. */
  async function traces() {
    const entries = await readdir(directory.path, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const rows = await database.sql.selectFrom('jobs').select('job_id').execute();
    const counters = await database.sql
      .selectFrom('temporary_key_counters')
      .select(['environment', 'token_id', 'sessions', 'audio_seconds'])
      .execute();
    const audio = await database.sql
      .selectFrom('accepted_audio')
      .select(['environment', 'audio_seconds'])
      .orderBy('month')
      .execute();
    return { jobs: rows.length, tickets: await ticketCount(), files: files.length, counters, audio };
  }

  const NOTHING = { jobs: 0, tickets: 0, files: 0, counters: [], audio: [] };

  it('a job is counted for its workspace, and a key without limits by nothing else', async () => {
    await submit({ seconds: 2 });
    await submit({ seconds: 3, tokenId: 'token-2' });
    expect(await traces()).toEqual({
      jobs: 2,
      tickets: 2,
      files: 4,
      counters: [],
      audio: [{ environment: 'EU1', audio_seconds: 5 }],
    });
    const row = await database.sql
      .selectFrom('jobs')
      .select('token_id')
      .where('token_id', 'is not', null)
      .execute();
    expect(row).toEqual([{ token_id: 'token-2' }]);
  });

  it('50 submissions at once leave exactly the 5 that a key may make', async () => {
    const limits = { maxSessions: 5 };
    const answers = await Promise.all(Array.from({ length: 50 }, () => accepted({ limits })));
    expect(answers.filter((one) => one === 'accepted')).toHaveLength(5);
    expect(new Set(answers)).toEqual(
      new Set(['accepted', expect.stringMatching(/^forbidden limits\.max_sessions: /)]),
    );
    expect(await traces()).toEqual({
      jobs: 5,
      tickets: 5,
      files: 10,
      counters: [{ environment: 'EU1', token_id: 'token-1', sessions: 5, audio_seconds: 5 }],
      audio: [{ environment: 'EU1', audio_seconds: 5 }],
    });
    await endJobs();
    expect(await accepted({ limits })).toMatch(/^forbidden limits\.max_sessions: /);
    expect(await accepted({ limits, tokenId: 'token-2' })).toBe('accepted');
  });

  it('20 submissions at once leave exactly the 3 that a key may have unfinished, until they end', async () => {
    const limits = { maxConcurrent: 3 };
    const answers = await Promise.all(Array.from({ length: 20 }, () => accepted({ limits })));
    expect(answers.filter((one) => one === 'accepted')).toHaveLength(3);
    expect(answers.filter((one) => one === 'too_many_jobs')).toHaveLength(17);
    expect((await traces()).counters).toMatchObject([{ sessions: 3 }]);
    await expect(submit({ limits })).rejects.toMatchObject({ retryAfterSeconds: 5 });
    expect(await accepted({ limits, tokenId: 'token-2' })).toBe('accepted');
    await endJobs();
    expect(await accepted({ limits })).toBe('accepted');
  });

  it('20 submissions at once leave exactly the audio that a key may have transcribed', async () => {
    const limits = { audioSeconds: 7 };
    const answers = await Promise.all(Array.from({ length: 20 }, () => accepted({ limits, seconds: 2 })));
    expect(answers.filter((one) => one === 'accepted')).toHaveLength(3);
    const refused = answers.filter((one) => one !== 'accepted');
    expect(refused.every((one) => one.startsWith('forbidden limits.audio_seconds: '))).toBe(true);
    // What is left is enough for a shorter one.
    expect(await accepted({ limits, seconds: 1 })).toBe('accepted');
    expect((await traces()).audio).toEqual([{ environment: 'EU1', audio_seconds: 7 }]);
  });

  it('audio longer than a key allows is refused and leaves nothing', async () => {
    const limits = { maxSessionSeconds: 3 };
    expect(await accepted({ limits, seconds: 4 })).toMatch(/^forbidden limits\.max_session_seconds: /);
    expect(await traces()).toEqual(NOTHING);
    expect(await accepted({ limits, seconds: 3 })).toBe('accepted');
  });

  it('counters of keys that ended a day ago are forgotten, and no others', async () => {
    await submit({ limits: { maxSessions: 1 } });
    clock.nowMs += 20 * HOUR_MS;
    // An upload that began before the key ended meets the counter it was bound by.
    const late = { limits: { maxSessions: 1 }, tokenId: 'token-1' };
    expect(await accepted(late)).toMatch(/max_sessions/);
    await submit({ limits: { maxSessions: 1 }, tokenId: 'token-2' });
    clock.nowMs += 6 * HOUR_MS;
    await submit({ limits: { maxSessions: 1 }, tokenId: 'token-3' });
    const left = (await traces()).counters.map((counter) => counter.token_id);
    expect(left.toSorted()).toEqual(['token-2', 'token-3']);
  });

  describe('an upload that ends after', () => {
    it.each<[string, () => Promise<unknown>]>([
      [
        'the API key was revoked',
        () => database.sql.updateTable('api_keys').set({ revoked_at: new Date() }).execute(),
      ],
      [
        'the API key expired',
        () =>
          database.sql
            .updateTable('api_keys')
            .set({ expires_at: new Date(clock.nowMs) })
            .execute(),
      ],
      [
        'the project was deleted',
        () => database.sql.updateTable('projects').set({ deleted_at: new Date() }).execute(),
      ],
      [
        'the keys of the end user were ended',
        () =>
          database.sql
            .insertInto('client_ref_cutoffs')
            .values({
              project_id: owner.projectId,
              client_ref: 'USER123',
              not_before: new Date(clock.nowMs - 1_000),
              regions: ['eu'],
            })
            .execute(),
      ],
    ])('%s is refused and leaves nothing', async (_, meanwhile) => {
      const limits = { maxSessions: 5 };
      expect(await accepted({ limits, clientRef: 'USER123', meanwhile })).toBe('unauthenticated');
      expect(await traces()).toEqual(NOTHING);
    });

    it('others were ended is accepted', async () => {
      const meanwhile = () =>
        database.sql
          .insertInto('client_ref_cutoffs')
          .values([
            {
              project_id: owner.projectId,
              client_ref: 'USER456',
              not_before: new Date(clock.nowMs),
              regions: ['eu'],
            },
            {
              project_id: owner.projectId + 1,
              client_ref: 'USER123',
              not_before: new Date(clock.nowMs),
              regions: ['eu'],
            },
            {
              project_id: owner.projectId,
              client_ref: 'USER123',
              not_before: new Date(clock.nowMs - 1_001),
              regions: ['eu'],
            },
          ])
          .execute();
      await addKey('key_2', { expires_at: new Date(0) });
      expect(await accepted({ clientRef: 'USER123', meanwhile })).toBe('accepted');
    });
  });

  describe('the quota of a workspace', () => {
    it('of unfinished jobs holds in a crowd, and per environment', async () => {
      await set({ max_running_jobs: 4 });
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => accepted({ tokenId: `token-${index}` })),
      );
      expect(answers.filter((one) => one === 'accepted')).toHaveLength(4);
      expect(answers.filter((one) => one === 'too_many_jobs')).toHaveLength(16);
      expect(await traces()).toMatchObject({
        jobs: 4,
        tickets: 4,
        files: 8,
        audio: [{ environment: 'EU1', audio_seconds: 4 }],
      });
      expect(await accepted({ environment: 'EU2' })).toBe('accepted');
      await endJobs();
      expect(await accepted({})).toBe('accepted');
    });

    it('of no job at all lets none through', async () => {
      await set({ max_running_jobs: 0 });
      expect(await accepted({})).toBe('too_many_jobs');
    });

    it('is that of the installation where there is none', async () => {
      await Promise.all(Array.from({ length: MAX_RUNNING }, () => submit()));
      expect(await accepted({})).toBe('too_many_jobs');
      await set({ max_running_jobs: MAX_RUNNING + 1 });
      expect(await accepted({})).toBe('accepted');
    });

    it('of audio per month is told in the words of the service, and begins anew on the first', async () => {
      await set({ monthly_audio_hours: 2 });
      await submit({ seconds: 3 });
      await database.sql.updateTable('accepted_audio').set({ audio_seconds: 7_190 }).execute();
      expect(await accepted({ seconds: 10 })).toBe('accepted');
      const text = (model: string) =>
        'forbidden account is not allowed to create a job at the moment: This request would exceed your limit ' +
        `for ${model} Model transcription in the current month. Your limit is 2 hours.`;
      expect(await accepted({ model: 'enhanced' })).toBe(text('Enhanced'));
      expect(await accepted({ model: 'standard' })).toBe(text('Standard'));
      expect(await accepted({})).toBe(text('Standard'));
      expect((await traces()).audio).toEqual([{ environment: 'EU1', audio_seconds: 7_200 }]);
      clock.nowMs = Date.parse('2026-01-31T23:59:59.999Z');
      expect(await accepted({})).toBe(text('Standard'));
      clock.nowMs += 1;
      expect(await accepted({})).toBe('accepted');
      expect((await traces()).audio).toMatchObject([{ audio_seconds: 7_200 }, { audio_seconds: 1 }]);
    });
  });
});

import { describe, expect, it } from 'vitest';
import { Bench, ended } from './bench.fixture.ts';

const HOUR_MS = 3_600_000;

describe('time', () => {
  it('warns three times before an hour without audio, then ends', () => {
    const bench = new Bench().started();
    bench.take();
    for (let minute = 1; minute <= 60; minute += 1) bench.passes(60_000);
    expect(bench.sent.map(({ message, reason }) => [message, reason])).toEqual([
      ['Warning', 'Session will timeout in 15m due to inactivity, no audio sent within the last 45m'],
      ['Warning', 'Session will timeout in 10m due to inactivity, no audio sent within the last 50m'],
      ['Warning', 'Session will timeout in 5m due to inactivity, no audio sent within the last 55m'],
      ['Error', 'timeout due to inactivity, no audio sent within the last 60m'],
    ]);
    expect(bench.work.at(-1)).toEqual(ended(1008, 'policy_violation'));
  });

  it('starts the hour again with every piece of audio', () => {
    const bench = new Bench().started();
    bench.passes(46 * 60_000);
    bench.sends();
    bench.take();
    bench.passes(44 * 60_000);
    expect(bench.take()).toEqual([]);
    bench.passes(60_000);
    expect(bench.take()).toMatchObject([{ type: 'idle_timeout' }]);
  });

  it('warns before the end of the longest session, then ends it', () => {
    const bench = new Bench().started();
    bench.take();
    for (let hour = 0; hour < 2 * 48; hour += 1) {
      bench.sends();
      bench.passes(HOUR_MS / 2);
    }
    const told = bench.sent.filter(({ message }) => message !== 'AudioAdded');
    expect(told.map(({ message, reason }) => [message, reason])).toEqual([
      ['Warning', 'Session will timeout in 30m due to max duration, session has been active for 2850m'],
      ['Error', 'timeout due to max duration, session has been active for 2880m'],
    ]);
    expect(told.at(-1)).toMatchObject({ type: 'session_timeout' });
  });

  it('ends a connection that never starts', () => {
    const bench = new Bench();
    bench.passes(59_000);
    expect(bench.sent).toEqual([]);
    bench.passes(1_000);
    expect(bench.sent).toMatchObject([{ message: 'Error', type: 'idle_timeout' }]);
  });

  it('ends a connection of which nothing is heard for three minutes', () => {
    const bench = new Bench().started();
    bench.take();
    bench.session.tick(179_999);
    expect(bench.sent).toEqual([]);
    bench.session.tick(180_000);
    expect(bench.sent).toMatchObject([{ message: 'Error', type: 'idle_timeout' }]);
  });

  it('does not press a client that has said all', () => {
    const bench = new Bench().started();
    bench.says({ message: 'EndOfStream', last_seq_no: 0 });
    bench.take();
    bench.session.tick(10 * HOUR_MS);
    expect(bench.take()).toEqual([]);
  });
});

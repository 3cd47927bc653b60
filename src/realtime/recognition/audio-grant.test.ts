import { describe, expect, it } from 'vitest';
import { AudioGrant } from './audio-grant.ts';

const grantOf = (grants: number[], maxSeconds?: number) => {
  let asked = 0;
  const [grantedSeconds = 0, ...more] = grants;
  const grant = new AudioGrant({
    grantedSeconds,
    maxSeconds,
    extend: async () => {
      asked += 1;
      return more.shift() ?? grants.at(-1) ?? 0;
    },
  });
  return { grant, asked: () => asked };
};

describe('AudioGrant', () => {
  it('asks nobody while it has enough', async () => {
    const { grant, asked } = grantOf([Number.POSITIVE_INFINITY]);
    expect(grant.spend(1e6)).toBeUndefined();
    expect(asked()).toBe(0);
    expect(grant.usedSeconds).toBe(1e6);
  });

  it('asks for more, as often as it needs to, also for two channels at once', async () => {
    const { grant, asked } = grantOf([60, 120, 180]);
    await Promise.all([grant.spend(70), grant.spend(70)]);
    expect(asked()).toBe(2);
    expect(grant.usedSeconds).toBe(140);
  });

  it('ends the session when nothing is left', async () => {
    const { grant } = grantOf([60, 60]);
    expect(grant.spend(60)).toBeUndefined();
    await expect(grant.spend(0.1)).rejects.toMatchObject({ type: 'timelimit_exceeded' });
  });

  it('ends the session when it is as long as the key allows', () => {
    const { grant } = grantOf([Number.POSITIVE_INFINITY], 10);
    grant.spend(10);
    expect(() => grant.spend(0.1)).toThrow(expect.objectContaining({ type: 'session_timeout' }));
    expect(grant.usedSeconds).toBe(10);
  });
});

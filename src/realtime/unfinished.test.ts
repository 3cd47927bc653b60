import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createUnfinished, type Unfinished } from './unfinished.ts';

let unfinished: Unfinished;
beforeEach(() => {
  unfinished = createUnfinished(100);
});

function sender() {
  const socket = Object.assign(new EventEmitter(), { terminate: vi.fn() });
  const transport = new EventEmitter();
  unfinished.watch(socket, transport);
  return {
    terminate: socket.terminate,
    sends: (bytes: number) => transport.emit('data', new Uint8Array(bytes)),
    completes: () => socket.emit('message'),
    closes: () => socket.emit('close'),
  };
}

describe('messages that are not complete', () => {
  it('have a limit for all together, at which the largest goes', () => {
    const [small, large, medium] = [sender(), sender(), sender()];
    small.sends(10);
    large.sends(40);
    large.sends(10);
    medium.sends(40);
    expect(large.terminate).not.toHaveBeenCalled();
    small.sends(1);
    expect(large.terminate).toHaveBeenCalledOnce();
    medium.sends(49);
    expect(medium.terminate).not.toHaveBeenCalled();
    expect(small.terminate).not.toHaveBeenCalled();
  });

  it.each(['completes', 'closes'] as const)('count until it %s', (how) => {
    const [first, second] = [sender(), sender()];
    for (let round = 0; round < 3; round += 1) {
      first.sends(60);
      first[how]();
    }
    second.sends(60);
    expect(first.terminate).not.toHaveBeenCalled();
    expect(second.terminate).not.toHaveBeenCalled();
  });
});

import { useEffect, useEffectEvent, useState } from 'react';

/** Calls back with the time of a recording: once a frame while it plays, and when it is moved. */
export function useTime(audio: HTMLAudioElement | null, onTime: (seconds: number) => void): void {
  const tell = useEffectEvent(onTime);
  useEffect(() => {
    if (audio === null) return;
    let frame = 0;
    const once = () => tell(audio.currentTime);
    const run = () => {
      once();
      frame = requestAnimationFrame(run);
    };
    const start = () => {
      cancelAnimationFrame(frame);
      run();
    };
    const stop = () => {
      cancelAnimationFrame(frame);
      once();
    };
    audio.addEventListener('playing', start);
    audio.addEventListener('pause', stop);
    audio.addEventListener('ended', stop);
    audio.addEventListener('seeking', once);
    if (!audio.paused) start();
    else once();
    return () => {
      cancelAnimationFrame(frame);
      audio.removeEventListener('playing', start);
      audio.removeEventListener('pause', stop);
      audio.removeEventListener('ended', stop);
      audio.removeEventListener('seeking', once);
    };
  }, [audio]);
}

interface PlayerState {
  readonly isPlaying: boolean;
  readonly seconds: number;
  readonly duration: number;
}

const EVENTS = [
  'play',
  'pause',
  'ended',
  'timeupdate',
  'seeking',
  'durationchange',
  'loadedmetadata',
] as const;

/** What a player shows of a recording; a few times a second. */
export function usePlayerState(audio: HTMLAudioElement | null): PlayerState {
  const [state, setState] = useState<PlayerState>({ isPlaying: false, seconds: 0, duration: Number.NaN });
  useEffect(() => {
    if (audio === null) return;
    const read = () =>
      setState({
        isPlaying: !audio.paused && !audio.ended,
        seconds: audio.currentTime,
        duration: audio.duration,
      });
    for (const name of EVENTS) audio.addEventListener(name, read);
    read();
    return () => {
      for (const name of EVENTS) audio.removeEventListener(name, read);
    };
  }, [audio]);
  return state;
}

export function togglePlaying(audio: HTMLAudioElement): void {
  // What keeps it from playing is told by its `error` event.
  if (audio.paused) audio.play().catch(() => undefined);
  else audio.pause();
}

import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { useTime } from '../playback/use-playback.ts';
import { timelineOf } from './timeline.ts';
import styles from './transcript.module.css';
import type { Turn } from './turns.ts';

interface SpokenWordOptions {
  readonly turns: readonly Turn[];
  readonly elements: RefObject<(HTMLElement | undefined)[]>;
  readonly audio: HTMLAudioElement | null;
}

interface Following {
  /** The text moves along with the recording. */
  readonly isFollowing: boolean;
  readonly setFollowing: (isFollowing: boolean) => void;
}

/** Gestures by which one looks elsewhere. */
const LOOKING_AWAY = ['wheel', 'touchmove'] as const;
/** The part of the screen, from above, that the word spoken now shall stay in. */
const FROM = 0.12;
const TO = 0.72;

/** Marks the word that is spoken, and keeps it in sight until the reader scrolls away. */
export function useSpokenWord({ turns, elements, audio }: SpokenWordOptions): Following {
  const timeline = useMemo(() => timelineOf(turns), [turns]);
  const marked = useRef<HTMLElement>(undefined);
  const [isFollowing, setFollowing] = useState(true);
  useEffect(() => {
    if (audio === null) return;
    const follow = () => setFollowing(true);
    const lookAway = () => {
      if (!audio.paused) setFollowing(false);
    };
    audio.addEventListener('play', follow);
    audio.addEventListener('pause', follow);
    for (const name of LOOKING_AWAY) window.addEventListener(name, lookAway, { passive: true });
    return () => {
      audio.removeEventListener('play', follow);
      audio.removeEventListener('pause', follow);
      for (const name of LOOKING_AWAY) window.removeEventListener(name, lookAway);
    };
  }, [audio]);
  useTime(audio, (seconds) => {
    const element = elements.current[timeline.wordAt(seconds)];
    if (element === marked.current) return;
    mark(marked.current, false);
    mark(element, true);
    marked.current = element;
    if (element !== undefined && isFollowing && seconds > 0) bringIntoSight(element);
  });
  return { isFollowing, setFollowing };
}

function mark(element: HTMLElement | undefined, isSpoken: boolean): void {
  if (styles.spoken !== undefined) element?.classList.toggle(styles.spoken, isSpoken);
  if (isSpoken) element?.setAttribute('aria-current', 'true');
  else element?.removeAttribute('aria-current');
}

function bringIntoSight(element: HTMLElement): void {
  const { top, bottom } = element.getBoundingClientRect();
  if (top >= window.innerHeight * FROM && bottom <= window.innerHeight * TO) return;
  const isCalm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  element.scrollIntoView({ block: 'center', behavior: isCalm ? 'auto' : 'smooth' });
}

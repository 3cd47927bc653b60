import { type RefObject, useEffect, useEffectEvent } from 'react';
import { togglePlaying } from '../playback/use-playback.ts';
import type { Turn } from './turns.ts';

interface WordCursorOptions {
  readonly text: RefObject<HTMLElement | null>;
  readonly elements: RefObject<(HTMLElement | undefined)[]>;
  readonly turns: readonly Turn[];
  readonly audio: HTMLAudioElement | null;
}

/**
 * The text by mouse and by keyboard. A click on a word goes to where it is spoken. Of all the words one can be reached
 * with the tabulator; arrow keys move to its neighbours and to the turns above and below, Enter goes to where the word
 * is spoken, the space bar plays and pauses.
 */
export function useWordCursor({ text, elements, turns, audio }: WordCursorOptions): void {
  const jump = useEffectEvent((index: number) => {
    const word = wordOf(turns, index);
    if (audio !== null && word !== undefined) audio.currentTime = word.start;
  });
  const click = useEffectEvent((event: MouseEvent) => {
    const index = elements.current.indexOf(targetOf(event));
    // Whoever selects text does not want to go anywhere.
    if (index === -1 || window.getSelection()?.isCollapsed === false) return;
    point(elements.current, index)?.focus({ preventScroll: true });
    jump(index);
  });
  const press = useEffectEvent((event: KeyboardEvent) => {
    const index = elements.current.indexOf(targetOf(event));
    if (index === -1 || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = nextWord(event.key, index, turns);
    if (next !== undefined) point(elements.current, next)?.focus();
    else if (event.key === 'Enter') jump(index);
    else if (event.key === ' ' && audio !== null) togglePlaying(audio);
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    const element = text.current;
    if (element === null) return;
    const onClick = (event: MouseEvent) => click(event);
    const onPress = (event: KeyboardEvent) => press(event);
    element.addEventListener('click', onClick);
    element.addEventListener('keydown', onPress);
    return () => {
      element.removeEventListener('click', onClick);
      element.removeEventListener('keydown', onPress);
    };
  }, [text]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another transcript has other elements
  useEffect(() => {
    point(elements.current, 0);
  }, [turns, elements]);
}

const targetOf = ({ target }: Event): HTMLElement | undefined =>
  target instanceof HTMLElement ? target : undefined;

/** Makes a word the one that the tabulator reaches. */
function point(elements: (HTMLElement | undefined)[], index: number): HTMLElement | undefined {
  const element = elements[index];
  if (element === undefined) return undefined;
  element.closest('[data-transcript]')?.querySelector('[tabindex="0"]')?.removeAttribute('tabindex');
  element.tabIndex = 0;
  return element;
}

function nextWord(key: string, index: number, turns: readonly Turn[]): number | undefined {
  const count = (turns.at(-1)?.first ?? 0) + (turns.at(-1)?.words.length ?? 0);
  const turn = turns.findLastIndex(({ first }) => first <= index);
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, index - 1);
    case 'ArrowRight':
      return Math.min(count - 1, index + 1);
    case 'ArrowUp':
      return turns[Math.max(0, turn - 1)]?.first;
    case 'ArrowDown':
      return turns[Math.min(turns.length - 1, turn + 1)]?.first;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}

function wordOf(turns: readonly Turn[], index: number) {
  const turn = turns.findLast(({ first }) => first <= index);
  return turn?.words[index - turn.first];
}

import { type KeyboardEvent, type SyntheticEvent, useCallback, useState } from 'react';

export interface WordDetails {
  readonly text: string;
  /** Within the element that holds the words and the details. */
  readonly top: number;
  readonly left: number;
  /** Where there is no room above the word. */
  readonly isBelow: boolean;
}

const ROOM_PIXELS = 40;
const WIDTH_PIXELS = 240;

const WORD = '[data-word]';
const STEPS: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowRight: (at) => at + 1,
  ArrowLeft: (at) => at - 1,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/**
 * Details of the word under the pointer or with the focus. The words are one stop of the Tab key; arrow keys go from
 * word to word.
 * @param describedBy the element that shows the details
 */
export function useWordDetails(describedBy: string) {
  const [shown, setShown] = useState<WordDetails>();
  const hide = useCallback(() => setShown(undefined), []);

  const show = ({ target, currentTarget }: SyntheticEvent<HTMLElement>) => {
    const word = target instanceof HTMLElement ? target.closest<HTMLElement>(WORD) : null;
    if (word === null) return hide();
    word.setAttribute('aria-describedby', describedBy);
    const [line] = word.getClientRects();
    const frame = (currentTarget.parentElement ?? currentTarget).getBoundingClientRect();
    if (line === undefined) return hide();
    const isBelow = line.top - frame.top < ROOM_PIXELS;
    setShown({
      text: word.dataset.word ?? '',
      top: (isBelow ? line.bottom : line.top) - frame.top,
      left: Math.max(0, Math.min(line.left - frame.left, frame.width - WIDTH_PIXELS)),
      isBelow,
    });
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key === 'Escape') return hide();
    const step = STEPS[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const words = [...event.currentTarget.querySelectorAll<HTMLElement>(WORD)];
    const at = words.findIndex((word) => word.matches(':focus'));
    const next = words[Math.max(0, Math.min(words.length - 1, step(at, words.length)))];
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
  };

  return {
    shown,
    hide,
    handlers: { onPointerOver: show, onPointerLeave: hide, onFocus: show, onBlur: hide, onKeyDown },
  };
}

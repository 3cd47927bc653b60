import { useEffect, useEffectEvent, useRef, useState } from 'react';

const PAUSE_MILLISECONDS = 300;

/**
 * The text of a search field, which the address follows when one pauses: each change of the address draws the whole
 * page. A change of the address that was not made here, such as a way back, is followed by the field.
 */
export function useTypedText(
  kept: string,
  keep: (text: string) => void,
): readonly [string, (text: string) => void] {
  const [text, setText] = useState(kept);
  const last = useRef(kept);
  const keepNow = useEffectEvent((next: string) => {
    last.current = next;
    keep(next);
  });
  useEffect(() => {
    if (text === last.current) return;
    const timer = setTimeout(() => keepNow(text), PAUSE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    if (kept === last.current) return;
    last.current = kept;
    setText(kept);
  }, [kept]);
  return [text, setText];
}

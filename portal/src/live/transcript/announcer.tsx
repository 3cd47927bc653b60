import { useRef, useState } from 'react';
import { VisuallyHidden } from '../../ui/layout/visually-hidden.tsx';
import { useInterval } from '../use-interval.ts';
import { type Heard, paragraphText } from './heard.ts';

/** Several words at a time: each by itself would drown what a screen reader is saying. */
const INTERVAL_MILLISECONDS = 5000;

/** Reads out final words, when there are some and not too often. */
export function Announcer({ heard }: { readonly heard: Heard | undefined }) {
  const said = useRef({ id: 0, length: 0 });
  const [words, setWords] = useState('');
  useInterval(() => {
    if (heard === undefined) return;
    if (said.current.id !== heard.id) said.current = { id: heard.id, length: 0 };
    const text = heard.paragraphs.map(paragraphText).join(' ');
    const next = text.slice(said.current.length).trim();
    if (next === '') return;
    said.current.length = text.length;
    setWords(next);
  }, INTERVAL_MILLISECONDS);
  return <VisuallyHidden role="status">{words}</VisuallyHidden>;
}
